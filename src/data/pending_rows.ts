/** Which rows of a table a snapshot still has to see. */

/**
 * The rows that were there at the beginning and were not taken since. Rows keep to it what `Table` does
 * with them: a new one is the last, and when one is removed the last one moves into its place.
 *
 * Whoever takes rows from the last one on downwards pays nothing for it; for others a bit each is kept.
 */
export class PendingRows {
  /** Rows from here on are not pending: they were taken, or are new. */
  #limit: number;
  /** A bit for each row below the limit that was taken all the same; null while there is none. */
  #taken: Uint8Array | null = null;

  /** `size`: how many rows the table has. */
  constructor(size: number) {
    this.#limit = size;
  }

  /** Whether a row was not taken yet. */
  has(row: number): boolean {
    return row < this.#limit && !this.#isTaken(row);
  }

  /** Takes a row, which is pending. */
  take(row: number): void {
    if (row === this.#limit - 1) this.#limit = row;
    else this.#mark(row, true);
  }

  /** Takes the last pending row and returns it; -1 when there is none. */
  takeLast(): number {
    while (this.#limit > 0) {
      const row = --this.#limit;
      if (!this.#isTaken(row)) return row;
    }
    return -1;
  }

  /** Follows the removal of a row, which was taken: row number `last` has moved into its place. */
  removed(row: number, last: number): void {
    if (row < this.#limit && row !== last) this.#mark(row, !this.has(last));
    // Whatever gets these numbers next is new.
    if (last < this.#limit) this.#limit = last;
  }

  #isTaken(row: number): boolean {
    const taken = this.#taken;
    return taken !== null && (taken[row >>> 3] >> (row & 7) & 1) !== 0;
  }

  #mark(row: number, isTaken: boolean): void {
    const taken = this.#taken ??= new Uint8Array((this.#limit + 7) >>> 3);
    if (isTaken) taken[row >>> 3] |= 1 << (row & 7);
    else taken[row >>> 3] &= ~(1 << (row & 7));
  }
}
