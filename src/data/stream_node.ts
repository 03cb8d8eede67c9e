/**
 * Nodes of a stream: some hundred entries in one listpack, byte for byte as Redis has them in memory and
 * in RDB files.
 *
 * The listpack begins with the *master entry*: the number of entries, the number of those that are
 * marked as deleted, the number of fields of the first entry, its field names, and 0. Then the entries:
 *
 * | flags | ms | seq | number of fields | fields and values in turn | elements so far |
 * | flags | ms | seq | values only, where the fields are those of the master entry | elements so far |
 *
 * ms and seq are counted from the ID of the node, that of the first entry. The last element says how
 * many come before it in its entry, by which the listpack is walked backwards.
 */

import { parseInteger } from "../base/numbers.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import * as listpack from "./listpack.ts";
import {
  entrySize,
  integerEntrySize,
  LISTPACK_END,
  readInteger,
  stringEntrySize,
  writeIntegerEntry,
  writeStringEntry,
} from "./listpack_entry.ts";
import { addWrapped, type StreamId, type Unsigned64, wrappedDelta } from "./stream_id.ts";

/** Flags of an entry. */
const DELETED = 1;
const SAME_FIELDS = 2;

/** Elements before the fields: flags, ms, seq, and the number of fields where it is there. */
const HEAD_ELEMENTS = 3;
/** Bytes of the longest integer element. */
const INTEGER_MAX = 10;
/** Room for all of an entry but its fields and values, and for counts that become longer. */
const ENTRY_OVERHEAD = 4 * INTEGER_MAX;
/** A listpack's count of elements that stands for "count them". */
const COUNT_UNKNOWN = 0xffff;

/** Arguments of a command, some of which are fields and values; a `Frame` is such a thing. */
export interface ArgumentSource {
  readonly buffer: Uint8Array;
  readonly argc: number;
  argStart(i: number): number;
  argEnd(i: number): number;
}

/** A run of entries. Its ID is that of the first entry it was made for, which may be deleted by now. */
export class StreamNode implements StreamId {
  readonly ms: Unsigned64;
  readonly seq: Unsigned64;
  /** The listpack in its first `size` bytes, and room to grow. */
  bytes: Uint8Array;
  /** The listpack's size in bytes. */
  size: number;
  /** How many entries are not deleted. */
  live: number;
  /** How many entries are marked as deleted. */
  deleted: number;
  /** How many field names the master entry has. */
  readonly fieldCount: number;
  /** Where the first field name is. */
  #firstField: number;
  /** Where the first entry is. */
  firstEntry: number;

  /** A node over a listpack, sound and of a stream, that fills `bytes`, which it owns from now on. */
  constructor({ ms, seq }: StreamId, bytes: Uint8Array) {
    this.ms = ms;
    this.seq = seq;
    this.bytes = bytes;
    this.size = listpack.totalBytes(bytes, 0);
    let at = listpack.FIRST_POSITION;
    const next = (): number => {
      const value = Number(readInteger(bytes, at));
      at += entrySize(bytes, at);
      return value;
    };
    this.live = next();
    this.deleted = next();
    this.fieldCount = next();
    this.#firstField = at;
    for (let i = 0; i <= this.fieldCount; i++) at += entrySize(bytes, at);
    this.firstEntry = at;
  }

  /**
   * A node without entries, with the field names among arguments `[first, argc)` in its master entry and
   * room for the entry that they are; `capacity`: at least so many bytes of room.
   */
  static create(id: StreamId, source: ArgumentSource, first: number, capacity: number): StreamNode {
    const fields = (source.argc - first) / 2;
    let needed = listpack.EMPTY_SIZE + 4 * INTEGER_MAX + ENTRY_OVERHEAD;
    for (let i = first; i < source.argc; i += 2) {
      needed += 2 * sizeBound(source, i) + sizeBound(source, i + 1);
    }
    const bytes = new Uint8Array(Math.max(needed, capacity));
    let at = writeIntegerEntry(0, bytes, listpack.FIRST_POSITION);
    at = writeIntegerEntry(0, bytes, at);
    at = writeIntegerEntry(fields, bytes, at);
    for (let i = first; i < source.argc; i += 2) at = writeElement(source, i, bytes, at);
    at = writeIntegerEntry(0, bytes, at);
    listpack.writeFrame(bytes, 0, at + 1, fields + 4);
    return new StreamNode(id, bytes);
  }

