/** Hashes that are too large for a listpack: encoding `hashtable`. */

import { randomSeed } from "../base/hash.ts";
import { type ByteRange, Span } from "../base/span.ts";
import { ByteStore } from "./byte_store.ts";
import { Uint32Column } from "./columns.ts";
import { Table } from "./table.ts";
import type { ValueObject } from "./value.ts";

/** A table from fields to values, both of any bytes. Rows are numbered as `Table` numbers them. */
export class HashTable implements ValueObject {
  readonly #store = new ByteStore();
  readonly #values = new Uint32Column();
  readonly #table: Table;

  /** `seed` is that of the fields' hash. */
  constructor(seed: number = randomSeed()) {
    this.#table = new Table(this.#store, seed, [this.#values]);
  }

  /** How many fields there are. */
  get size(): number {
    return this.#table.size;
  }

  get memoryBytes(): number {
    return this.#store.reservedBytes + this.#table.indexBytes;
  }

  /** The row of a field, or -1. */
  find(field: ByteRange): number {
    return this.#table.find(field.buffer, field.start, field.end);
  }

  /** Sets a field's value; says whether the field is new. The bytes must not lie in this table. */
  set(field: ByteRange, value: ByteRange): boolean {
    const table = this.#table;
    const row = table.findOrAdd(field.buffer, field.start, field.end);
    if (!table.added) {
      this.setValue(row, value);
      return false;
    }
    this.#values.set(row, this.#store.put(value.buffer, value.start, value.end));
    return true;
  }

  /** Sets the value of a row. */
  setValue(row: number, value: ByteRange): void {
    const values = this.#values;
    const ref = this.#store.overwrite(values.get(row), value.buffer, value.start, value.end);
    values.set(row, ref);
  }

  /** Removes a row; the last row takes its number. */
  remove(row: number): void {
    this.#store.free(this.#values.get(row));
    this.#table.remove(row);
  }

  /** Points `span` at the field of a row and returns it. */
  fieldSpan(row: number, span: Span): Span {
    return this.#table.keySpan(row, span);
  }

  /** Points `span` at the value of a row and returns it. */
  valueSpan(row: number, span: Span): Span {
    return this.#store.span(this.#values.get(row), span);
  }

  /** Where a row's field is in `store`. */
  fieldRef(row: number): number {
    return this.#table.keyRef(row);
  }

  /** Where a row's value is in `store`. */
  valueRef(row: number): number {
    return this.#values.get(row);
  }

  /** The bytes of fields and values, for reading. */
  get store(): ByteStore {
    return this.#store;
  }

  /** Visits rows downwards from a cursor: see `Table.scan`. */
  scan(cursor: number, count: number, visit: (row: number) => void): number {
    return this.#table.scan(cursor, count, visit);
  }

  /** The cursor that `scan` returns for these arguments. */
  nextCursor(cursor: number, count: number): number {
    return this.#table.nextCursor(cursor, count);
  }

  clone(): HashTable {
    const copy = new HashTable();
    const field = new Span(), value = new Span();
    for (let row = 0; row < this.size; row++) {
      copy.set(this.fieldSpan(row, field), this.valueSpan(row, value));
    }
    return copy;
  }
}
