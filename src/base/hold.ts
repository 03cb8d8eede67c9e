/** A state that others must respect for as long as anybody wants it. */

/** Is held by as many as ask for it, and over when the last of them has let go. */
export class Hold {
  #holders = 0;
  readonly #listeners: ((isHeld: boolean) => void)[] = [];

  /** Whether anybody holds. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Holds until the function that is returned is called; to call it again does nothing. */
  hold(): () => void {
    if (++this.#holders === 1) this.#tell(true);
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      if (--this.#holders === 0) this.#tell(false);
    };
  }

  /** Calls `listener` whenever the state begins or ends, after `isHeld` says so. */
  onChange(listener: (isHeld: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #tell(isHeld: boolean): void {
    for (const listener of this.#listeners) listener(isHeld);
  }
}
