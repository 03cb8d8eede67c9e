/** The character classes of patterns, as C's ctype has them in the C locale. */

const ALPHA = 1, DIGIT = 2, LOWER = 4, UPPER = 8, SPACE = 16, CONTROL = 32, PUNCT = 64, HEX = 128;

const KINDS = new Uint8Array(256);
for (let code = 0; code < 128; code++) {
  const text = String.fromCharCode(code);
  let kind = 0;
  if (/[a-zA-Z]/.test(text)) kind |= ALPHA;
  if (/[0-9]/.test(text)) kind |= DIGIT;
  if (/[a-z]/.test(text)) kind |= LOWER;
  if (/[A-Z]/.test(text)) kind |= UPPER;
  if (code === 32 || (code >= 9 && code <= 13)) kind |= SPACE;
  if (code < 32 || code === 127) kind |= CONTROL;
  if (code > 32 && code < 127 && !/[a-zA-Z0-9]/.test(text)) kind |= PUNCT;
  if (/[0-9a-fA-F]/.test(text)) kind |= HEX;
  KINDS[code] = kind;
}

/** The kinds of each class's letter. */
const CLASSES = new Uint8Array(128);
const LETTERS: readonly (readonly [string, number])[] = [
  ["a", ALPHA],
  ["c", CONTROL],
  ["d", DIGIT],
  ["l", LOWER],
  ["p", PUNCT],
  ["s", SPACE],
  ["u", UPPER],
  ["w", ALPHA | DIGIT],
  ["x", HEX],
];
for (const [letter, kind] of LETTERS) CLASSES[letter.charCodeAt(0)] = kind;

const LOWER_Z = 122;

/** For each letter after "%", which of the 256 characters match; made when it is first needed. */
const TABLES = new Array<Uint8Array | null>(256).fill(null);

/** Which characters match a letter after "%": 1 at their codes. */
export function classTable(letter: number): Uint8Array {
  return TABLES[letter] ??= Uint8Array.from({ length: 256 }, (_, code) => matches(code, letter));
}

/** Whether a character is in the class of a letter after "%". */
export function isInClass(code: number, letter: number): boolean {
  return classTable(letter)[code] === 1;
}

/** 1 if a character is in a letter's class; a character without a class stands for itself. */
function matches(code: number, letter: number): number {
  const lower = letter | 32;
  const kind = letter >= 65 && lower < 123 ? CLASSES[lower] : 0;
  if (lower === LOWER_Z && letter >= 65) return (code === 0) === (letter >= 97) ? 1 : 0;
  if (kind === 0) return letter === code ? 1 : 0;
  return ((KINDS[code] & kind) !== 0) === (letter >= 97) ? 1 : 0;
}
