/**
 * Numbers in Redis' own grammar, read from bytes and written to bytes.
 *
 * 64-bit integers are a JavaScript number as long as it is exact (|value| ≤ 2^53 − 1) and a bigint
 * beyond, never the other way round: so equal integers have equal types, and ordinary ones cost nothing.
 */

import { NOT_AN_INTEGER, ReplyError } from "./errors.ts";
import { type FloatText, nearestDouble, readFloatText } from "./float_grammar.ts";
import { type ByteRange, byteString } from "./span.ts";

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;
const UINT64_MAX = 18446744073709551615n;

/** The bytes of the longest int64: a sign and 19 digits. Room that `formatInteger` never exceeds. */
export const INTEGER_TEXT_MAX = 20;

const SAFE = Number.MAX_SAFE_INTEGER;
/** Integers of up to so many digits are always safe. */
const SAFE_DIGITS = 15;

/** The integer in its proper type: a number if it is safe, else a bigint. */
export function normalizeInteger(value: bigint): number | bigint {
  return value >= -SAFE && value <= SAFE ? Number(value) : value;
}

/**
 * Reads the bytes as an int64 in the strict grammar of arguments and stored integers: an optional minus,
 * no plus, no spaces, no leading zeros, not "-0". Anything else gives undefined.
 */