  /** Where the last entry, deleted or not, begins; -1 if there is none. */
  get lastEntry(): number {
    return this.entryBefore(this.size - 1);
  }

  /** Appends an entry of the fields and values that are arguments `[first, argc)`. */
  append({ ms, seq }: StreamId, source: ArgumentSource, first: number): void {
    let needed = this.size + ENTRY_OVERHEAD;
    for (let i = first; i < source.argc; i++) needed += sizeBound(source, i);
    this.#reserve(needed);
    this.#setCounts(this.live + 1, this.deleted);

    const { bytes } = this;
    const fields = (source.argc - first) / 2;
    const sameFields = this.#hasFields(source, first);
    let at = writeIntegerEntry(sameFields ? SAME_FIELDS : 0, bytes, this.size - 1);
    at = writeIntegerEntry(wrappedDelta(ms, this.ms), bytes, at);
    at = writeIntegerEntry(wrappedDelta(seq, this.seq), bytes, at);
    if (!sameFields) at = writeIntegerEntry(fields, bytes, at);
    for (let i = sameFields ? first + 1 : first; i < source.argc; i += sameFields ? 2 : 1) {
      at = writeElement(source, i, bytes, at);
    }
    const elements = HEAD_ELEMENTS + (sameFields ? fields : 2 * fields + 1);
    at = writeIntegerEntry(elements, bytes, at);
    this.#setFrame(at + 1, elements + 1);
  }

  /** Whether the entry at `position` is marked as deleted. */
  isDeleted(position: number): boolean {
    return (this.bytes[position] & DELETED) !== 0;
  }

  /** Marks the entries at these positions, none of which is, as deleted. Positions change by that. */
  markDeleted(positions: readonly number[]): void {
    // Flags are integers of one byte.
    for (const position of positions) this.bytes[position] |= DELETED;
    this.#reserve(this.size + 2 * INTEGER_MAX);
    this.#setCounts(this.live - positions.length, this.deleted + positions.length);
  }

  /** Where the entry before `position`, which may be the end's, begins; -1 if there is none. */
  entryBefore(position: number): number {
    if (position <= this.firstEntry) return -1;
    const { bytes } = this;
    position = listpack.previousPosition(bytes, 0, position);
    for (let left = Number(readInteger(bytes, position)); left > 0; left--) {
      position = listpack.previousPosition(bytes, 0, position);
    }
    return position;
  }

  /** Whether `position` is behind the last entry. */
  isEnd(position: number): boolean {
    return this.bytes[position] === LISTPACK_END;
  }

  /** Where the field names of the master entry begin. */
  get firstField(): number {
    return this.#firstField;
  }

  /** Gives back the room that it could grow into: for a node that is full. */
  fit(): void {
    if (this.bytes.length > this.size) this.bytes = this.bytes.slice(0, this.size);
  }

  /** A copy. */
  clone(): StreamNode {
    return new StreamNode(this, this.bytes.slice(0, this.size));
  }

