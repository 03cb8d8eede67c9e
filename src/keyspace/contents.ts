/** The keys of a database with their values: what SWAPDB swaps, FLUSHDB drops and a snapshot walks over. */

import type { ByteRange } from "../base/span.ts";
import { ByteStore } from "../data/byte_store.ts";
import { ValueColumn } from "../data/columns.ts";
import type { Records } from "../data/records.ts";
import { Table } from "../data/table.ts";
import {
  type Encoding,
  isCompact,
  type Value,
  type ValueObject,
  type ValueType,
} from "../data/value.ts";
import { ExpiryIndex, NO_EXPIRY } from "./expiry.ts";
import { keySlot } from "./key_slot.ts";
import { ObjectMemory, type TouchedObjects } from "./object_memory.ts";
import { SlotIndex } from "./slot_index.ts";

// A row's record, four to a cache line. What few rows have, and what a snapshot knows of them, is kept beside it.
//
//   word 0  ref of the key, which is the table's
//   word 1  ref of a compact value
//   word 2  access word
//   word 3  encoding 4 | type 3 | made by COPY 1 | expires 1 | free 9 | slot of a cluster 14
//
// Of the free bits one is for hashes whose fields expire. The slot is there where slots are chained.
const VALUE = 1;
const ACCESS = 2;
const TRAITS = 3;

const ENCODING_BITS = 4;
const ENCODING_MASK = (1 << ENCODING_BITS) - 1;
const TYPE_MASK = 7;
/** Set where the value was made by COPY, and nothing else was written to the row since. */
const COPY_BIT = 1 << 7;
/** What tells of the value; `COPY_BIT` included. */
const TAG_MASK = 0xff;
/** Set where the row has a time to live. */
const EXPIRES_BIT = 1 << 8;
/** How far to the left the slot stands, which the key belongs to. */
const SLOT_SHIFT = 18;

/** Is told of all that commands do to rows: a snapshot that is not finished with them. */
export interface ContentsWatcher {
  /** The row was looked up by who is going to change it. */
  lookedUp(row: number): void;
  /** The row's access word is about to change. */
  used(row: number): void;
  /** Somebody is handed the row's value, and may change it where it is. */
  loading(row: number): void;
  /** Somebody is handed the bytes of a string, which are changed only by who looked the row up to do so. */
  openingBytes(row: number): void;
  /** The row is about to be removed, or to get another value or time to live. */
  changing(row: number): void;
  /** Whether the bytes of a compact value are still needed, and must not be written over. */
  keeps(ref: number): boolean;
  /** A row was removed: row number `last` has moved into its place. */
  removed(row: number, last: number): void;
}

/** A table of keys, its records and what is beside them. Rows are numbered as `Table` numbers them. */
export class Contents {
  /** The bytes of keys and of compact values. */
  readonly store = new ByteStore();
  /** Values that are not compact. */
  readonly objects = new ValueColumn<ValueObject>();
  /** How much memory those hold. */
  readonly objectMemory: ObjectMemory;
  /** For reading: times to live are set and deleted here, where rows are marked too. */
  readonly expiry = new ExpiryIndex();
  readonly table: Table;
  /** Who is told before rows change. */
  watcher: ContentsWatcher | null = null;
  /** Which rows each slot of a cluster has; null: nobody wants to know. */
  readonly slots: SlotIndex | null;
  readonly #records: Records;

  constructor(seed: number, touched: TouchedObjects, chainsSlots: boolean) {
    const slots = chainsSlots ? new SlotIndex() : null;
    this.slots = slots;
    this.objectMemory = new ObjectMemory(touched);
    const columns = [this.objects, ...slots?.columns ?? []];
    this.table = new Table(this.store, seed, columns, { recordWords: 4 });
    this.#records = this.table.records;
    this.table.onMove = slots === null
      ? (from, to) => this.expiry.moveRow(from, to)
      : (from, to) => {
        this.expiry.moveRow(from, to);
        slots.moved(to, this.#slotOf(to));
      };
  }

  /** Adds a key that does not exist, without a value. */
  add(hash: number, key: ByteRange): number {
    const { buffer, start, end } = key;
    const row = this.table.addHashed(hash, buffer, start, end);
    if (this.slots !== null) this.#chain(this.slots, row, keySlot(buffer, start, end));
    return row;
  }

  #chain(slots: SlotIndex, row: number, slot: number): void {
    this.#records.set(row, TRAITS, this.#records.get(row, TRAITS) | slot << SLOT_SHIFT);
    slots.add(row, slot);
  }

