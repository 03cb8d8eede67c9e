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
import type { Column } from "./columns.ts";
import { Records, type RecordWords } from "./records.ts";
import { NOTHING_SCANNED, ScanPosition, type ScanStep, TOP_BITS } from "./table_scan.ts";
import { Segment } from "./table_segment.ts";

const FIRST_SLOTS = 8;
const FULL_SEGMENT_SLOTS = 16 * 1024;
/** The most hash bits that address the directory: enough for 2^31 rows in full segments. */
const DEEPEST = TOP_BITS;
/** A scan looks at so many slots for each element that it wants, and no further where there are few. */
const SLOTS_PER_ELEMENT = 10;

/** The word of a row's record that is the ref of its key. */
const KEY = 0;

/** How a table differs from most. */
export interface TableOptions {
  /** The words of a row's record (see `Table.records`); 1 unless said otherwise. */
  readonly recordWords?: RecordWords;
  /** The hash function; `hashBytes` unless said otherwise. */
  readonly hash?: HashFunction;
  /** The slots of a segment that splits, a power of two of at least 8; 16,384 unless said otherwise. */
  readonly fullSegmentSlots?: number;
}

/**
 * A table from byte-string keys to rows. Rows are always numbered 0 to `size - 1` without gaps: a new
 * key takes row `size`, and when a row is removed the last row moves into its place (see `remove`).
 *
 * The keys' bytes are kept in the `ByteStore`, everything else about a row in its record and in the columns
 * that the owner passes in. The table keeps them in step: it makes room, moves and resets rows.
 */
export class Table {
  /** How many rows there are. */
  size = 0;
  /** Whether the last `findOrAdd` added its key. */
  added = false;
  /** Called after row `from` became row `to`, for owners that keep row numbers elsewhere. */
  onMove: ((from: number, to: number) => void) | undefined = undefined;

  /** Of each row the ref of its key, and the owner's words beside it. */
  readonly records: Records;