export function parseInteger(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | bigint | undefined {
  let at = start;
  if (at >= end) return undefined;
  const negative = buffer[at] === MINUS;
  if (negative) at++;
  const digits = end - at;
  if (digits === 1 && buffer[at] === ZERO) return negative ? undefined : 0;
  if (digits < 1 || digits > 19 || buffer[at] === ZERO) return undefined;
  const firstDigit = at;
  let value = 0;
  for (; at < end; at++) {
    const digit = buffer[at] - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  // Exact as long as it is safe; and what is not safe can't come out as if it were.
  if (value <= SAFE) return negative ? -value : value;
  const exact = BigInt(byteString(buffer, firstDigit, end));
  if (negative) return exact <= -INT64_MIN ? -exact : undefined;
  return exact <= INT64_MAX ? exact : undefined;
}

/**
 * As `parseInteger`, for indexes and counts: an int64 beyond ±(2^53 − 1) comes out as that limit, which
 * no collection reaches. Always a number, or undefined.
 */
export function parseSafeInteger(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | undefined {
  const value = parseInteger(buffer, start, end);
  if (typeof value !== "bigint") return value;
  return value > 0n ? SAFE : -SAFE;
}

const NOT_POSITIVE = new ReplyError("ERR value is out of range, must be positive");

/** The int64 that an argument holds; throws `error` when it holds none. */
export function requireInteger(argument: ByteRange, error = NOT_AN_INTEGER): number | bigint {
  const value = parseInteger(argument.buffer, argument.start, argument.end);
  if (value === undefined) throw error;
  return value;
}

/** An index or count (see `parseSafeInteger`); throws `error` when the argument is no int64. */
export function requireSafeInteger(argument: ByteRange, error = NOT_AN_INTEGER): number {
  const value = parseSafeInteger(argument.buffer, argument.start, argument.end);
  if (value === undefined) throw error;
  return value;
}

/**
 * A count between two bounds, both allowed. Throws `error`, if given, for anything else; without
 * it, the two texts that Redis has for what is no integer and for what is out of range.
 */
export function requireIntegerBetween(
  argument: ByteRange,
  min: number | bigint,
  max: number | bigint,
  error?: ReplyError,
): number {
  const value = requireInteger(argument, error);
  if (value < min || value > max) {
    throw error ??
      new ReplyError(`ERR value is out of range, value must between ${min} and ${max}`);
  }
  return typeof value === "number" ? value : value > 0n ? SAFE : -SAFE;
}

/** A count that is not negative, as of LPOP or SPOP; throws `error` for anything else. */
export function requirePositive(argument: ByteRange, error = NOT_POSITIVE): number {
  const value = parseSafeInteger(argument.buffer, argument.start, argument.end);
  if (value === undefined || value < 0) throw error;
  return value;
}

/**
 * Reads the bytes as C's strtoull in base 10 does, up to a NUL byte or the end: white space, a sign
 * (a minus wraps around, as in C), digits. Undefined when there are no digits, something follows them or
 * they go past 64 bits.
 */
function parseUnsignedLoosely(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | bigint | undefined {
  let at = start;
  while (at < end && isSpace(buffer[at])) at++;
  const negative = buffer[at] === MINUS && at < end;
  if (at < end && (negative || buffer[at] === PLUS)) at++;
  const firstDigit = at;
  let value = 0;
  for (; at < end && buffer[at] !== 0; at++) {
    const digit = buffer[at] - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (at === firstDigit) return undefined;
  if (value <= SAFE && !negative) return value;
  // Past any 64-bit number even with rounding; spares a bigint of a million digits.
  if (value > 1e20) return undefined;
  const exact = BigInt(byteString(buffer, firstDigit, at));
  if (exact > UINT64_MAX) return undefined;
  return normalizeInteger(negative ? BigInt.asUintN(64, -exact) : exact);
}

/**
 * Reads an unsigned 64-bit integer as the parts of a stream ID are read: as strtoull does (leading white
 * space, "+" and leading zeros are fine), but negative numbers are refused.
 */
export function parseUnsigned64(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | bigint | undefined {
  const strict = parseInteger(buffer, start, end);
  if (strict !== undefined) return strict < 0 ? undefined : strict;
  return parseUnsignedLoosely(buffer, start, end);
}

/**
 * Reads a SCAN cursor: as strtoul does, except that white space in front is refused and that no bytes
 * at all (or a NUL) are 0. "-1" is 2^64 − 1.
 */
export function parseScanCursor(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | bigint | undefined {
  if (start === end || buffer[start] === 0) return 0;
  return isSpace(buffer[start]) ? undefined : parseUnsignedLoosely(buffer, start, end);
}

/**
 * Reads what a byte string begins with as C's atoi does: white space, a sign, digits, of which 32 bits are
 * kept; 0 where there are none.
 */
export function parseLooseInt32(text: string): number {
  const [, sign, digits] = /^[\t-\r ]*([-+]?)0*([0-9]*)/.exec(text) ?? ["", "", ""];
  // What a long does not hold is the largest one, or the smallest.
  const size = digits.length > 19 ? UINT64_MAX : BigInt(digits);
  const value = sign === "-" ? -size : size;
  return toInt32(value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value);
}

/** The low 32 bits of an int64, as a signed number. */
export function toInt32(value: number | bigint): number {
  // Of a safe integer the operator keeps exactly these.
  return typeof value === "number" ? value | 0 : Number(BigInt.asIntN(32, value));
}

/** The sum of two int64, or null when it is none. */
export function addChecked(a: number | bigint, b: number | bigint): number | bigint | null {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (sum >= -SAFE && sum <= SAFE) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  return sum > INT64_MAX || sum < INT64_MIN ? null : normalizeInteger(sum);
}

/** How many bytes `formatInteger` writes for `value`. Throws `RangeError` for a number that is not safe. */
export function integerLength(value: number | bigint): number {
  if (typeof value === "bigint") return value.toString().length;
  if (value < 0) return 1 + integerLength(-value);
  // Else an infinity would go round for ever.
  if (!(value <= SAFE)) throw new RangeError(`${value} is no safe integer`);
  let length = 1;
  for (let limit = 10; value >= limit; limit *= 10) length++;
  return length;
}

/** Above this, digits are split off in a second step, so that the inner loop works on 32-bit integers. */
const CHUNK = 1e7;

/**
 * Writes an integer in decimal at `at` and returns the index after its last digit. Throws `RangeError` for
 * a number that is not safe.
 */
export function formatInteger(value: number | bigint, target: Uint8Array, at: number): number {
  if (typeof value === "bigint") {
    const text = value.toString();
    for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
    return at + text.length;
  }
  if (value < 0) {
    target[at++] = MINUS;
    value = -value;
  }
  const end = at + integerLength(value);
  let last = end;
  while (value >= CHUNK) {
    const rest = Math.floor(value / CHUNK);
    let low = (value - rest * CHUNK) | 0;
    for (let i = 0; i < 7; i++) {
      const tens = (low / 10) | 0;
      target[--last] = ZERO + low - tens * 10;
      low = tens;
    }
    value = rest;
  }
  let low = value | 0;
  do {
    const tens = (low / 10) | 0;
    target[--last] = ZERO + low - tens * 10;
    low = tens;
  } while (low > 0);
  return end;
}

/** The powers of ten that a double holds exactly. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Reads the bytes as a double in the grammar of float arguments and scores: what C's strtod reads
 * (see float_grammar.ts), and nothing before or after it. Undefined for anything else, for nan, and for
 * finite numbers that a double would hold as an infinity or as 0.
 */
export function parseDouble(buffer: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  let negative = false;
  if (at < end && (buffer[at] === MINUS || buffer[at] === PLUS)) negative = buffer[at++] === MINUS;
  // Up to 15 digits and a power of ten are both exact, so that one division rounds correctly.
  if (at < end && end - at <= SAFE_DIGITS + 1) {
    let value = 0, digits = 0, decimals = -1;
    for (; at < end; at++) {
      const byte = buffer[at];
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + byte - ZERO;
        digits++;
        if (decimals >= 0) decimals++;
      } else if (byte === POINT && decimals < 0) {
        decimals = 0;
      } else {
        break;
      }
    }
    if (at === end && digits > 0 && digits <= SAFE_DIGITS) {
      if (decimals > 0) value /= EXACT_POWERS[decimals];
      return negative ? -value : value;
    }
  }
  const float = readFloatText(buffer, start, end);
  if (float === null) return undefined;
  const value = nearestDouble(float);
  if (value === 0 && float.nonZero || !Number.isFinite(value) && !float.infinite) return undefined;
  return value;
}

/**
 * Reads the bytes as the bounds of ZRANGEBYSCORE and its like are read: up to a NUL byte or the end,
 * white space in front is fine, no bytes at all are 0, and too large or small numbers become infinite
 * or 0. Undefined for nan or when something follows the number.
 */
export function parseScoreBound(
  buffer: Uint8Array,
  start: number,
  end: number,
): number | undefined {
  const value = parseDouble(buffer, start, end);
  if (value !== undefined) return value;
  if (start === end || buffer[start] === 0) return 0;
  const float = readCFloat(buffer, start, end);
  return float === null ? undefined : nearestDouble(float);
}

/**
 * Reads the bytes as SORT reads what it sorts by: as `parseScoreBound` does, but undefined also for
 * numbers that C calls out of range: those that become infinite or 0, and subnormal ones that a
 * double can't hold exactly.
 */
export function parseSortScore(text: Uint8Array): number | undefined {
  const plain = parseDouble(text, 0, text.length);
  if (plain === 0 || Math.abs(plain ?? 0) >= SMALLEST_NORMAL) return plain;
  if (text.length === 0 || text[0] === 0) return 0;
  const float = readCFloat(text, 0, text.length);
  if (float === null) return undefined;
  const value = nearestDouble(float);
  if (float.infinite || !float.nonZero) return value;
  if (value === 0 || !Number.isFinite(value)) return undefined;
  const isExact = Math.abs(value) >= SMALLEST_NORMAL || isMultipleOfSmallest(float);
  return isExact ? value : undefined;
}

const SMALLEST_NORMAL = 2 ** -1022;
const SMALLEST_EXPONENT = -1074;

/** Whether a number that is not rounded to 0 is a multiple of the smallest double. */
function isMultipleOfSmallest({ base, digits, exponent }: FloatText): boolean {
  // No decimal number so small is one unless it has hundreds of digits.
  if (base === 10) return false;
  const drop = SMALLEST_EXPONENT - exponent;
  return drop <= 0 || BigInt(`0x${digits}`) % (1n << BigInt(drop)) === 0n;
}

/** A float that white space may precede and a NUL byte may end. */
function readCFloat(buffer: Uint8Array, start: number, end: number): FloatText | null {
  while (start < end && isSpace(buffer[start])) start++;
  const nul = buffer.subarray(start, end).indexOf(0);
  return readFloatText(buffer, start, nul < 0 ? end : start + nul);
}

/** White space as C's isspace sees it. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte >= 0x09 && byte <= 0x0d;
}
