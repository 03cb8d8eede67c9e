/**
 * Doubles as text, digit for digit what C's printf gives Redis.
 *
 * JavaScript's toExponential and toFixed work with the exact value too, but where two texts are equally
 * near they take the larger one and C the one with the even last digit. A value lies exactly between
 * two texts only if it is an odd multiple of a power of two that can be told from the number of
 * decimals, which is how `breakTie` finds those cases.
 */

/** Integers below this are written with all their digits by JavaScript's own `String`. */
const EXACT_INTEGERS = 2 ** 53;

/**
 * The double as `%.17g` writes it, which is how replies, listpacks and files hold scores: 0.1 is
 * "0.10000000000000001", 1e21 "1e+21", infinities "inf" and "-inf", negative zero "-0".
 */
export function formatDouble17g(value: number): string {
  if (Number.isInteger(value) && value > -EXACT_INTEGERS && value < EXACT_INTEGERS) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value < 0) return "-" + formatDouble17g(-value);

  const text = value.toExponential(16);
  const mark = text.indexOf("e");
  const exponent = Number(text.slice(mark + 1));
  let digits = text[0] + text.slice(2, mark);
  digits = trimZeros(breakTie(digits, value, 16 - exponent));
  if (exponent < -4 || exponent > 16) {
    const fraction = digits.length > 1 ? "." + digits.slice(1) : "";
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return "0." + "0".repeat(-exponent - 1) + digits;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, "0");
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** The double as `%.Nf` writes it with N = `decimals` (at most 100): distances, percentages, times. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value < 0 || Object.is(value, -0)) return "-" + formatFixed(-value, decimals);
  if (value >= EXACT_INTEGERS) {
    return BigInt(value).toString() + (decimals > 0 ? "." + "0".repeat(decimals) : "");
  }
  return breakTie(value.toFixed(decimals), value, decimals);
}

/**
 * The double with up to 17 decimals and no zeros at their end, as in the coordinates of GEOPOS: what
 * `formatLongDoubleHuman` gives for a long double of the same value. -0 is "0".
 */
export function formatDoubleHuman(value: number): string {
  return Number.isFinite(value) ? trimDecimals(formatFixed(value, 17)) : formatNonFinite(value);
}

/** A fixed-point text with at least one decimal, without the zeros at the end of its decimals. */
export function trimDecimals(text: string): string {
  let end = text.length;
  while (text[end - 1] === "0") end--;
  if (text[end - 1] === ".") end--;
  const trimmed = text.slice(0, end);
  return trimmed === "-0" ? "0" : trimmed;
}

function formatNonFinite(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/**
 * `text` is `value` rounded by JavaScript to so many decimals (negative: to tens, hundreds, …). Where that
 * was a tie and went up to an odd last digit, gives the text below, whose last digit is even.
 */
function breakTie(text: string, value: number, decimals: number): string {
  // value × 10^decimals ends in exactly one half just if value × 2^(decimals + 1) is odd.
  const scaled = value * 2 ** (decimals + 1);
  if (scaled % 2 !== 1 || decimals < 0) return text;
  const last = text.charCodeAt(text.length - 1);
  return last % 2 === 0 ? text : text.slice(0, -1) + String.fromCharCode(last - 1);
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 1 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}
