/** Nodes that a user has had this one forget. */

/** In ms: meanwhile the others can be told to forget it, too. */
const DURATION = 60_000;

/** Remembers, for a minute, which nodes are not to be taken back because others speak of them. */
export class ForgottenNodes {
  /** Until when, in ms since the epoch; by id. */
  readonly #until = new Map<string, number>();

  add(id: string, now: number): void {
    this.#dropOld(now);
    this.#until.set(id, now + DURATION);
  }

  has(id: string, now: number): boolean {
    this.#dropOld(now);
    return this.#until.has(id);
  }

  #dropOld(now: number): void {
    for (const [id, until] of this.#until) if (until < now) this.#until.delete(id);
  }
}
