/**
 * The one table for everything that is looked up: byte-string keys to dense row numbers.
 *
 * The index is open addressing (linear probing, backward-shift deletion) inside *segments*, and
 * extendible hashing above them: a directory, addressed by the top bits of the hash, says which
 * segment a key belongs to. A segment doubles until it has its full size, then splits in two. No
 * operation therefore moves more than one segment's entries, however large the table is, and the
 * only limit on rows is that their numbers fit 31 bits.
 */

import { hashBytes, type HashFunction } from "../base/hash.ts";
import type { ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { type Column, Uint32Column } from "./columns.ts";

const FIRST_SLOTS = 8;
const FULL_SEGMENT_SLOTS = 16 * 1024;
/** The most hash bits that address the directory: enough for 2^31 rows in full segments. */
const DEEPEST = 20;

/**
 * A part of the index. Slot i is `slots[2 * i]`, the row plus 1 or 0 when empty, and
 * `slots[2 * i + 1]`, the key's whole hash. With the hash beside the row, probing and splitting
 * touch no other memory.
 */
class Segment {
  used = 0;

  /** `depth`: how many top bits of the hash all keys in here share. */
  constructor(public slots: Int32Array, public depth: number) {}

  /** Whether one more entry would fill more than four fifths of the slots. */
  get full(): boolean {
    return (this.used + 1) * 10 > this.slots.length * 4;
  }

  /** Writes an entry into the first empty slot from its home on. */
  place(entry: number, hash: number): void {
    const slots = this.slots, mask = slots.length - 1;
    let at = hash << 1 & mask;
    while (slots[at] !== 0) at = at + 2 & mask;
    slots[at] = entry;
    slots[at + 1] = hash;
  }

  /** Where the entry stands in `slots`; it must be there. */
  locate(entry: number, hash: number): number {
    const slots = this.slots, mask = slots.length - 1;
    let at = hash << 1 & mask;
    while (slots[at] !== entry) at = at + 2 & mask;
    return at;
  }

  /** Empties the slot at `hole`, then moves later entries of its run back so that no gap remains. */
  erase(hole: number): void {
    const slots = this.slots, mask = slots.length - 1;
    for (let at = hole + 2 & mask; slots[at] !== 0; at = at + 2 & mask) {
      const home = slots[at + 1] << 1 & mask;
      // An entry may move back to the hole unless its home lies after the hole.
      if ((at - home & mask) < (at - hole & mask)) continue;
      slots[hole] = slots[at];
      slots[hole + 1] = slots[at + 1];
      hole = at;
    }
    slots[hole] = 0;
    this.used--;
  }

  /** Gives the segment `count` slots, which is a power of two and more than it has entries. */
  rebuild(count: number): void {
    const old = this.slots;
    this.slots = new Int32Array(count * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) this.place(old[at], old[at + 1]);
    }
  }

  /** Moves the entries whose next top bit is 1 into a new segment, which is returned. */
  split(): Segment {
    const slots = this.slots, mask = slots.length - 1;
    const bit = 0x80000000 >>> this.depth++;
    const upper = new Segment(new Int32Array(slots.length), this.depth);
    // Starting after an empty slot, every entry is taken out and put back at or before its place,
    // behind the entries of its run that were put back already: no second array is needed.
    let start = 0;
    while (slots[start] !== 0) start += 2;
    for (let step = 2; step <= mask; step += 2) {
      const at = start + step & mask;
      const entry = slots[at], hash = slots[at + 1];
      if (entry === 0) continue;
      slots[at] = 0;
      if ((hash & bit) === 0) {
        this.place(entry, hash);
      } else {
        upper.place(entry, hash);
        upper.used++;
      }
    }
    this.used -= upper.used;
    return upper;
  }
}

/** What tests change about a table. */
export interface TableOptions {
  /** The hash function; `hashBytes` unless said otherwise. */
  readonly hash?: HashFunction;
  /** The slots of a segment that splits, a power of two of at least 8; 16,384 unless said otherwise. */
  readonly fullSegmentSlots?: number;
}