  /** Whether the fields among arguments `[first, argc)` are those of the master entry. */
  #hasFields(source: ArgumentSource, first: number): boolean {
    if (source.argc - first !== 2 * this.fieldCount) return false;
    const { bytes } = this;
    let position = this.#firstField;
    for (let i = first; i < source.argc; i += 2) {
      const start = source.argStart(i), end = source.argEnd(i);
      if (!listpack.entryEquals(bytes, 0, position, source.buffer, start, end)) return false;
      position = listpack.nextPosition(bytes, 0, position);
    }
    return true;
  }

  /** Writes the counts of the master entry, for which there must be room where they become longer. */
  #setCounts(live: number, deleted: number): void {
    const { bytes } = this;
    const before = integerEntrySize(this.live) + integerEntrySize(this.deleted);
    const grown = integerEntrySize(live) + integerEntrySize(deleted) - before;
    if (grown !== 0) {
      const from = listpack.FIRST_POSITION + before;
      bytes.copyWithin(from + grown, from, this.size);
      this.#firstField += grown;
      this.firstEntry += grown;
      this.#setFrame(this.size + grown, 0);
    }
    const at = writeIntegerEntry(live, bytes, listpack.FIRST_POSITION);
    writeIntegerEntry(deleted, bytes, at);
    this.live = live;
    this.deleted = deleted;
  }

  /** Writes the listpack's header and end. */
  #setFrame(size: number, addedElements: number): void {
    const { bytes } = this;
    const count = bytes[4] | bytes[5] << 8;
    listpack.writeFrame(bytes, 0, size, count === COUNT_UNKNOWN ? count : count + addedElements);
    this.size = size;
  }

  #reserve(needed: number): void {
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.size));
    this.bytes = larger;
  }
}

/** An entry where it lies; reused from entry to entry, valid until the stream changes. */
export class StreamEntry implements StreamId {
  ms: Unsigned64 = 0;
  seq: Unsigned64 = 0;
  /** How many fields it has. */
  fieldCount = 0;
  /** Where it lies. */
  node: StreamNode | null = null;
  position = 0;
  #sameFields = false;
  /** Where the first field, or the first value where the fields are the master entry's, is. */
  #content = 0;

  /** Points this at the entry at `position` of `node`. */
  read(node: StreamNode, position: number): void {
    const { bytes } = node;
    this.node = node;
    this.position = position;
    this.#sameFields = (bytes[position] & SAME_FIELDS) !== 0;
    let at = position + entrySize(bytes, position);
    this.ms = addWrapped(node.ms, readInteger(bytes, at));
    at += entrySize(bytes, at);
    this.seq = addWrapped(node.seq, readInteger(bytes, at));
    at += entrySize(bytes, at);
    if (this.#sameFields) {
      this.fieldCount = node.fieldCount;
    } else {
      this.fieldCount = Number(readInteger(bytes, at));
      at += entrySize(bytes, at);
    }
    this.#content = at;
  }

  /** Where the next entry of the node, or its end, is. */
  get end(): number {
    const { bytes } = this.node as StreamNode;
    let at = this.#content;
    // The element behind the contents is the number of those before it.
    const elements = (this.#sameFields ? this.fieldCount : 2 * this.fieldCount) + 1;
    for (let i = 0; i < elements; i++) at += entrySize(bytes, at);
    return at;
  }

  /** Hands over the fields, each followed by its value. */
  send(sink: ElementSink): void {
    const node = this.node as StreamNode;
    const { bytes } = node;
    let at = this.#content;
    if (!this.#sameFields) {
      for (let i = 2 * this.fieldCount; i > 0; i--) {
        sendEntry(bytes, at, sink);
        at += entrySize(bytes, at);
      }
      return;
    }
    let field = node.firstField;
    for (let i = this.fieldCount; i > 0; i--) {
      sendEntry(bytes, field, sink);
      field += entrySize(bytes, field);
      sendEntry(bytes, at, sink);
      at += entrySize(bytes, at);
    }
  }
}

/** The most bytes that argument `i` takes as an element: an integer is never longer than its text. */
function sizeBound(source: ArgumentSource, i: number): number {
  return stringEntrySize(source.argEnd(i) - source.argStart(i));
}

/** Writes argument `i` as an element and returns the index after it. */
function writeElement(source: ArgumentSource, i: number, target: Uint8Array, at: number): number {
  const { buffer } = source;
  const start = source.argStart(i), end = source.argEnd(i);
  const integer = parseInteger(buffer, start, end);
  return integer === undefined
    ? writeStringEntry(buffer, start, end, target, at)
    : writeIntegerEntry(integer, target, at);
}
