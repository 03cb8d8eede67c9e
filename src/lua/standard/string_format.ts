/** `string.format`, by the rules of C's printf. */

import { untilNul } from "../../base/c_string.ts";
import { chargeString } from "../runtime/concatenation.ts";
import { exponentText, generalText } from "../runtime/number_text.ts";
import { writeExponent, writeFixed } from "../runtime/float_digits.ts";
import { argumentError, luaError } from "../runtime/lua_error.ts";
import { type Args, numberAt, stringAt, truncate } from "./arguments.ts";

/** A conversion: its flags, width, precision (-1 for none) and letter. */
interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number;
  readonly letter: string;
  readonly end: number;
}

/** `string.format`. */
export function format(...args: Args): string {
  const template = stringAt(args, 0);
  let result = "", from = 0, argument = 0;
  for (let at = template.indexOf("%"); at >= 0; at = template.indexOf("%", from)) {
    result += template.slice(from, at);
    if (template[at + 1] === "%") {
      result += "%";
      from = at + 2;
      continue;
    }
    argument++;
    const conversion = readConversion(template, at + 1);
    if (argument >= args.length) throw argumentError(argument + 1, "no value");
    result += convert(conversion, args, argument);
    from = conversion.end;
  }
  result += template.slice(from);
  chargeString(result.length);
  return result;
}

function readConversion(template: string, start: number): Conversion {
  let at = start;
  while (at < template.length && "-+ #0".includes(template[at])) at++;
  if (at - start >= 6) throw luaError("invalid format (repeated flags)");
  const flags = template.slice(start, at);
  const digits = () => {
    const from = at;
    for (let i = 0; i < 2 && isDigit(template.charCodeAt(at)); i++) at++;
    return template.slice(from, at);
  };
  const width = Number(digits());
  let precision = -1;
  if (template[at] === ".") {
    at++;
    precision = Number(digits());
  }
  if (isDigit(template.charCodeAt(at))) {
    throw luaError("invalid format (width or precision too long)");
  }
  return { flags, width, precision, letter: template[at] ?? "", end: at + 1 };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function convert(conversion: Conversion, args: Args, at: number): string {
  const { letter, precision } = conversion;
  switch (letter) {
    case "c": {
      // C casts to an int, which becomes the smallest one if the number is too large.
      const value = truncate(numberAt(args, at));
      const code = value >= -(2 ** 31) && value < 2 ** 31 ? value & 255 : 0;
      const text = pad(conversion, "", String.fromCharCode(code), false);
      // C's buffer is cut at the first zero byte.
      return untilNul(text);
    }
    case "d":
    case "i":
      return signedInteger(conversion, numberAt(args, at));
    case "o":
    case "u":
    case "x":
    case "X":
      return unsignedInteger(conversion, numberAt(args, at));
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return float(conversion, numberAt(args, at));
    case "q":
      return quoted(stringAt(args, at));
    case "s": {
      const text = stringAt(args, at);
      if (precision < 0 && text.length >= 100) return text;
      // printf sees the text up to a zero byte.
      const visible = untilNul(text);
      return pad(conversion, "", precision >= 0 ? visible.slice(0, precision) : visible, false);
    }
  }
  throw luaError(`invalid option '%${untilNul(letter)}' to 'format'`);
}

/** Text in a field: `sign` stands before zeros that fill it up. */
function pad({ flags, width }: Conversion, sign: string, text: string, mayZero: boolean): string {
  const missing = width - sign.length - text.length;
  if (missing <= 0) return sign + text;
  if (flags.includes("-")) return sign + text + " ".repeat(missing);
  if (mayZero && flags.includes("0")) return sign + "0".repeat(missing) + text;
  return " ".repeat(missing) + sign + text;
}

function signOf({ flags }: Conversion, isNegative: boolean): string {
  return isNegative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function withPrecision(digits: string, precision: number): string {
  if (precision === 0 && digits === "0") return "";
  return precision > digits.length ? "0".repeat(precision - digits.length) + digits : digits;
}

function signedInteger(conversion: Conversion, value: number): string {
  const integer = truncate(value);
  const digits = Math.abs(integer) < 2 ** 53
    ? String(Math.abs(integer))
    : BigInt(Math.abs(integer)).toString();
  const { precision } = conversion;
  const sign = signOf(conversion, integer < 0);
  return pad(conversion, sign, withPrecision(digits, precision), precision < 0);
}

function unsignedInteger(conversion: Conversion, value: number): string {
  const { letter, flags, precision } = conversion;
  const base = letter === "o" ? 8 : letter === "u" ? 10 : 16;
  // What x86 makes of doubles that are no 64-bit integers.
  const integer = value >= 2 ** 63 ? (value < 2 ** 64 ? value : 0) : truncate(value);
  const digits = integer >= 0 && integer < 2 ** 53
    ? integer.toString(base)
    : BigInt.asUintN(64, BigInt(integer)).toString(base);
  let text = withPrecision(digits, precision);
  let prefix = "";
  if (flags.includes("#")) {
    if (base === 16 && integer !== 0) prefix = "0x";
    else if (base === 8 && text[0] !== "0") text = "0" + text;
  }
  const result = pad(conversion, prefix, text, precision < 0);
  return letter === "X" ? result.toUpperCase() : result;
}

function float(conversion: Conversion, value: number): string {
  const { letter, flags } = conversion;
  const precision = conversion.precision < 0 ? 6 : conversion.precision;
  const isNegative = value < 0 || Object.is(value, -0) || value !== value;
  const sign = signOf(conversion, isNegative);
  const isUpper = letter === "E" || letter === "G";
  let text: string;
  if (!Number.isFinite(value)) {
    text = pad(conversion, sign, value !== value ? "nan" : "inf", false);
  } else {
    text = pad(conversion, sign, floatText(letter, Math.abs(value), precision, flags), true);
  }
  return isUpper ? text.toUpperCase() : text;
}

function floatText(letter: string, value: number, precision: number, flags: string): string {
  const keepsPoint = flags.includes("#");
  switch (letter) {
    case "f":
      return writeFixed(value, precision) + (keepsPoint && precision === 0 ? "." : "");
    case "e":
    case "E": {
      const { text, exponent } = writeExponent(value, precision);
      const fraction = precision > 0 || keepsPoint ? "." + text.slice(1) : "";
      return text[0] + fraction + exponentText(exponent);
    }
    default:
      return generalText(value, precision, keepsPoint);
  }
}

function quoted(text: string): string {
  return '"' + text.replace(/["\\\n\r\0]/g, (character) => {
    if (character === "\r") return "\\r";
    return character === "\0" ? "\\000" : "\\" + character;
  }) + '"';
}
