/**
 * The text of floating point numbers as C's strtod reads it, without a number type: both doubles
 * (numbers.ts) and long doubles (long_double.ts) are made from what is read here.
 *
 * An optional sign, then one of: `inf` or `infinity`; decimal digits with an optional point and an
 * optional `e` exponent; `0x` and hexadecimal digits with an optional point and an optional `p`
 * exponent of two. Letters in any case. `nan` is a float for C but for no Redis command, so it is
 * refused here.
 */

import { toLowerByte } from "./ascii.ts";
import { byteString } from "./span.ts";

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const LOWER_A = 0x61;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_P = 0x70;
const LOWER_X = 0x78;

/** Larger exponents mean the same as this one: an overflow, an underflow or, with no digits, zero. */
const EXPONENT_LIMIT = 1e9;

/**
 * Of so many digits the others can only tell whether a number is above what these say: more than a long
 * double's text may have, and far more than decide how a double is rounded.
 */
const MOST_DIGITS = 8192;

/** A float as it stands in a text: sign × digits × base^exponent, or an infinity. */
export interface FloatText {
  readonly negative: boolean;
  readonly infinite: boolean;
  /** What `exponent` is a power of: 10 for decimal digits, 2 for hexadecimal ones. */
  readonly base: 2 | 10;
  /**
   * The digits without their point, as a byte string; empty for an infinity. Of very many only the first
   * ones, and a 1 in the place of all that follow if one of those is not 0.
   */
  readonly digits: string;
  /** Belongs to `digits` as an integer; within ±2·EXPONENT_LIMIT whatever was written. */
  readonly exponent: number;
  /** Whether a digit is not 0. */
  readonly nonZero: boolean;
}

/** Reads bytes that are a float from the first to the last; null for all others. */
export function readFloatText(buffer: Uint8Array, start: number, end: number): FloatText | null {
  let at = start;
  const negative = at < end && buffer[at] === MINUS;
  if (at < end && (negative || buffer[at] === PLUS)) at++;
  if (isWord(buffer, at, end, "inf") || isWord(buffer, at, end, "infinity")) {
    return { negative, infinite: true, base: 10, digits: "", exponent: 0, nonZero: false };
  }
  const hexadecimal = end - at > 2 && buffer[at] === ZERO &&
    toLowerByte(buffer[at + 1]) === LOWER_X;
  if (hexadecimal) at += 2;
  const base = hexadecimal ? 2 : 10;

  const firstDigit = at;
  let point = -1;
  let nonZero = false;
  for (; at < end; at++) {
    const byte = buffer[at];
    if (byte === POINT && point < 0) point = at;
    else if (!isDigit(byte, hexadecimal)) break;
    else if (byte !== ZERO) nonZero = true;
  }
  const lastDigit = at;
  if (lastDigit - firstDigit === (point < 0 ? 0 : 1)) return null;

  let exponent = 0;
  if (at < end) {
    if (toLowerByte(buffer[at++]) !== (hexadecimal ? LOWER_P : LOWER_E)) return null;
    const minus = at < end && buffer[at] === MINUS;
    if (at < end && (minus || buffer[at] === PLUS)) at++;
    if (at === end) return null;
    for (; at < end; at++) {
      if (!isDigit(buffer[at], false)) return null;
      exponent = Math.min(EXPONENT_LIMIT, exponent * 10 + buffer[at] - ZERO);
    }
    if (minus) exponent = -exponent;
  }
  const unit = hexadecimal ? 4 : 1;
  if (point >= 0) exponent -= (lastDigit - point - 1) * unit;
  if (lastDigit - firstDigit > MOST_DIGITS) {
    const { digits, dropped } = leadingDigits(buffer, firstDigit, lastDigit, point);
    exponent += dropped * unit;
    return { negative, infinite: false, base, digits, exponent, nonZero };
  }
  const digits = point < 0
    ? byteString(buffer, firstDigit, lastDigit)
    : byteString(buffer, firstDigit, point) + byteString(buffer, point + 1, lastDigit);
  return { negative, infinite: false, base, digits, exponent, nonZero };
}

/** The digits that matter of bytes `[start, end)`, and how many of those behind them are left out. */
function leadingDigits(
  buffer: Uint8Array,
  start: number,
  end: number,
  point: number,
): { digits: string; dropped: number } {
  let first = start;
  while (first < end && (buffer[first] === ZERO || first === point)) first++;
  const last = Math.min(end, first + MOST_DIGITS);
  const digits = byteString(buffer, first, last).replace(".", "");
  const dropped = end - last - (point >= last ? 1 : 0);
  for (let at = last; at < end; at++) {
    if (buffer[at] !== ZERO && at !== point) return { digits: digits + "1", dropped: dropped - 1 };
  }
  return { digits: digits || "0", dropped };
}

/** The nearest double, ties to even: an infinity or 0 where the number is out of a double's range. */
export function nearestDouble(float: FloatText): number {
  let value: number;
  if (float.infinite) value = Infinity;
  else if (!float.nonZero) value = 0;
  // JavaScript rounds decimal numbers correctly, however long they are.
  else if (float.base === 10) value = Number(`${float.digits}e${float.exponent}`);
  else value = scaleToDouble(BigInt(`0x${float.digits}`), float.exponent);
  return float.negative ? -value : value;
}

/** mantissa × 2^exponent, rounded to the nearest double, ties to even. */
function scaleToDouble(mantissa: bigint, exponent: number): number {
  const bits = bitLength(mantissa);
  if (bits + exponent > 1100) return Infinity;
  if (bits + exponent < -1100) return 0;
  // The last bit kept is the 53rd, or, for subnormal numbers, the one worth 2^-1074.
  const drop = Math.max(bits - 53, -1074 - exponent);
  if (drop > 0) {
    mantissa = roundHalfEven(mantissa, BigInt(drop));
    exponent += drop;
  }
  // At most 2^53 × 2^exponent, which is exact; in two steps, since 2^exponent alone may not exist.
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

const FLOAT64 = new Float64Array(1);
const FLOAT64_WORDS = new Uint32Array(FLOAT64.buffer);
/** Which word of a double holds its exponent. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** How many bits a positive integer has. */
export function bitLength(value: bigint): number {
  const nearest = Number(value);
  if (nearest === Infinity) {
    const hexadecimal = value.toString(16);
    return (hexadecimal.length - 1) * 4 + (32 - Math.clz32(parseInt(hexadecimal[0], 16)));
  }
  FLOAT64[0] = nearest;
  const bits = (FLOAT64_WORDS[HIGH_WORD] >>> 20) - 1022;
  // The nearest double may be the power of two above the integer.
  return bits > 53 && value >> BigInt(bits - 1) === 0n ? bits - 1 : bits;
}

/** value / 2^drop, rounded to the nearest integer, ties to even. `value` ≥ 0, `drop` > 0. */
export function roundHalfEven(value: bigint, drop: bigint): bigint {
  const kept = value >> drop;
  const rest = value - (kept << drop);
  const half = 1n << (drop - 1n);
  return rest > half || rest === half && (kept & 1n) === 1n ? kept + 1n : kept;
}

function isDigit(byte: number, hexadecimal: boolean): boolean {
  if (byte >= ZERO && byte <= ZERO + 9) return true;
  const letter = toLowerByte(byte);
  return hexadecimal && letter >= LOWER_A && letter <= LOWER_F;
}

/** Whether the bytes are `word`, given in lower case, in any mix of cases. */
function isWord(buffer: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (toLowerByte(buffer[start + i]) !== word.charCodeAt(i)) return false;
  }
  return true;
}
