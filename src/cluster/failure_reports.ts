/** What others say of a node that does not answer them. */

/** Reports count for so many node timeouts. */
const VALIDITY = 2;

/** Which primaries report that a node does not answer, each until that is too long ago. */
export class FailureReports {
  /** When each of them said so last, in ms since the epoch; by the reporters' ids. */
  readonly #times = new Map<string, number>();

  /** Takes a report in; returns whether that node had reported nothing. */
  add(reporter: string, now: number): boolean {
    const isNew = !this.#times.has(reporter);
    this.#times.set(reporter, now);
    return isNew;
  }

  /** A node takes its report back, or is no more; returns whether there was one. */
  delete(reporter: string): boolean {
    return this.#times.delete(reporter);
  }

  /** How many reports are not too old. */
  count(now: number, nodeTimeout: number): number {
    for (const [reporter, time] of this.#times) {
      if (now - time > nodeTimeout * VALIDITY) this.#times.delete(reporter);
    }
    return this.#times.size;
  }
}
