/** The longest number at the beginning of a text, as C's strtod finds it. */

import { parseNumber } from "../runtime/number_text.ts";

const DECIMAL = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const OTHER =
  /[+-]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?|infinity|inf|nan(?:\([0-9a-zA-Z_]*\))?)/yi;

/** The number that stands at `at`, and where it ends; null if there is none. */
export function readNumberPrefix(text: string, at: number): { value: number; end: number } | null {
  // Integers of few digits, the most common numbers.
  let end = at, value = 0;
  for (; end < at + 15; end++) {
    const digit = text.charCodeAt(end) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  if (end > at && end < at + 15) {
    const code = text.charCodeAt(end) | 32;
    if (code !== 46 && code !== 101 && code !== 120 && !(code >= 48 && code <= 57)) {
      return { value, end };
    }
  }
  const plain = plainEnd(text, at);
  if (plain >= 0) return { value: +text.slice(at, plain), end: plain };
  OTHER.lastIndex = DECIMAL.lastIndex = at;
  const match = OTHER.exec(text) ?? DECIMAL.exec(text);
  if (match === null) return null;
  const number = parseNumber(match[0]);
  return number === undefined ? null : { value: number, end: at + match[0].length };
}

/** Where a number of digits, with or without a fraction, ends; -1 if there is more to it. */
function plainEnd(text: string, at: number): number {
  if (text.charCodeAt(at) === 45) at++;
  const first = at;
  while (isDigit(text.charCodeAt(at))) at++;
  if (at === first) return -1;
  if (text.charCodeAt(at) === 46) {
    const point = at++;
    while (isDigit(text.charCodeAt(at))) at++;
    if (at === point + 1) return -1;
  }
  const letter = text.charCodeAt(at) | 32;
  return letter === 101 || letter === 120 || letter === 46 ? -1 : at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
