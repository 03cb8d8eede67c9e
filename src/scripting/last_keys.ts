/** The keys that a script was called with last: mostly it is called with the same again. */

import type { Frame } from "../resp/frame.ts";

/** How many keys are remembered, and how long they may be. */
const MOST_KEYS = 32, LONGEST = 64;

/** Keys as byte strings: to compare bytes with one costs less than to make one. */
export class LastKeys {
  readonly #keys: string[] = [];

  /** Argument `i` of a call, which is its key `at`, counted from 0. */
  read(args: Frame, i: number, at: number): string {
    const keys = this.#keys;
    if (at < keys.length && args.equals(i, keys[at])) return keys[at];
    const key = args.string(i);
    // Those before it are remembered, or are too long.
    if (at < MOST_KEYS && at <= keys.length && key.length <= LONGEST) keys[at] = key;
    return key;
  }
}