/**
 * A table from byte-string keys to rows. Rows are always numbered 0 to `size - 1` without gaps: a new
 * key takes row `size`, and when a row is removed the last row moves into its place (see `remove`).
 *
 * The keys' bytes are kept in the `ByteStore`, everything else about a row in the columns that the
 * owner passes in and that the table keeps in step: it makes room, moves and resets their rows.
 */
export class Table {
  /** How many rows there are. */
  size = 0;
  /** Whether the last `findOrAdd` added its key. */
  added = false;
  /** Called after row `from` became row `to`, for owners that keep row numbers elsewhere. */
  onMove: ((from: number, to: number) => void) | undefined = undefined;

  readonly #store: ByteStore;
  readonly #seed: number;
  readonly #hash: HashFunction;
  readonly #fullSlots: number;
  readonly #columns: readonly Column[];
  readonly #keyRefs = new Uint32Column();
  #directory: Segment[] = [];
  /** How many top bits of the hash address the directory. */
  #depth = 0;
  #keyBytes = 0;
  #slotCount = 0;

  /**
   * @param store Holds the keys' bytes; tables may share one.
   * @param seed Of the hash; from `randomSeed` unless in a test.
   * @param columns What the owner keeps beside each key. No column may belong to two tables.
   */
  constructor(
    store: ByteStore,
    seed: number,
    columns: readonly Column[] = [],
    options: TableOptions = {},
  ) {
    this.#store = store;
    this.#seed = seed;
    this.#columns = columns;
    this.#hash = options.hash ?? hashBytes;
    this.#fullSlots = options.fullSegmentSlots ?? FULL_SEGMENT_SLOTS;
    this.#clearIndex();
  }

  /** The memory that the table takes in bytes: index, columns and key bytes. */
  get memoryBytes(): number {
    return this.indexBytes + this.#keyBytes;
  }

