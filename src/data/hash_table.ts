/** Hashes that are too large for a listpack: encoding `hashtable`. */

import { type ByteRange, Span } from "../base/span.ts";
import { Uint32Column } from "./columns.ts";
import { MEMBER_SEED, MemberTable } from "./member_table.ts";

/** A table whose members are fields, each with a value of any bytes. */
export class HashTable extends MemberTable {
  readonly #values: Uint32Column;

  /** `seed` is that of the fields' hash. */
  constructor(seed: number = MEMBER_SEED) {
    const values = new Uint32Column();
    super(seed, [values]);
    this.#values = values;
  }

  /** Sets a field's value; says whether the field is new. The bytes must not lie in this table. */
  set(field: ByteRange, value: ByteRange): boolean {
    const table = this.table;
    const row = table.findOrAdd(field.buffer, field.start, field.end);
    if (!table.added) {
      this.setValue(row, value);
      return false;
    }
    this.#values.set(row, this.store.put(value.buffer, value.start, value.end));
    return true;
  }

  /** As `set` for a field that is not there; one that is stays as it was. */
  setNew(field: ByteRange, value: ByteRange): boolean {
    const { table } = this;
    const row = table.findOrAdd(field.buffer, field.start, field.end);
    if (table.added) this.#values.set(row, this.store.put(value.buffer, value.start, value.end));
    return table.added;
  }

  /** Sets the value of a row. */
  setValue(row: number, value: ByteRange): void {
    if (this.watcher !== null) this.watcher.changing(row);
    const values = this.#values;
    const ref = this.store.overwrite(values.get(row), value.buffer, value.start, value.end);
    values.set(row, ref);
  }

  protected override removeRow(row: number): void {
    this.store.free(this.#values.get(row));
    super.removeRow(row);
  }

  /** Points `span` at the value of a row and returns it. */
  valueSpan(row: number, span: Span): Span {
    return this.store.span(this.#values.get(row), span);
  }

  /** Where a row's value is in `store`. */
  valueRef(row: number): number {
    return this.#values.get(row);
  }

  override clone(): HashTable {
    const copy = new HashTable();
    copy.reserve(this.size);
    const field = new Span(), value = new Span();
    for (let row = 0; row < this.size; row++) {
      copy.set(this.memberSpan(row, field), this.valueSpan(row, value));
    }
    return copy;
  }
}
