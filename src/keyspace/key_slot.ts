/** Which of a cluster's slots a key belongs to. */

import { crc16 } from "../base/crc16.ts";

/** How many slots a cluster has. */
export const SLOT_COUNT = 16384;

const OPEN = "{".charCodeAt(0), CLOSE = "}".charCodeAt(0);

/**
 * The slot of the key that is bytes `[start, end)` of `buffer`. What stands between the key's first `{` and
 * the next `}` decides alone, unless that is nothing: so keys can be told to share a slot.
 */
export function keySlot(buffer: Uint8Array, start: number, end: number): number {
  let open = start;
  while (open < end && buffer[open] !== OPEN) open++;
  let close = open + 1;
  while (close < end && buffer[close] !== CLOSE) close++;
  const isTagged = close < end && close > open + 1;
  const sum = isTagged ? crc16(buffer, open + 1, close) : crc16(buffer, start, end);
  return sum & (SLOT_COUNT - 1);
}