  /** As `memoryBytes` but without the key bytes, for owners that count their whole store. */
  get indexBytes(): number {
    let bytes = this.#slotCount * 8 + this.#directory.length * 8 + this.#keyRefs.bytes;
    for (const column of this.#columns) bytes += column.bytes;
    return bytes;
  }

  /** Makes room for so many rows, at once, in a table without rows. */
  reserve(rows: number): void {
    let slots = FIRST_SLOTS;
    while (slots * 4 < rows * 5 && slots < this.#fullSlots) slots *= 2;
    this.#clearIndex(slots);
    this.#ensure(rows);
  }

  /** The hash of a key under this table's seed, for the methods that take one. */
  hashOf(buffer: Uint8Array, start: number, end: number): number {
    return this.#hash(buffer, start, end, this.#seed);
  }

  /** The row of the key that is bytes `[start, end)` of `buffer`, or -1. */
  find(buffer: Uint8Array, start: number, end: number): number {
    return this.findHashed(this.#hash(buffer, start, end, this.#seed), buffer, start, end);
  }

  /** The row of the key that is the bytes of `range`, or -1. */
  findSpan(range: ByteRange): number {
    return this.find(range.buffer, range.start, range.end);
  }

  /** As `find`, for a key whose `hashOf` is known: by this table or by another with the same seed. */
  findHashed(hash: number, buffer: Uint8Array, start: number, end: number): number {
    const slots = this.#segment(hash).slots, mask = slots.length - 1;
    const store = this.#store, keyRefs = this.#keyRefs;
    for (let at = hash << 1 & mask; slots[at] !== 0; at = at + 2 & mask) {
      if (slots[at + 1] !== hash) continue;
      const row = slots[at] - 1;
      if (store.equals(keyRefs.get(row), buffer, start, end)) return row;
    }
    return -1;
  }

  /** Adds a key that is not in the table; its row, the new last one, holds default values. */
  add(buffer: Uint8Array, start: number, end: number): number {
    return this.addHashed(this.#hash(buffer, start, end, this.#seed), buffer, start, end);
  }

  /** As `add`, for a key whose `hashOf` is known. */
  addHashed(hash: number, buffer: Uint8Array, start: number, end: number): number {
    const ref = this.#store.put(buffer, start, end);
    const row = this.size;
    if (row >= this.#keyRefs.capacity) this.#ensure(row + 1);
    this.#keyRefs.set(row, ref);
    this.#keyBytes += this.#store.footprint(ref);
    this.size = row + 1;
    this.#insert(row, hash);
    return row;
  }

  /** The key's row, which is added if it is absent; `added` tells which. */
  findOrAdd(buffer: Uint8Array, start: number, end: number): number {
    const hash = this.#hash(buffer, start, end, this.#seed);
    const row = this.findHashed(hash, buffer, start, end);
    this.added = row < 0;
    return this.added ? this.addHashed(hash, buffer, start, end) : row;
  }

  /**
   * Removes a row and frees its key. Unless it was the last row, the last row (number `size` after
   * the call) is now at `row`, with its values in all columns, and `onMove` is called.
   * What columns refer to, such as blobs, is the owner's to free beforehand.
   */
  remove(row: number): void {
    const last = this.size - 1;
    const keyRefs = this.#keyRefs;
    const hash = this.hash(row);
    const segment = this.#segment(hash);
    segment.erase(segment.locate(row + 1, hash));
    this.#freeKey(keyRefs.get(row));

    this.size = last;
    if (row === last) {
      keyRefs.reset(row);
      for (const column of this.#columns) column.reset(row);
    } else {
      const lastHash = this.hash(last);
      const lastSegment = this.#segment(lastHash);
      lastSegment.slots[lastSegment.locate(last + 1, lastHash)] = row + 1;
      keyRefs.move(last, row);
      for (const column of this.#columns) column.move(last, row);
    }
    this.#shrink(segment);
    if (row !== last && this.onMove !== undefined) this.onMove(last, row);
  }

  /**
   * Gives `row` another key, which must not be in the table; its values stay. The bytes may be
   * anywhere, also in this table's own store.
   */
  rename(row: number, buffer: Uint8Array, start: number, end: number): void {
    const oldHash = this.hash(row);
    const segment = this.#segment(oldHash);
    segment.erase(segment.locate(row + 1, oldHash));

    const oldRef = this.#keyRefs.get(row);
    const ref = this.#store.put(buffer, start, end);
    this.#freeKey(oldRef);
    this.#keyRefs.set(row, ref);
    this.#keyBytes += this.#store.footprint(ref);
    this.#insert(row, this.hash(row));
  }

  /** The ref of the row's key in the store. */
  keyRef(row: number): number {
    return this.#keyRefs.get(row);
  }

  /** Points `span` at the row's key and returns it. */
  keySpan(row: number, span: Span): Span {
    return this.#store.span(this.#keyRefs.get(row), span);
  }

  /** The hash of the row's key, computed from its bytes. */
  hash(row: number): number {
    const ref = this.#keyRefs.get(row), store = this.#store;
    const start = store.offset(ref);
    return this.#hash(store.buffer(ref), start, start + store.length(ref), this.#seed);
  }

  /** A row that `random` (0 up to but not including 1) chooses, or -1 when there is none. */
  randomRow(random: () => number): number {
    return this.size === 0 ? -1 : Math.floor(random() * this.size);
  }

  /**
   * Visits up to `count` rows downwards from a cursor, and returns the cursor to go on from.
   * 0 begins a scan and is returned at its end; any other cursor is the next row to visit plus 1.
   *
   * Rows that stay in the table from a scan's beginning to its end are visited at least once,
   * whatever is added, removed or renamed between the calls: only the last row ever moves, and
   * downwards. `visit` may remove the row that it is given, and no other.
   */
  scan(cursor: number, count: number, visit: (row: number) => void): number {
    const stop = this.nextCursor(cursor, count);
    for (let row = this.#firstUnvisited(cursor); row > stop;) visit(--row);
    return stop;
  }

  /** What `scan` returns for these arguments, for those who must tell it before they visit rows. */
  nextCursor(cursor: number, count: number): number {
    return Math.max(0, this.#firstUnvisited(cursor) - count);
  }

  /** The row where a scan goes on from a cursor, plus 1. */
  #firstUnvisited(cursor: number): number {
    return cursor === 0 ? this.size : Math.min(cursor, this.size);
  }

  /** Removes all rows and frees their keys, in time proportional to their number. */
  clear(): void {
    for (let row = 0; row < this.size; row++) this.#store.free(this.#keyRefs.get(row));
    this.forget();
  }

  /** Removes all rows without freeing their keys: for when the store is cleared or dropped, too. */
  forget(): void {
    this.size = 0;
    this.#keyBytes = 0;
    this.#keyRefs.shrink(0);
    for (const column of this.#columns) column.shrink(0);
    this.#clearIndex();
  }

  #ensure(rows: number): void {
    this.#keyRefs.ensure(rows);
    for (const column of this.#columns) column.ensure(rows);
  }

  #segment(hash: number): Segment {
    // Two shifts, because a shift by 32 is a shift by 0.
    return this.#directory[hash >>> 1 >>> (31 - this.#depth)];
  }

  #insert(row: number, hash: number): void {
    let segment = this.#segment(hash);
    while (segment.full) {
      this.#makeRoom(segment, hash);
      segment = this.#segment(hash);
    }
    segment.place(row + 1, hash);
    segment.used++;
  }

  /** Doubles a segment that has not its full size yet, splits one that has. */
  #makeRoom(segment: Segment, hash: number): void {
    const count = segment.slots.length >>> 1;
    if (count < this.#fullSlots || !this.#maySplit(segment)) {
      segment.rebuild(count * 2);
      this.#slotCount += count;
      return;
    }
    const depth = segment.depth;
    if (depth === this.#depth) this.#doubleDirectory();
    const upper = segment.split();
    this.#slotCount += upper.slots.length >>> 1;
    // The segment's entries in the directory are adjacent; the upper half of them changes hands.
    const entries = 1 << (this.#depth - depth);
    const first = (hash >>> 1 >>> (31 - depth)) * entries;
    this.#directory.fill(upper, first + entries / 2, first + entries);
  }

  /**
   * Splitting does not help against keys whose hashes agree in many bits. So that a bad hash can't
   * blow up the directory, it may not grow far beyond one entry for each full segment's worth of
   * rows; segments grow beyond their full size instead.
   */
  #maySplit(segment: Segment): boolean {
    if (segment.depth < this.#depth) return true;
    return this.#depth < DEEPEST && this.#directory.length * this.#fullSlots <= this.size * 16;
  }

  #doubleDirectory(): void {
    const old = this.#directory;
    const directory = new Array<Segment>(old.length * 2);
    for (let i = 0; i < old.length; i++) directory[2 * i] = directory[2 * i + 1] = old[i];
    this.#directory = directory;
    this.#depth++;
  }

  /** Gives memory back after a removal from `segment`, a bounded piece at a time. */
  #shrink(segment: Segment): void {
    if (this.size === 0) {
      this.forget();
      return;
    }
    const count = segment.slots.length >>> 1;
    if (count > FIRST_SLOTS && segment.used * 8 < count) {
      segment.rebuild(count >>> 1);
      this.#slotCount -= count >>> 1;
    }
    // Columns look at a quarter or at whole pages, so there is no need to ask at every removal.
    if ((this.size & 63) === 0 || this.size < 64) {
      this.#keyRefs.shrink(this.size);
      for (const column of this.#columns) column.shrink(this.size);
    }
  }

  #freeKey(ref: number): void {
    this.#keyBytes -= this.#store.footprint(ref);
    this.#store.free(ref);
  }

  #clearIndex(slots = FIRST_SLOTS): void {
    this.#directory = [new Segment(new Int32Array(slots * 2), 0)];
    this.#depth = 0;
    this.#slotCount = slots;
  }
}
