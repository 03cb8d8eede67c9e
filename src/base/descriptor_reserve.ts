/** Descriptors that a process keeps from its connections, so that it can still open files when those have all others. */

/** How many descriptors a server keeps for its own files beside its clients' connections, as Redis does. */
export const RESERVED_DESCRIPTORS = 32;

/** What is opened to have a descriptor. */
const NOTHING = "/dev/null";

/**
 * Descriptors that are given up when the process may open no more: how many that are, a program is not told.
 * From then on whoever holds the reserve has to have few enough connections.
 */
export class DescriptorReserve {
  /** Does what keeps the freed descriptors free. */
  givenUp: () => void = () => {};
  readonly #held: Deno.FsFile[] = [];

  /** Takes the descriptors, as many as can be had; false where no other is left then. */
  hold(): boolean {
    if (Deno.build.os === "windows" || !mayOpen()) return true;
    try {
      while (this.#held.length < RESERVED_DESCRIPTORS) this.#held.push(Deno.openSync(NOTHING));
      Deno.openSync(NOTHING).close();
      return true;
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error;
      return false;
    }
  }

  /** Lets others have the descriptors; false where there are none. */
  giveUp(): boolean {
    if (this.#held.length === 0) return false;
    this.release();
    this.givenUp();
    return true;
  }

  /** Closes them, at the end. */
  release(): void {
    for (const file of this.#held.splice(0)) file.close();
  }

  /** Opens something, if need be by giving up the reserve. Throws what `open` throws. */
  opening<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || !this.giveUp()) throw error;
      return open();
    }
  }

  /** The same for what takes its time. */
  async openingLater<T>(open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || !this.giveUp()) throw error;
      return await open();
    }
  }
}

/** Whether the process, or the system, has as many files and connections open as it may. */
export function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && /\(os error 2[34]\)/.test(error.message);
}

/** Asked first, so that nobody is prompted. */
function mayOpen(): boolean {
  return Deno.permissions.querySync({ name: "read", path: NOTHING }).state === "granted";
}
