/**
 * Strings as values: text in a `ByteStore`, whatever the encoding. The encoding is only a name that
 * OBJECT ENCODING shows and that follows from how the string came to be; the functions below change the
 * text and say where it is afterwards, the caller keeps the name.
 *
 * `int` promises that the text is a canonical int64.
 */

import { formatInteger, INTEGER_TEXT_MAX, integerLength, parseInteger } from "../base/numbers.ts";
import { type ByteRange, copyBytes } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { Encoding } from "./value.ts";

/** The longest string, in bytes, that is `embstr` when it is stored as a whole. */
const LONGEST_EMBSTR = 44;

/** The encoding of a string that is stored as a whole: `int` for a canonical int64. */
export function stringEncoding(text: ByteRange): Encoding {
  const { buffer, start, end } = text;
  if (end - start <= INTEGER_TEXT_MAX && parseInteger(buffer, start, end) !== undefined) {
    return Encoding.Int;
  }
  return plainEncoding(end - start);
}

/** The encoding of a string of so many bytes that is stored as a whole and not looked into. */
export function plainEncoding(length: number): Encoding {
  return length <= LONGEST_EMBSTR ? Encoding.Embstr : Encoding.Raw;
}

/** The int64 that a string holds; undefined when it holds none. */
export function readInteger(store: ByteStore, ref: number): number | bigint | undefined {
  const start = store.offset(ref);
  return parseInteger(store.buffer(ref), start, start + store.length(ref));
}

/** Puts an int64 in the place of a string (ref 0: of none). Returns the ref of the text, an `int`. */
export function writeInteger(store: ByteStore, ref: number, value: number | bigint): number {
  ref = store.resizeUnset(ref, integerLength(value));
  formatInteger(value, store.buffer(ref), store.offset(ref));
  return ref;
}

/** Adds text, which must not lie in the store, to the end of a string. Returns its ref, a `raw`. */
export function appendText(store: ByteStore, ref: number, text: ByteRange): number {
  return writeText(store, ref, store.length(ref), text);
}

/**
 * Writes text, which must not lie in the store, over a string (ref 0: over none) from `offset` on. A
 * string that is too short grows, with zeros up to `offset`. Returns its ref, a `raw`.
 */
export function writeText(
  store: ByteStore,
  ref: number,
  offset: number,
  text: ByteRange,
): number {
  const length = store.length(ref), end = offset + text.end - text.start;
  if (end > length) ref = store.resize(ref, end, true);
  copyBytes(text.buffer, text.start, text.end, store.buffer(ref), store.offset(ref) + offset);
  return ref;
}
