/**
 * The 80-bit floats of x86 (C's long double there), with which INCRBYFLOAT and HINCRBYFLOAT calculate:
 * 64 bits of mantissa, 15 bits of exponent, rounding to the nearest with ties to even. Exact, on bigint.
 */

import { trimDecimals } from "./float_format.ts";
import { bitLength, readFloatText, roundHalfEven } from "./float_grammar.ts";

/** mantissa × 2^exponent, or an infinity. The sign of zero is not kept: no command shows it. */
export interface LongDouble {
  readonly infinite: boolean;
  /** At most 64 bits and a sign. */
  readonly mantissa: bigint;
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
/** Numbers of 2^MAX_BITS or more are infinite. */
const MAX_BITS = 16384;
/** The smallest positive number is 2^MIN_EXPONENT. */
const MIN_EXPONENT = -16445;
/** Redis reads a long double from a buffer of so many bytes, with one for the end; longer texts are none. */
const TEXT_LIMIT = 5 * 1024;

/** Decimal numbers of 10^MAX_POWER or more are infinite; those below 10^MIN_POWER are 0. */
const MAX_POWER = 4933;
const MIN_POWER = -4952;

const DECIMALS = 17;
const TEN_TO_DECIMALS = 10n ** BigInt(DECIMALS);

/** Divisors of ordinary numbers, made once. */
const POWERS_OF_TEN: readonly bigint[] = Array.from({ length: 30 }, (_, i) => 10n ** BigInt(i));

const ZERO: LongDouble = { infinite: false, mantissa: 0n, exponent: 0 };
const INFINITY: LongDouble = { infinite: true, mantissa: 1n, exponent: 0 };
const NEGATIVE_INFINITY: LongDouble = { infinite: true, mantissa: -1n, exponent: 0 };

/**
 * Reads the bytes as a long double in the grammar of float_grammar.ts. Undefined for anything else, for
 * nan, and for finite numbers that a long double would hold as an infinity or as 0.
 */
export function parseLongDouble(
  buffer: Uint8Array,
  start: number,
  end: number,
): LongDouble | undefined {
  if (end - start >= TEXT_LIMIT) return undefined;
  const float = readFloatText(buffer, start, end);
  if (float === null) return undefined;
  if (float.infinite) return float.negative ? NEGATIVE_INFINITY : INFINITY;
  if (!float.nonZero) return ZERO;
  const value = float.base === 2
    ? round(BigInt(`0x${float.digits}`), float.exponent)
    : fromDecimal(float.digits, float.exponent);
  if (value.infinite || value.mantissa === 0n) return undefined;
  return float.negative ? { ...value, mantissa: -value.mantissa } : value;
}

/** The sum, rounded. An infinity and its opposite, whose sum is no number, give an infinity as well. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  if (a.infinite || b.infinite) return a.infinite ? a : b;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) +
    (b.mantissa << BigInt(b.exponent - exponent));
  return roundSigned(sum, exponent);
}

/** The product with an integer, rounded. */
export function multiplyLongDouble(value: LongDouble, factor: bigint): LongDouble {
  return value.infinite ? value : roundSigned(value.mantissa * factor, value.exponent);
}

/**
 * The number with up to 17 decimals and no zeros at their end, never with an exponent: how Redis stores
 * and replies the result of INCRBYFLOAT.
 */
export function formatLongDoubleHuman(value: LongDouble): string {
  const { mantissa, exponent } = value;
  if (value.infinite) return mantissa < 0n ? "-inf" : "inf";
  if (exponent >= 0) return (mantissa << BigInt(exponent)).toString();
  const sign = mantissa < 0n ? "-" : "";
  const magnitude = (mantissa < 0n ? -mantissa : mantissa) * TEN_TO_DECIMALS;
  const digits = roundHalfEven(magnitude, BigInt(-exponent)).toString().padStart(DECIMALS + 1, "0");
  return trimDecimals(`${sign}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`);
}

/** digits × 10^power, rounded; the digits are not all 0. */
function fromDecimal(digits: string, power: number): LongDouble {
  const value = BigInt(digits);
  if (power <= 0 && power > -POWERS_OF_TEN.length) return divide(value, POWERS_OF_TEN[-power]);
  const magnitude = value.toString().length + power;
  if (magnitude > MAX_POWER) return INFINITY;
  if (magnitude < MIN_POWER) return ZERO;
  if (power >= 0) return round(value * 10n ** BigInt(power), 0);
  return divide(value, 10n ** BigInt(-power));
}

/** value / divisor, rounded. */
function divide(value: bigint, divisor: bigint): LongDouble {
  // Two bits more than are kept, so that what is below them only matters as "not exactly half".
  const shift = Math.max(0, MANTISSA_BITS + 2 + bitLength(divisor) - bitLength(value));
  const shifted = value << BigInt(shift);
  const quotient = shifted / divisor;
  const inexact = quotient * divisor === shifted ? 0n : 1n;
  return round(quotient << 1n | inexact, -shift - 1);
}

/** mantissa × 2^exponent (mantissa ≥ 0) as the nearest long double, ties to even. */
function roundSigned(mantissa: bigint, exponent: number): LongDouble {
  if (mantissa >= 0n) return round(mantissa, exponent);
  const value = round(-mantissa, exponent);
  return value.infinite ? NEGATIVE_INFINITY : { ...value, mantissa: -value.mantissa };
}

function round(mantissa: bigint, exponent: number): LongDouble {
  if (mantissa === 0n) return ZERO;
  const bits = bitLength(mantissa);
  // Beyond these no rounding can come back; shifts by such amounts would take all memory.
  if (bits + exponent > MAX_BITS) return INFINITY;
  if (bits + exponent < MIN_EXPONENT) return ZERO;
  const drop = Math.max(bits - MANTISSA_BITS, MIN_EXPONENT - exponent);
  if (drop > 0) {
    mantissa = roundHalfEven(mantissa, BigInt(drop));
    exponent += drop;
    if (bitLength(mantissa) + exponent > MAX_BITS) return INFINITY;
  }
  return { infinite: false, mantissa, exponent };
}
