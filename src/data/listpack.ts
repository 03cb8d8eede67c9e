/**
 * Listpacks: Redis' compact list of strings and integers in one run of bytes, the same in memory, in
 * DUMP and in RDB files. Small hashes, sets, sorted sets and lists are listpacks, and so are the
 * nodes of long lists and streams.
 *
 * The layout is 4 bytes of total length and 2 bytes of entry count, low byte first, then the entries
 * (listpack_entry.ts), then FF. A count of 65535 means "count them".
 *
 * A listpack is named by a buffer and the index `base` where it begins, so it may lie in a
 * `ByteStore` or anywhere else. An entry is named by its *position*, counted from `base`. Walk over
 * one like this, or from `lastPosition` with `previousPosition` while the position is positive:
 *
 *     for (let at = FIRST_POSITION; !atEnd(buffer, base, at); at = nextPosition(buffer, base, at))
 *
 * Import it as a namespace: `import * as listpack from "../data/listpack.ts"`.
 */

import { parseInteger } from "../base/numbers.ts";
import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import { sendEntry } from "./element_sink.ts";
import {
  checkEntry,
  entrySize,
  entrySizeBefore,
  integerEntrySize,
  isIntegerEntry,
  LISTPACK_END,
  LONGEST_SHORT_STRING,
  readInteger,
  SHORT_STRING,
  stringEntrySize,
  stringHead,
  stringLength,
  writeIntegerEntry,
  writeStringEntry,
} from "./listpack_entry.ts";

/** The position of the first entry, or of the end if there is none: the header's size in bytes. */
export const FIRST_POSITION = 6;

/** The bytes of a listpack without entries. */
export const EMPTY_SIZE: number = FIRST_POSITION + 1;

/** So many bytes are moved in a loop in less time than `copyWithin` takes to be called. */
const MOVED_BY_LOOP = 64;

/** The entry count that stands for "this many or more". */
const COUNT_UNKNOWN = 0xffff;

/** What an entry holds, filled in by `readEntry`; reused from entry to entry. */
export class ListpackEntry extends Element {
  /** Points this at the entry that begins at `at` in `buffer`. */
  read(buffer: Uint8Array, at: number): void {
    sendEntry(buffer, at, this);
  }
}

/** The listpack's size in bytes. */
export function totalBytes(buffer: Uint8Array, base: number): number {
  return (buffer[base] | buffer[base + 1] << 8 | buffer[base + 2] << 16 |
    buffer[base + 3] << 24) >>> 0;
}

/** How many entries the listpack has; walks over it if there are 65535 or more. */
export function length(buffer: Uint8Array, base: number): number {
  const count = buffer[base + 4] | buffer[base + 5] << 8;
  return count === COUNT_UNKNOWN ? countEntries(buffer, base) : count;
}

function countEntries(buffer: Uint8Array, base: number): number {
  let count = 0;
  for (let at = base + FIRST_POSITION; buffer[at] !== LISTPACK_END; count++) {
    at += entrySize(buffer, at);
  }
  return count;
}

/** Whether `position` is behind the last entry. */
export function atEnd(buffer: Uint8Array, base: number, position: number): boolean {
  return buffer[base + position] === LISTPACK_END;
}

/** The position behind the last entry. */
export function endPosition(buffer: Uint8Array, base: number): number {
  return totalBytes(buffer, base) - 1;
}

/** The position of the last entry, or -1 if there is none. */
export function lastPosition(buffer: Uint8Array, base: number): number {
  return previousPosition(buffer, base, endPosition(buffer, base));
}

/** The position of the entry after the one at `position`, or the end's. */
export function nextPosition(buffer: Uint8Array, base: number, position: number): number {
  return position + entrySize(buffer, base + position);
}

/** The position of the entry before `position`, which may be the end's; -1 if there is none. */
export function previousPosition(buffer: Uint8Array, base: number, position: number): number {
  if (position <= FIRST_POSITION) return -1;
  return position - entrySizeBefore(buffer, base + position);
}

/**
 * The position of the entry number `index`, counted from 0, or from the last one as -1; -1 if there
 * is none. Walks from the nearer end when the count is known.
 */
export function positionAt(buffer: Uint8Array, base: number, index: number): number {
  const count = buffer[base + 4] | buffer[base + 5] << 8;
  if (count !== COUNT_UNKNOWN) {
    if (index >= count || index < -count) return -1;
    if (index >= 0 && index > count / 2) index -= count;
    else if (index < -count / 2) index += count;
  }
  if (index < 0) {
    let position = lastPosition(buffer, base);
    while (++index < 0 && position > 0) position = previousPosition(buffer, base, position);
    return position;
  }
  let position = FIRST_POSITION;
  while (!atEnd(buffer, base, position)) {
    if (index-- === 0) return position;
    position = nextPosition(buffer, base, position);
  }
  return -1;
}

/** Points `entry` at the entry at `position`, which is not the end's, and returns it. */
export function readEntry(
  buffer: Uint8Array,
  base: number,
  position: number,
  entry: ListpackEntry,
): ListpackEntry {
  entry.read(buffer, base + position);
  return entry;
}

