/**
 * A glob pattern that is asked again and again, taken apart once: what it says, and what an empty text or
 * more than a thousand stars mean, is as in `glob.ts`.
 *
 * Most texts don't match, and mostly that shows at once: the literal bytes before the pattern's first and
 * after its last special element don't stand at the text's ends, or some of its literal bytes do not occur
 * in the text at all.
 */

import { elementEnd, matchGlob, STARS_MAX } from "./glob.ts";
import { type ByteRange, bytesOf, Span } from "./span.ts";

const STAR = 0x2a;
const QUESTION_MARK = 0x3f;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;

/** Stand for elements that are no literal byte, among characters that are. */
const ANY_BYTE = 0x100, CLASS = 0x101, ANY_BYTES = 0x102;

/**
 * Which bytes, and pairs of bytes that follow each other, occur in a text: each stands for one of 32 bits,
 * so that what is missing shows, and what is there may be something else.
 */
export class Occurrences {
  bytes = 0;
  lowPairs = 0;
  highPairs = 0;

  /** Adds a byte, and the pair that it is with the one before; -1: none is. */
  add(before: number, byte: number): void {
    this.bytes |= 1 << (byte ^ byte >>> 5);
    if (before < 0) return;
    const pair = Math.imul(before << 8 | byte, 0x9e3779b1);
    if (pair < 0) this.highPairs |= 1 << (pair >>> 26);
    else this.lowPairs |= 1 << (pair >>> 26);
  }

  /** Takes over what occurs in a text; of a long one, that all may. */
  set({ buffer, start, end }: ByteRange): void {
    this.bytes = this.lowPairs = this.highPairs = end - start > LONGEST_LOOKED_AT ? -1 : 0;
    if (this.bytes !== 0) return;
    for (let i = start; i < end; i++) this.add(i > start ? buffer[i - 1] : -1, buffer[i]);
  }
}

/** In a longer text so much occurs that little would be excluded. */
const LONGEST_LOOKED_AT = 1024;

/** So many arguments of a call are safe. */
const MOST_ARGUMENTS = 4096;

/** One pattern, made ready to be matched often. */
export class GlobMatcher {
  /** The pattern, as a byte string. */
  readonly pattern: string;
  /** The literal bytes that every text begins with which matches, as a byte string. */
  readonly prefix: string;
  /** Those that it ends with; empty where the whole pattern is a literal, and thus the prefix. */
  readonly suffix: string;
  /** What matching takes beside the ends, made when it is first asked for. */
  #details: Details | null = null;

  constructor(pattern: string) {
    this.pattern = pattern;
    const ends = plainEnds(pattern) ?? endsOf(readElements(bytesOf(pattern)));
    this.prefix = ends.prefix;
    this.suffix = ends.suffix;
  }

  /** Whether a text can match in which this occurs: where it can't, nobody has to look at it. */
  mayMatch({ bytes, lowPairs, highPairs }: Occurrences): boolean {
    const details = this.#details ??= new Details(this.pattern);
    return (details.lowPairs & ~lowPairs) === 0 && (details.highPairs & ~highPairs) === 0 &&
      (details.bytes & ~bytes) === 0;
  }

  /** Whether the whole of `text` matches. */
  matches(text: ByteRange): boolean {
    const { buffer, start, end } = text;
    const length = end - start;
    const { shortest, longest, parts, glob } = this.#details ??= new Details(this.pattern);
    if (length < shortest || length > longest) return false;
    if (length === 0) return this.pattern === "";
    const { suffix, prefix } = this;
    for (let i = suffix.length - 1, at = end - 1; i >= 0; i--, at--) {
      if (buffer[at] !== suffix.charCodeAt(i)) return false;
    }
    for (let i = 0; i < prefix.length; i++) {
      if (buffer[start + i] !== prefix.charCodeAt(i)) return false;
    }
    if (parts !== null) return matchesParts(parts, buffer, start, end);
    return glob === null || matchGlob(glob, text);
  }
}

/** A pattern taken apart. */
class Details {
  /** What of literal bytes occurs in every text that matches: see `Occurrences`. */
  readonly bytes: number;
  readonly lowPairs: number;
  readonly highPairs: number;
  /** Shortest and longest text that can match. */
  readonly shortest: number;
  readonly longest: number;
  /** What stands between stars, each a string of bytes and `ANY_BYTE`; null: it need not be looked at. */
  readonly parts: readonly string[] | null;
  /** The pattern, where it can't be taken apart like that. */
  readonly glob: Span | null;