  readonly #store: ByteStore;
  readonly #seed: number;
  readonly #hash: HashFunction;
  readonly #fullSlots: number;
  readonly #columns: readonly Column[];
  #directory: Segment[] = [];
  /** How many top bits of the hash address the directory. */
  #depth = 0;
  #keyBytes = 0;
  #slotCount = 0;
  /** The slots of the largest segment, and how many segments have so many. */
  #largest = 0;
  #largestSegments = 0;

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
    this.records = new Records(options.recordWords ?? 1);
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
    let bytes = this.#slotCount * 8 + this.#directory.length * 8 + this.records.bytes;
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
    const store = this.#store, records = this.records;
    for (let at = hash << 1 & mask; slots[at] !== 0; at = at + 2 & mask) {
      if (slots[at + 1] !== hash) continue;
      const row = slots[at] - 1;
      if (store.equals(records.get(row, KEY), buffer, start, end)) return row;
    }
    return -1;
  }

  /** What the index has where a hash belongs: for who only wants that memory to be near. */
  homeEntry(hash: number): number {
    const { slots } = this.#segment(hash);
    return slots[hash << 1 & slots.length - 1];
  }

  /** The first row whose key has this hash, or -1: as a rule the one that `findHashed` will find. */
  likelyRow(hash: number): number {
    const { slots } = this.#segment(hash), mask = slots.length - 1;
    let at = hash << 1 & mask;
    while (slots[at] !== 0 && slots[at + 1] !== hash) at = at + 2 & mask;
    return slots[at] - 1;
  }

  /** Adds a key that is not in the table; its row, the new last one, holds default values. */
  add(buffer: Uint8Array, start: number, end: number): number {
    return this.addHashed(this.#hash(buffer, start, end, this.#seed), buffer, start, end);
  }

  /** As `add`, for a key whose `hashOf` is known. */
  addHashed(hash: number, buffer: Uint8Array, start: number, end: number): number {
    const ref = this.#store.put(buffer, start, end);
    const row = this.size;
    if (row >= this.records.capacity) this.#ensure(row + 1);
    this.records.set(row, KEY, ref);
    this.#keyBytes += this.#store.footprint(ref);
    this.size = row + 1;
    this.#insert(row, hash);
    return row;
  }

  /** The key's row, which is added if it is absent; `added` tells which. */
  findOrAdd(buffer: Uint8Array, start: number, end: number): number {
    return this.findOrAddHashed(this.#hash(buffer, start, end, this.#seed), buffer, start, end);
  }

  /** As `findOrAdd`, for a key whose `hashOf` is known. */
  findOrAddHashed(hash: number, buffer: Uint8Array, start: number, end: number): number {
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
    const records = this.records;
    const hash = this.hash(row);
    const segment = this.#segment(hash);
    segment.erase(segment.locate(row + 1, hash));
    this.#freeKey(records.get(row, KEY));

    this.size = last;
    if (row === last) {
      records.reset(row);
      for (const column of this.#columns) column.reset(row);
    } else {
      const lastHash = this.hash(last);
      const lastSegment = this.#segment(lastHash);
      lastSegment.slots[lastSegment.locate(last + 1, lastHash)] = row + 1;
      records.move(last, row);
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

    const oldRef = this.records.get(row, KEY);
    const ref = this.#store.put(buffer, start, end);
    this.#freeKey(oldRef);
    this.records.set(row, KEY, ref);
    this.#keyBytes += this.#store.footprint(ref);
    this.#insert(row, this.hash(row));
  }

  /** The ref of the row's key in the store. */
  keyRef(row: number): number {
    return this.records.get(row, KEY);
  }

  /** Points `span` at the row's key and returns it. */
  keySpan(row: number, span: Span): Span {
    return this.#store.span(this.records.get(row, KEY), span);
  }

  /** The hash of the row's key, computed from its bytes. */
  hash(row: number): number {
    const ref = this.records.get(row, KEY), store = this.#store;
    const start = store.offset(ref);
    return this.#hash(store.buffer(ref), start, start + store.length(ref), this.#seed);
  }

  /** A row that `random` (0 up to but not including 1) chooses, or -1 when there is none. */
  randomRow(random: () => number): number {
    return this.size === 0 ? -1 : Math.floor(random() * this.size);
  }

  /**
   * Finds about `count` rows from a cursor on: at least so many but at the end, and where few slots are
   * taken; more where hashes have much in common. 0 begins a scan, and is the cursor at its end.
   *
   * Rows that stay in the table from a scan's beginning to its end are found exactly once, whatever is added,
   * removed or moved between the calls. Rows with other keys by then (`rename`) are others.
   */
  scan(cursor: number, count: number): ScanStep {
    if (this.size === 0) return NOTHING_SCANNED;
    const position = new ScanPosition(cursor), rows: number[] = [];
    let left = count * SLOTS_PER_ELEMENT;
    do {
      position.begin(31 - Math.clz32(this.#largest));
      while (this.#scanSegment(position, rows)) {
        if (rows.length >= count || --left <= 0) return { next: position.cursor, places: rows };
      }
      if (!position.advance()) return { next: 0, places: rows };
    } while (rows.length < count && --left > 0);
    return { next: position.cursor, places: rows };
  }

  /** Scans the next segment for what it has of a granule; false where it was the last one. */
  #scanSegment(position: ScanPosition, rows: number[]): boolean {
    const directory = this.#directory, unused = TOP_BITS - this.#depth;
    const index = position.top >>> unused, segment = directory[index];
    segment.collect(position, rows);
    const entries = 1 << (this.#depth - segment.depth);
    const next = (index & -entries) + entries;
    position.top = next << unused;
    return next < directory.length;
  }

  /** Removes all rows and frees their keys, in time proportional to their number. */
  clear(): void {
    for (let row = 0; row < this.size; row++) this.#store.free(this.records.get(row, KEY));
    this.forget();
  }

  /** Removes all rows without freeing their keys: for when the store is cleared or dropped, too. */
  forget(): void {
    this.size = 0;
    this.#keyBytes = 0;
    this.records.shrink(0);
    for (const column of this.#columns) column.shrink(0);
    this.#clearIndex();
  }

  #ensure(rows: number): void {
    this.records.ensure(rows);
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
      this.#rebuild(segment, count * 2);
      return;
    }
    const depth = segment.depth;
    if (depth === this.#depth) this.#doubleDirectory();
    const upper = segment.split();
    this.#slotCount += count;
    if (count === this.#largest) this.#largestSegments++;
    // The segment's entries in the directory are adjacent; the upper half of them changes hands.
    const entries = 1 << (this.#depth - depth);
    const first = (hash >>> 1 >>> (31 - depth)) * entries;
    this.#directory.fill(upper, first + entries / 2, first + entries);
  }

  /** Gives a segment another number of slots. */
  #rebuild(segment: Segment, count: number): void {
    const before = segment.slots.length >>> 1;
    segment.rebuild(count);
    this.#slotCount += count - before;
    if (before === this.#largest) this.#largestSegments--;
    if (count > this.#largest) {
      this.#largest = count;
      this.#largestSegments = 1;
    } else if (count === this.#largest) {
      this.#largestSegments++;
    }
    if (this.#largestSegments === 0) this.#findLargest();
  }

  /** Counts the largest segments, after the last of them has shrunk. */
  #findLargest(): void {
    this.#largest = this.#largestSegments = 0;
    let last: Segment | undefined;
    for (const segment of this.#directory) {
      if (segment === last) continue;
      last = segment;
      const count = segment.slots.length >>> 1;
      if (count > this.#largest) {
        this.#largest = count;
        this.#largestSegments = 0;
      }
      if (count === this.#largest) this.#largestSegments++;
    }
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
      this.#rebuild(segment, count >>> 1);
    }
    // Columns look at a quarter or at whole pages, so there is no need to ask at every removal.
    if ((this.size & 63) === 0 || this.size < 64) {
      this.records.shrink(this.size);
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
    this.#slotCount = this.#largest = slots;
    this.#largestSegments = 1;
  }
}