/** Whether the entry at `position` holds the bytes `[start, end)` of `needle`. */
export function entryEquals(
  buffer: Uint8Array,
  base: number,
  position: number,
  needle: Uint8Array,
  start: number,
  end: number,
): boolean {
  const at = base + position;
  if (isIntegerEntry(buffer, at)) {
    return readInteger(buffer, at) === parseInteger(needle, start, end);
  }
  return stringEquals(buffer, at, needle, start, end);
}

function stringEquals(
  buffer: Uint8Array,
  at: number,
  needle: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (stringLength(buffer, at) !== end - start) return false;
  // Names often begin alike and differ in a number at their end.
  let from = at + stringHead(buffer, at) + end - start;
  for (let i = end; i > start;) {
    if (needle[--i] !== buffer[--from]) return false;
  }
  return true;
}

/**
 * The position of the first entry, from `position` on, that holds the bytes `[start, end)` of
 * `needle`, or -1. After each comparison `skip` entries are passed over: 1 to look through a hash's
 * fields only.
 */
export function find(
  buffer: Uint8Array,
  base: number,
  position: number,
  needle: Uint8Array,
  start: number,
  end: number,
  skip = 0,
): number {
  const integer = parseInteger(needle, start, end);
  const length = end - start;
  if (integer === undefined && length > 0 && length <= LONGEST_SHORT_STRING) {
    return findShort(buffer, base, position, needle, start, end, skip);
  }
  let at = base + position;
  while (buffer[at] !== LISTPACK_END) {
    const equal = isIntegerEntry(buffer, at)
      ? integer !== undefined && readInteger(buffer, at) === integer
      : stringEquals(buffer, at, needle, start, end);
    if (equal) return at - base;
    at += entrySize(buffer, at);
    for (let i = 0; i < skip && buffer[at] !== LISTPACK_END; i++) at += entrySize(buffer, at);
  }
  return -1;
}

/** `find` for short strings: nearly all other entries differ in their first or last byte. */
function findShort(
  buffer: Uint8Array,
  base: number,
  position: number,
  needle: Uint8Array,
  start: number,
  end: number,
  skip: number,
): number {
  const length = end - start, head = SHORT_STRING | length, last = needle[end - 1];
  let at = base + position;
  while (buffer[at] !== LISTPACK_END) {
    if (buffer[at] === head && buffer[at + length] === last) {
      if (stringEquals(buffer, at, needle, start, end)) return at - base;
    }
    at += entrySize(buffer, at);
    for (let i = 0; i < skip && buffer[at] !== LISTPACK_END; i++) at += entrySize(buffer, at);
  }
  return -1;
}

/**
 * Whether bytes `[start, end)` of `buffer` are one sound listpack: for bytes from outside. All other
 * functions rely on soundness.
 */
export function validate(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start < EMPTY_SIZE || totalBytes(buffer, start) !== end - start) return false;
  let at = start + FIRST_POSITION, entries = 0;
  for (const last = end - 1; at < last; entries++) {
    const size = checkEntry(buffer, at, last);
    if (size === 0) return false;
    at += size;
  }
  const count = buffer[start + 4] | buffer[start + 5] << 8;
  return buffer[at] === LISTPACK_END && (count === COUNT_UNKNOWN || count === entries);
}

/** Writes the header and the end of a listpack whose entries take up the rest of `size` bytes. */
export function writeFrame(buffer: Uint8Array, base: number, size: number, count: number): void {
  for (let i = 0; i < 4; i++) buffer[base + i] = size >>> 8 * i;
  count = Math.min(count, COUNT_UNKNOWN);
  buffer[base + 4] = count;
  buffer[base + 5] = count >>> 8;
  buffer[base + size - 1] = LISTPACK_END;
}

/** A new listpack without entries; returns its ref. */
export function create(store: ByteStore): number {
  const ref = store.allocate(EMPTY_SIZE);
  writeFrame(store.buffer(ref), store.offset(ref), EMPTY_SIZE, 0);
  return ref;
}

/**
 * Replaces `removed` bytes at `position`, which are `removedEntries` whole entries, by a gap of
 * `added` bytes for `addedEntries` entries, which the caller must fill in. All edits go through here.
 */
function splice(
  store: ByteStore,
  ref: number,
  position: number,
  removed: number,
  removedEntries: number,
  added: number,
  addedEntries: number,
): number {
  const oldSize = store.length(ref), size = oldSize + added - removed;
  // The rest moves down before the blob shrinks, and up after it has grown.
  if (added < removed) moveRest(store, ref, position + removed, oldSize, position + added);
  if (added !== removed) ref = store.resizeUnset(ref, size);
  if (added > removed) moveRest(store, ref, position + removed, oldSize, position + added);

  const buffer = store.buffer(ref), base = store.offset(ref);
  let count = buffer[base + 4] | buffer[base + 5] << 8;
  // As in Redis, an unknown count stays unknown, even when entries have become few.
  if (count !== COUNT_UNKNOWN) count += addedEntries - removedEntries;
  writeFrame(buffer, base, size, count);
  return ref;
}

