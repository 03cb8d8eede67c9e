/** The patterns of SORT's BY and GET: keys, and fields of hashes, named after an element. */

import { Span } from "../../base/span.ts";
import { ElementList } from "../../data/element_list.ts";
import * as hash from "../../data/hash_value.ts";
import { ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";

const STAR = 42;

/**
 * A pattern such as `weight_*` or `object_*->field`; the first star stands for the element. `#` alone
 * is the element itself, a pattern without a star is nothing at all. Redis looks for `#`, the star and the
 * arrow as in a C string, which a NUL byte ends.
 */
export class SortPattern {
  readonly #isElement: boolean;
  readonly #prefix: Uint8Array;
  readonly #suffix: Uint8Array;
  readonly #field: Span | null = null;
  readonly #hasStar: boolean;

  constructor(pattern: Uint8Array) {
    const nul = pattern.indexOf(0), textEnd = nul < 0 ? pattern.length : nul;
    this.#isElement = textEnd === 1 && pattern[0] === 35;
    const star = pattern.subarray(0, textEnd).indexOf(STAR);
    this.#hasStar = star >= 0;
    const arrow = arrowAfter(pattern.subarray(0, textEnd), star + 1);
    const end = arrow < 0 ? pattern.length : arrow;
    this.#prefix = pattern.slice(0, Math.max(0, star));
    this.#suffix = pattern.slice(star + 1, end);
    if (arrow >= 0) this.#field = Span.of(pattern.slice(arrow + 2));
  }

  /** What the pattern names for an element, copied; null where there is no such thing. */
  resolve(db: Database, element: Uint8Array): Uint8Array | null {
    if (this.#isElement) return element;
    if (!this.#hasStar) return null;
    const key = new Uint8Array(this.#prefix.length + element.length + this.#suffix.length);
    key.set(this.#prefix);
    key.set(element, this.#prefix.length);
    key.set(this.#suffix, this.#prefix.length + element.length);
    const row = db.lookupRead(Span.of(key));
    if (row === NO_ROW) return null;
    return this.#field === null ? readString(db, row) : readField(db, row, this.#field);
  }
}

/** Where `->` with something behind it begins, or -1. */
function arrowAfter(pattern: Uint8Array, from: number): number {
  for (let i = from; i + 2 < pattern.length; i++) {
    if (pattern[i] === 45 && pattern[i + 1] === 62) return i;
  }
  return -1;
}

function readString(db: Database, row: number): Uint8Array | null {
  if (db.typeOf(row) !== ValueType.String) return null;
  const { buffer, start, end } = db.bytesOf(row, new Span());
  return buffer.slice(start, end);
}

function readField(db: Database, row: number, field: Span): Uint8Array | null {
  if (db.typeOf(row) !== ValueType.Hash) return null;
  const value = db.load(row);
  const place = hash.find(db.store, value, field);
  if (place === hash.NONE) return null;
  const sink = new ElementList();
  hash.sendContent(db.store, value, place, sink);
  return sink.elements[0];
}
