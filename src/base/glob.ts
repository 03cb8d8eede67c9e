/**
 * Redis' glob patterns: KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET, ACL key and channel patterns.
 *
 * `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^abc]` one byte in (or not in) a class, `\x` the byte
 * x itself. What a malformed pattern means was taken from a running Redis 7.0: a class that is not
 * closed ends with the pattern, a backslash at the end stands for itself, the bounds of a range may
 * come in either order, and ranges compare bytes as *signed* (0x80 to 0xff sort before 0x00).
 *
 * A mismatch goes back to the latest `*` only. That is enough, because every other element takes exactly
 * one byte: if the rest can't match further on in the text, letting an earlier `*` take more can't help.
 * So the time is at most pattern × text, whatever a client sends.
 *
 * Callers that show everything for the pattern `*` alone (KEYS, SCAN) must not ask here: an empty text
 * matches no pattern but the empty one.
 */

import { toLowerByte } from "./ascii.ts";
import type { ByteRange } from "./span.ts";

const STAR = 0x2a;
const DASH = 0x2d;
const QUESTION_MARK = 0x3f;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const CARET = 0x5e;

/** A text that gets past more stars than this, the last byte's star aside, matches nothing, as in Redis. */
export const STARS_MAX = 1000;

/** Whether the whole of `text` matches `pattern`; `ignoreCase` folds ASCII letters on both sides. */
export function matchGlob(pattern: ByteRange, text: ByteRange, ignoreCase = false): boolean {
  const patternBytes = pattern.buffer, patternEnd = pattern.end;
  const textBytes = text.buffer, textEnd = text.end;
  let at = pattern.start;
  let position = text.start;
  // Redis never looks at the pattern of an empty text: only an empty pattern matches it.
  if (position === textEnd) return at === patternEnd;

  let afterStar = -1;
  let stars = 0;
  let retryFrom = 0;
  while (position < textEnd) {
    if (at < patternEnd && patternBytes[at] === STAR) {
      at++;
      while (at < patternEnd && patternBytes[at] === STAR) at++;
      if (at === patternEnd) return true;
      if (++stars > STARS_MAX) return false;
      afterStar = at;
      retryFrom = position;
      continue;
    }
    if (
      at < patternEnd &&
      matchesElement(patternBytes, at, patternEnd, textBytes[position], ignoreCase)
    ) {
      at = elementEnd(patternBytes, at, patternEnd);
      position++;
    } else if (afterStar >= 0) {
      at = afterStar;
      position = ++retryFrom;
    } else {
      return false;
    }
  }
  while (at < patternEnd && patternBytes[at] === STAR) at++;
  return at === patternEnd;
}

/** Whether `byte` is what the element at `at` (anything but a star) stands for. */
function matchesElement(
  pattern: Uint8Array,
  at: number,
  end: number,
  byte: number,
  ignoreCase: boolean,
): boolean {
  let wanted = pattern[at];
  if (wanted === QUESTION_MARK) return true;
  if (wanted === OPEN_BRACKET) return matchesClass(pattern, at + 1, end, byte, ignoreCase);
  if (wanted === BACKSLASH && at + 1 < end) wanted = pattern[at + 1];
  return wanted === byte || ignoreCase && toLowerByte(wanted) === toLowerByte(byte);
}

/** Where the element at `at` ends: the start of the next one. */
export function elementEnd(pattern: Uint8Array, at: number, end: number): number {
  const first = pattern[at];
  if (first === BACKSLASH) return at + 1 < end ? at + 2 : end;
  if (first !== OPEN_BRACKET) return at + 1;
  at++;
  if (at < end && pattern[at] === CARET) at++;
  while (at < end) {
    if (pattern[at] === BACKSLASH && at + 1 < end) at += 2;
    else if (pattern[at] === CLOSE_BRACKET) return at + 1;
    else if (at + 2 < end && pattern[at + 1] === DASH) at += 3;
    else at++;
  }
  return end;
}

/** Whether `byte` is in the class whose first byte, after the bracket, is at `at`. */
function matchesClass(
  pattern: Uint8Array,
  at: number,
  end: number,
  byte: number,
  ignoreCase: boolean,
): boolean {
  const negated = at < end && pattern[at] === CARET;
  if (negated) at++;
  const folded = ignoreCase ? toLowerByte(byte) : byte;
  while (at < end) {
    const first = pattern[at];
    if (first === BACKSLASH && at + 1 < end) {
      // An escaped byte in a class is compared with its case, even where case is ignored.
      if (pattern[at + 1] === byte) return !negated;
      at += 2;
    } else if (first === CLOSE_BRACKET) {
      break;
    } else if (at + 2 < end && pattern[at + 1] === DASH) {
      if (inRange(first, pattern[at + 2], folded, ignoreCase)) return !negated;
      at += 3;
    } else {
      if ((ignoreCase ? toLowerByte(first) : first) === folded) return !negated;
      at++;
    }
  }
  return negated;
}

/** Whether `byte` (folded already) lies between two bounds, which are put in order before they are folded. */
function inRange(first: number, second: number, byte: number, ignoreCase: boolean): boolean {
  let low = signed(first), high = signed(second);
  if (low > high) [low, high] = [high, low];
  if (ignoreCase) {
    low = toLowerByte(low);
    high = toLowerByte(high);
  }
  const value = signed(byte);
  return value >= low && value <= high;
}

function signed(byte: number): number {
  return byte << 24 >> 24;
}
