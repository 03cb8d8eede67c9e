/** Which history the data set has, and how far: what a replica tells two primaries apart by. */

import { randomHex } from "../base/random_hex.ts";

const DIGITS = 40;
/** No history at all. */
export const NO_HISTORY: string = "0".repeat(DIGITS);

/** The history of a server's data set, by which PSYNC finds out what a replica lacks. */
export class ReplicationHistory {
  #id = randomHex(DIGITS);
  #secondId = NO_HISTORY;
  #secondOffset = -1;
  /** How many bytes of changes there have been: `master_repl_offset`. Grows with the stream. */
  offset = 0;

  /** Names the history: 40 hexadecimal digits. */
  get id(): string {
    return this.#id;
  }

  /** The history that this one continues, for replicas that followed that; zeros: none. */
  get secondId(): string {
    return this.#secondId;
  }

  /** The first offset that the second history does not share with this one; -1 where there is none. */
  get secondOffset(): number {
    return this.#secondOffset;
  }

  /** From now on it is another one, which continues none. */
  change(): void {
    this.#id = randomHex(DIGITS);
    this.forgetSecond();
  }

  /** It goes on under another name (a new one, if none is given), and continues the one that it was. */
  continueAs(id: string = randomHex(DIGITS)): void {
    this.continues(this.#id, this.offset + 1);
    this.#id = id;
  }

  /** It continues another one, which it shares up to the byte before `offset`. */
  continues(id: string, offset: number): void {
    this.#secondId = id;
    this.#secondOffset = offset;
  }

  /** It is that of a primary, at `offset`. */
  adopt(id: string, offset: number): void {
    this.#id = id;
    this.offset = offset;
    this.forgetSecond();
  }

  /** It continues no other one. */
  forgetSecond(): void {
    this.#secondId = NO_HISTORY;
    this.#secondOffset = -1;
  }
}
