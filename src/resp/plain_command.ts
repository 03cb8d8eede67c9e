/** Commands as clients send nearly all of them, read without a second thought. */

import { UNAUTHENTICATED_MAX_BULK } from "./decoder_limits.ts";
import type { Frame } from "./frame.ts";

const LF = 10, CR = 13, DOLLAR = 36, STAR = 42, ZERO = 48;
/** The shortest line with a number, in bytes. */
const SHORTEST_HEADER = 4;

/**
 * Reads a command at `at` of bytes that end at `filled`; false, with the frame in no particular state, where
 * it is not there as a whole or not plain: an array of 1 to 9 arguments in canonical encoding, each within
 * the limit for those who have not authenticated. No limit that may change forbids one.
 */
export function readPlainCommand(
  bytes: Uint8Array,
  at: number,
  filled: number,
  frame: Frame,
): boolean {
  const count = bytes[at + 1] - ZERO;
  if (at + SHORTEST_HEADER > filled || bytes[at] !== STAR || count < 1 || count > 9) return false;
  if (bytes[at + 2] !== CR || bytes[at + 3] !== LF) return false;
  const { offsets } = frame;
  let p = at + SHORTEST_HEADER;
  for (let i = 0; i < count; i++) {
    if (p + SHORTEST_HEADER > filled || bytes[p] !== DOLLAR) return false;
    let length = bytes[p + 1] - ZERO, digit = 0;
    if (length < 0 || length > 9) return false;
    p += 2;
    // A number that begins with 0 has no other digits.
    while (length > 0 && p < filled && (digit = bytes[p] - ZERO) >= 0 && digit <= 9) {
      length = length * 10 + digit;
      if (length > UNAUTHENTICATED_MAX_BULK) return false;
      p++;
    }
    const start = p + 2, end = start + length;
    if (end + 2 > filled || bytes[p] !== CR || bytes[p + 1] !== LF) return false;
    if (bytes[end] !== CR || bytes[end + 1] !== LF) return false;
    offsets[2 * i] = start;
    offsets[2 * i + 1] = end;
    p = end + 2;
  }
  frame.buffer = bytes;
  frame.argc = count;
  frame.start = at;
  frame.end = p;
  frame.canonical = true;
  return true;
}
