/** Which history the data set has, and how far: what a replica tells two primaries apart by. */

import { randomHex } from "../base/random_hex.ts";

const DIGITS = 40;
const NO_ID = "0".repeat(DIGITS);

/** The history of a server's data set. Nobody follows it yet, so that nothing is counted. */
export class ReplicationHistory {
  #id = randomHex(DIGITS);
  /** The history that this one continues, for replicas that followed that; zeros: none. */
  readonly secondId = NO_ID;
  /** How many bytes of changes there have been. */
  readonly offset = 0;
  /** Up to where the second history is this one; -1 where there is none. */
  readonly secondOffset = -1;

  /** Names the history: 40 hexadecimal digits. */
  get id(): string {
    return this.#id;
  }

  /** From now on it is another one. */
  change(): void {
    this.#id = randomHex(DIGITS);
  }
}
