/** The decimal digits of doubles, exact and rounded half to even as C does, where JavaScript rounds up. */

/** The value's digits as `%.<decimals>e` has them, without a point, and the exponent. `value` ≥ 0. */
export function writeExponent(
  value: number,
  decimals: number,
): { text: string; exponent: number } {
  if (value === 0) return { text: "0".repeat(decimals + 1), exponent: 0 };
  const written = value.toExponential(Math.min(decimals, 100));
  const mark = written.indexOf("e");
  const exponent = Number(written.slice(mark + 1));
  let text = written[0] + written.slice(2, mark);
  if (decimals > 100) text = text.padEnd(decimals + 1, "0");
  else text = breakTie(text, value, decimals - exponent);
  return { text, exponent };
}

/** `%.<decimals>f` of a finite value ≥ 0. */
export function writeFixed(value: number, decimals: number): string {
  if (value >= 2 ** 53) {
    return BigInt(value).toString() + (decimals > 0 ? "." + "0".repeat(decimals) : "");
  }
  return breakTie(value.toFixed(decimals), value, decimals);
}

/**
 * `text` is `value` rounded by JavaScript to so many decimals (negative: to tens, hundreds, …). Where that
 * was a tie and went up to an odd last digit, gives the text below, whose last digit is even.
 */
function breakTie(text: string, value: number, decimals: number): string {
  const isTie = decimals >= 0
    // value × 10^decimals ends in exactly one half just if value × 2^(decimals + 1) is odd.
    ? (value * 2 ** (decimals + 1)) % 2 === 1
    : value < 2 ** 63 && isIntegerTie(value, -decimals);
  if (!isTie) return text;
  const last = text.charCodeAt(text.length - 1);
  return last % 2 === 0 ? text : text.slice(0, -1) + String.fromCharCode(last - 1);
}

/** Whether an integer stands halfway between two multiples of 10^power. */
function isIntegerTie(value: number, power: number): boolean {
  if (!Number.isInteger(value)) return false;
  const unit = 10n ** BigInt(power);
  return BigInt(value) % unit * 2n === unit;
}

/** Digits without the zeros at their end, but for the first. */
export function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 1 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}