  constructor(pattern: string) {
    const elements = readElements(bytesOf(pattern));
    const literals = new Occurrences();
    let stars = 0, others = 0, classes = 0;
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i];
      if (isLiteral(element)) {
        literals.add(i > 0 && isLiteral(elements[i - 1]) ? elements[i - 1] : -1, element);
      } else if (element === ANY_BYTES) stars++;
      else if (element === CLASS) classes++;
      else others++;
    }
    this.bytes = literals.bytes;
    this.lowPairs = literals.lowPairs;
    this.highPairs = literals.highPairs;
    this.shortest = elements.length - stars;
    this.longest = stars > 0 ? Infinity : elements.length;
    const isGeneral = stars > STARS_MAX || classes > 0;
    // A star alone between its ends, or nothing: the ends say all.
    const isEnds = others === 0 && stars <= 1;
    this.glob = isGeneral ? Span.ofString(pattern) : null;
    this.parts = isEnds || isGeneral ? null : splitAtStars(elements);
  }
}

/** The literal bytes at both ends of a pattern. */
interface Ends {
  readonly prefix: string;
  readonly suffix: string;
}

/** The ends of a pattern without escapes and classes; undefined: there are some. */
function plainEnds(pattern: string): Ends | undefined {
  let first = pattern.length, last = pattern.length;
  for (let i = 0; i < pattern.length; i++) {
    const byte = pattern.charCodeAt(i);
    if (byte === BACKSLASH || byte === OPEN_BRACKET) return undefined;
    if (byte !== STAR && byte !== QUESTION_MARK) continue;
    if (first === pattern.length) first = i;
    last = i + 1;
  }
  return { prefix: pattern.slice(0, first), suffix: pattern.slice(last) };
}

function endsOf(elements: readonly number[]): Ends {
  let first = 0;
  while (first < elements.length && isLiteral(elements[first])) first++;
  let last = elements.length;
  while (last > first && isLiteral(elements[last - 1])) last--;
  return { prefix: textOf(elements.slice(0, first)), suffix: textOf(elements.slice(last)) };
}

function isLiteral(element: number): boolean {
  return element < ANY_BYTE;
}

/** The elements of a pattern; stars that follow each other are one. */
function readElements(pattern: Uint8Array): number[] {
  const elements: number[] = [];
  const end = pattern.length;
  for (let at = 0; at < end; at = elementEnd(pattern, at, end)) {
    const byte = pattern[at];
    if (byte === STAR) {
      if (elements.at(-1) !== ANY_BYTES) elements.push(ANY_BYTES);
    } else if (byte === QUESTION_MARK) elements.push(ANY_BYTE);
    else if (byte === OPEN_BRACKET) elements.push(CLASS);
    else elements.push(byte === BACKSLASH && at + 1 < end ? pattern[at + 1] : byte);
  }
  return elements;
}

function splitAtStars(elements: readonly number[]): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= elements.length; i++) {
    if (i < elements.length && elements[i] !== ANY_BYTES) continue;
    parts.push(textOf(elements.slice(start, i)));
    start = i + 1;
  }
  return parts;
}

/** Elements as a string of one piece, whose characters are quick to look at. */
function textOf(elements: readonly number[]): string {
  let text = "";
  for (let i = 0; i < elements.length; i += MOST_ARGUMENTS) {
    text += String.fromCharCode(...elements.slice(i, i + MOST_ARGUMENTS));
  }
  return text;
}

/**
 * Whether a text is these parts with anything between them. Each part is taken where it first occurs: if the
 * rest does not match after that, it does not match further on.
 */
function matchesParts(
  parts: readonly string[],
  buffer: Uint8Array,
  start: number,
  end: number,
): boolean {
  const last = parts.length - 1;
  if (!isPartAt(parts[0], buffer, start)) return false;
  // The text is long enough for all of them; without a star it is exactly as long as the only one.
  if (last === 0) return true;
  end -= parts[last].length;
  if (!isPartAt(parts[last], buffer, end)) return false;
  let at = start + parts[0].length;
  for (let i = 1; i < last; i++) {
    const part = parts[i], stop = end - part.length;
    while (at <= stop && !isPartAt(part, buffer, at)) at++;
    if (at > stop) return false;
    at += part.length;
  }
  return at <= end;
}

function isPartAt(part: string, buffer: Uint8Array, at: number): boolean {
  for (let i = 0; i < part.length; i++) {
    const element = part.charCodeAt(i);
    if (buffer[at + i] !== element && element !== ANY_BYTE) return false;
  }
  return true;
}
