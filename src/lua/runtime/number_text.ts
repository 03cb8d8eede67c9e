/** Numbers as text and texts as numbers, as C does it for Lua. */

import { untilNul } from "../../base/c_string.ts";
import { trimZeros, writeExponent } from "./float_digits.ts";
import { nearestDouble, readFloatText } from "../../base/float_grammar.ts";
import { bytesOf } from "../../base/span.ts";

/** A number as `tostring` and `..` write it: `%.14g`. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) {
    if (value < 1e14 && value > -1e14) return value === 0 && 1 / value < 0 ? "-0" : String(value);
  } else if (value !== value) {
    return "-nan";
  } else if (value >= 1e-4 || value <= -1e-4) {
    // The shortest text that is this number has no more digits than are asked for.
    const text = String(value);
    if (text.length <= 14 && (value < 1e14 && value > -1e14)) return text;
  }
  return generalText(value, 14);
}

/** `%.<precision>g` of a number. */
export function generalText(value: number, precision: number, keepZeros = false): string {
  if (!Number.isFinite(value)) return value !== value ? "-nan" : value > 0 ? "inf" : "-inf";
  if (value < 0 || (value === 0 && 1 / value < 0)) {
    return "-" + generalText(-value, precision, keepZeros);
  }
  const digits = precision === 0 ? 1 : precision;
  const { text, exponent } = writeExponent(value, digits - 1);
  let mantissa = text;
  if (exponent < -4 || exponent >= digits) {
    if (!keepZeros) mantissa = trimZeros(mantissa);
    const fraction = mantissa.length > 1 ? "." + mantissa.slice(1) : keepZeros ? "." : "";
    return mantissa[0] + fraction + exponentText(exponent);
  }
  if (exponent < 0) {
    mantissa = "0".repeat(-exponent) + mantissa;
  }
  const whole = exponent < 0 ? 1 : exponent + 1;
  let fraction = mantissa.slice(whole);
  if (!keepZeros) fraction = fraction.replace(/0+$/, "");
  return mantissa.slice(0, whole) + (fraction !== "" || keepZeros ? "." + fraction : "");
}

/** The exponent as C writes it, with at least two digits. */
export function exponentText(exponent: number): string {
  return (exponent < 0 ? "e-" : "e+") + String(Math.abs(exponent)).padStart(2, "0");
}

const DECIMAL = /^[0-9]+(?:\.[0-9]+)?$/;

/**
 * The number that a string is, by strtod's grammar with white space around, or undefined. Like C, it sees
 * the string only up to a zero byte.
 */
export function parseNumber(source: string): number | undefined {
  const length = source.length;
  if (length > 0 && length < 20 && DECIMAL.test(source)) return +source;
  let text = untilNul(source);
  text = text.replace(/^[ \t\n\v\f\r]+/, "");
  text = text.replace(/[ \t\n\v\f\r]+$/, "");
  if (text === "") return undefined;
  const word = /^([+-]?)nan(\([0-9A-Za-z_]*\))?$/i.exec(text);
  if (word !== null) return NaN;
  const bytes = bytesOf(text);
  const float = readFloatText(bytes, 0, bytes.length);
  return float === null ? undefined : nearestDouble(float);
}