  #slotOf(row: number): number {
    return this.#records.get(row, TRAITS) >>> SLOT_SHIFT;
  }

  typeOf(row: number): ValueType {
    return ((this.#records.get(row, TRAITS) >> ENCODING_BITS) & TYPE_MASK) as ValueType;
  }

  encodingOf(row: number): Encoding {
    return (this.#records.get(row, TRAITS) & ENCODING_MASK) as Encoding;
  }

  /** Whether the value is as COPY made it: Redis' copies of integers are objects of their own. */
  isCopy(row: number): boolean {
    return (this.#records.get(row, TRAITS) & COPY_BIT) !== 0;
  }

  markCopy(row: number): void {
    this.#records.set(row, TRAITS, this.#records.get(row, TRAITS) | COPY_BIT);
  }

  /** The value is no copy any more. */
  setTag(row: number, type: ValueType, encoding: Encoding): void {
    const others = this.#records.get(row, TRAITS) & ~TAG_MASK;
    this.#records.set(row, TRAITS, others | (type << ENCODING_BITS) | encoding);
  }

  /** Where a compact value is in `store`. */
  refOf(row: number): number {
    return this.#records.get(row, VALUE);
  }

  setRef(row: number, ref: number): void {
    this.#records.set(row, VALUE, ref);
  }

  /** The row's access word (see `AccessClock`). */
  accessOf(row: number): number {
    return this.#records.get(row, ACCESS);
  }

  setAccess(row: number, word: number): void {
    this.#records.set(row, ACCESS, word);
  }

  /** Whether the row has a time to live. */
  expires(row: number): boolean {
    return (this.#records.get(row, TRAITS) & EXPIRES_BIT) !== 0;
  }

  /** When the row expires, in ms since the epoch, or `NO_EXPIRY` (see `ExpiryIndex.at`). */
  expiryOf(row: number): number {
    return this.expires(row) ? this.expiry.at(row) : NO_EXPIRY;
  }

  /** Makes the row expire at `time`, in ms since the epoch; it is not negative. */
  setExpiry(row: number, time: number | bigint): void {
    this.expiry.set(row, time);
    this.#records.set(row, TRAITS, this.#records.get(row, TRAITS) | EXPIRES_BIT);
  }

  /** Makes the row live for ever; says whether it did not before. */
  deleteExpiry(row: number): boolean {
    if (!this.expires(row)) return false;
    this.#records.set(row, TRAITS, this.#records.get(row, TRAITS) & ~EXPIRES_BIT);
    return this.expiry.delete(row);
  }

  /** Points `value` at the row's value. */
  load(row: number, value: Value): Value {
    const tag = this.#records.get(row, TRAITS);
    const encoding = (tag & ENCODING_MASK) as Encoding;
    value.type = ((tag >> ENCODING_BITS) & TYPE_MASK) as ValueType;
    value.encoding = encoding;
    value.ref = this.refOf(row);
    value.object = isCompact(encoding) ? null : this.objects.get(row) ?? null;
    return value;
  }

  /** Gives a row the object that is its value, or none. */
  setObject(row: number, object: ValueObject | undefined): void {
    const { objects, objectMemory } = this;
    const was = objects.get(row);
    if (object === was) return;
    if (was !== undefined) objectMemory.detach(was);
    if (object !== undefined) objectMemory.attach(object);
    objects.set(row, object);
  }

  /** Gives a row its first value, or another one where the one that it had is freed. */
  place(row: number, value: Value): void {
    this.setTag(row, value.type, value.encoding);
    this.setRef(row, value.ref);
    if (value.object !== null) this.setObject(row, value.object);
  }

  /** Tells a snapshot that a row is about to change. */
  changing(row: number): void {
    if (this.watcher !== null) this.watcher.changing(row);
  }

  /** Whether a row's bytes can be written over. */
  mayOverwrite(row: number): boolean {
    if (!isCompact(this.encodingOf(row))) return false;
    return this.watcher === null || !this.watcher.keeps(this.refOf(row));
  }

  /** Removes a row whose compact value, if it has one, is freed or somebody else's. */
  remove(row: number): void {
    this.deleteExpiry(row);
    if (!isCompact(this.encodingOf(row))) this.setObject(row, undefined);
    if (this.slots !== null) this.slots.remove(row, this.#slotOf(row));
    this.table.remove(row);
    if (this.watcher !== null) this.watcher.removed(row, this.table.size);
  }

  /** An estimate of the memory that a key with its value takes, in bytes. */
  memoryOf(row: number): number {
    const { store, table, objects, expiry } = this;
    const own = isCompact(this.encodingOf(row))
      ? store.footprint(this.refOf(row))
      : objects.get(row)?.memoryBytes ?? 0;
    const share = (table.indexBytes + expiry.memoryBytes) / table.size;
    return Math.ceil(store.footprint(table.keyRef(row)) + own + share);
  }

  /** An estimate of the memory held by keys and values, in bytes. */
  get memoryBytes(): number {
    const { store, table, expiry, objectMemory } = this;
    return objectMemory.bytes + store.allocatedBytes + table.indexBytes + expiry.memoryBytes;
  }
}
