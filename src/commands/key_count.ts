/** Keys whose number is an argument, where a key specification can't read it. */

import { byteString } from "../base/span.ts";
import type { Frame } from "../resp/frame.ts";
import type { KeyFinder } from "./description.ts";

const ZERO = 48, PLUS = 43, MINUS = 45;
const TAB = 9, CARRIAGE_RETURN = 13, SPACE = 32;
/** Integers of up to so many digits are always safe. */
const SAFE_DIGITS = 15;
const LONG_MAX = 2n ** 63n - 1n, LONG_MIN = -(2n ** 63n);

/**
 * Finds the keys behind a number of them, and then the key at argument `store` (0: none), as Redis does
 * where the number is not one by its own grammar: `2.0` and `+2` are 2 here. What is done with the keys
 * is not known then.
 */
export function findCountedKeys(countAt: number, firstKey: number, store: number): KeyFinder {
  return (args, keys) => {
    const count = looseInteger(args, countAt);
    if (count < 1 || count > args.argc - firstKey) return;
    keys.add(firstKey, firstKey + count - 1, 1, 0);
    if (store > 0) keys.addOne(store, 0);
  };
}

/** What C's `atoi` makes of an argument: the number that it begins with, or 0, as 32 bits hold it. */
function looseInteger(args: Frame, i: number): number {
  const { buffer } = args, end = args.argEnd(i);
  let at = args.argStart(i);
  while (at < end && isSpace(buffer[at])) at++;
  const isNegative = buffer[at] === MINUS;
  if (at < end && (isNegative || buffer[at] === PLUS)) at++;
  const first = at;
  while (at < end && buffer[at] >= ZERO && buffer[at] <= ZERO + 9) at++;
  if (at === first) return 0;
  const digits = byteString(buffer, first, at);
  if (digits.length <= SAFE_DIGITS) return isNegative ? -Number(digits) | 0 : Number(digits) | 0;
  const value = isNegative ? -BigInt(digits) : BigInt(digits);
  const bounded = value > LONG_MAX ? LONG_MAX : value < LONG_MIN ? LONG_MIN : value;
  return Number(BigInt.asIntN(32, bounded));
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte >= TAB && byte <= CARRIAGE_RETURN;
}