/** Moves what is behind an edit, but for the listpack's end, which is written anew. */
function moveRest(store: ByteStore, ref: number, from: number, end: number, to: number): void {
  const length = end - 1 - from;
  // Nearly always the edit is at the end.
  if (length === 0) return;
  const buffer = store.buffer(ref), base = store.offset(ref);
  if (length > MOVED_BY_LOOP) buffer.copyWithin(base + to, base + from, base + end - 1);
  else if (to < from) {
    for (let i = 0; i < length; i++) buffer[base + to + i] = buffer[base + from + i];
  } else for (let i = length - 1; i >= 0; i--) buffer[base + to + i] = buffer[base + from + i];
}

/** Puts an entry in the place of `removed` bytes at `position`, which are 0 or 1 entries. */
function putEntry(
  store: ByteStore,
  ref: number,
  position: number,
  removed: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  const removedEntries = removed === 0 ? 0 : 1;
  const integer = parseInteger(source, start, end);
  if (integer !== undefined) {
    ref = splice(store, ref, position, removed, removedEntries, integerEntrySize(integer), 1);
    writeIntegerEntry(integer, store.buffer(ref), store.offset(ref) + position);
    return ref;
  }
  const base = store.offset(ref);
  if (source === store.buffer(ref) && end > base && start < base + store.length(ref)) {
    // The bytes lie in the listpack itself, which is about to shift them.
    source = source.slice(start, end);
    end -= start;
    start = 0;
  }
  const size = stringEntrySize(end - start);
  ref = splice(store, ref, position, removed, removedEntries, size, 1);
  writeStringEntry(source, start, end, store.buffer(ref), store.offset(ref) + position);
  return ref;
}

/** Appends bytes `[start, end)` of `source` as the last entry; returns the listpack's new ref. */
export function append(
  store: ByteStore,
  ref: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  return putEntry(store, ref, store.length(ref) - 1, 0, source, start, end);
}

/**
 * Inserts bytes `[start, end)` of `source` as an entry before the one at `position`, or as the last
 * one if that is the end; returns the listpack's new ref. The new entry is at `position`.
 */
export function insertAt(
  store: ByteStore,
  ref: number,
  position: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  return putEntry(store, ref, position, 0, source, start, end);
}

/** Replaces the entry at `position` by bytes `[start, end)` of `source`; returns the new ref. */
export function replaceAt(
  store: ByteStore,
  ref: number,
  position: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  const removed = entrySize(store.buffer(ref), store.offset(ref) + position);
  return putEntry(store, ref, position, removed, source, start, end);
}

/**
 * Deletes up to `count` entries from the one at `position` on; returns the listpack's new ref. What
 * followed them is then at `position`.
 */
export function deleteRange(
  store: ByteStore,
  ref: number,
  position: number,
  count: number,
): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let at = base + position, deleted = 0;
  for (; deleted < count && buffer[at] !== LISTPACK_END; deleted++) at += entrySize(buffer, at);
  return splice(store, ref, position, at - base - position, deleted, 0, 0);
}

/** Builds a listpack entry by entry in a buffer of its own. */
export class ListpackBuilder {
  #buffer: Uint8Array;
  #end = FIRST_POSITION;
  #count = 0;

  /** `capacity`: the bytes to begin with; the buffer grows as needed. */
  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(Math.max(capacity, EMPTY_SIZE));
  }

  /** How many entries were appended. */
  get length(): number {
    return this.#count;
  }

  /** The size that the listpack has by now, in bytes. */
  get totalBytes(): number {
    return this.#end + 1;
  }

  /** Appends bytes `[start, end)` of `source`; a canonical int64 is stored as an integer. */
  append(source: Uint8Array, start: number, end: number): void {
    const integer = parseInteger(source, start, end);
    if (integer !== undefined) {
      this.appendInteger(integer);
      return;
    }
    this.#reserve(stringEntrySize(end - start));
    this.#end = writeStringEntry(source, start, end, this.#buffer, this.#end);
    this.#count++;
  }

  /** Appends an int64: a number if it is safe, else a bigint. */
  appendInteger(value: number | bigint): void {
    this.#reserve(integerEntrySize(value));
    this.#end = writeIntegerEntry(value, this.#buffer, this.#end);
    this.#count++;
  }

  /** The listpack as a view into the builder's buffer: valid until the builder is used again. */
  finish(): Uint8Array {
    writeFrame(this.#buffer, 0, this.totalBytes, this.#count);
    return this.#buffer.subarray(0, this.totalBytes);
  }

  /** Begins a new listpack in the same buffer. */
  reset(): void {
    this.#end = FIRST_POSITION;
    this.#count = 0;
  }

  #reserve(size: number): void {
    const needed = this.#end + size + 1;
    if (needed <= this.#buffer.length) return;
    const buffer = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    buffer.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = buffer;
  }
}
