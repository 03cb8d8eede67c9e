/** How large Lua 5.1 makes the two parts of a table when it rehashes (computesizes and its like). */

import type { LuaValue } from "./values.ts";

/** Array parts have at most 2^MAX_LOG elements. */
export const MAX_LOG = 26;

/** The exponent of the smallest power of two that is at least `value` (≥ 1). */
export function ceilLog2(value: number): number {
  return value <= 1 ? 0 : 32 - Math.clz32(value - 1);
}

/**
 * Adds the elements of an array part (from index 1) to the counts: `counts[i]` is the number of integer
 * keys above 2^(i-1) and up to 2^i. Returns how many there are.
 */
export function countArray(array: readonly LuaValue[], counts: number[]): number {
  let total = 0, at = 1;
  for (let log = 0, limit = 1; at < array.length; log++, limit *= 2) {
    let count = 0;
    const end = Math.min(limit, array.length - 1);
    for (; at <= end; at++) if (array[at] !== undefined) count++;
    counts[log] += count;
    total += count;
  }
  return total;
}

/** Adds a key to the counts if it could stand in an array part: 1 if so, else 0. */
export function countKey(key: LuaValue, counts: number[]): number {
  if (typeof key !== "number" || key < 1 || key > 2 ** MAX_LOG || !Number.isInteger(key)) return 0;
  counts[ceilLog2(key)]++;
  return 1;
}

/** The largest size of which more than half would be used, and how many keys it would hold. */
export function arraySizeFor(
  counts: readonly number[],
  candidates: number,
): { size: number; used: number } {
  let size = 0, used = 0, sum = 0;
  for (let log = 0, power = 1; power / 2 < candidates; log++, power *= 2) {
    if (counts[log] > 0) {
      sum += counts[log];
      if (sum > power / 2) {
        size = power;
        used = sum;
      }
    }
    if (sum === candidates) break;
  }
  return { size, used };
}
