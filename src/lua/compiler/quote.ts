/** Constants as JavaScript. */

// deno-lint-ignore no-control-regex
const UNSAFE = /["\\\x00-\x1f\x7f-\xff]/g;

/** A byte string as a literal of printable ASCII. */
export function quote(text: string): string {
  return `"${text.replace(UNSAFE, escape)}"`;
}

function escape(character: string): string {
  return "\\x" + character.charCodeAt(0).toString(16).padStart(2, "0");
}

/** A number as an expression without names. */
export function quoteNumber(value: number): string {
  if (value !== value) return "(0/0)";
  if (value === Infinity) return "(1/0)";
  if (value === -Infinity) return "(-1/0)";
  if (value < 0 || (value === 0 && 1 / value < 0)) return `(-${-value})`;
  return String(value);
}
