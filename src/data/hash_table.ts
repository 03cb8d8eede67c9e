/** Hashes that are too large for a listpack: encoding `hashtable`. */

import { type ByteRange, Span } from "../base/span.ts";
import { MEMBER_SEED, MemberTable } from "./member_table.ts";

/** The word of a row's record that is the ref of its value. */
const VALUE = 1;

/** A table whose members are fields, each with a value of any bytes. */
export class HashTable extends MemberTable {
  /** `seed` is that of the fields' hash. */
  constructor(seed: number = MEMBER_SEED) {
    super(seed, [], { recordWords: 2 });
  }

  /** Sets a field's value; says whether the field is new. The bytes must not lie in this table. */
  set(field: ByteRange, value: ByteRange): boolean {
    const table = this.table;
    const row = this.findOrAdd(field);
    if (!table.added) {
      this.setValue(row, value);
      return false;
    }
    table.records.set(row, VALUE, this.store.put(value.buffer, value.start, value.end));
    return true;
  }

  /** As `set` for a field that is not there; one that is stays as it was. */
  setNew(field: ByteRange, value: ByteRange): boolean {
    const { table } = this;
    const row = this.findOrAdd(field);
    if (table.added) {
      table.records.set(row, VALUE, this.store.put(value.buffer, value.start, value.end));
    }
    return table.added;
  }

  /** Sets the value of a row. */
  setValue(row: number, value: ByteRange): void {
    if (this.watcher !== null) this.watcher.changing(row);
    const { records } = this.table;
    const was = records.get(row, VALUE);
    const ref = this.store.overwrite(was, value.buffer, value.start, value.end);
    if (ref !== was) records.set(row, VALUE, ref);
  }

  override touchRow(row: number): number {
    return super.touchRow(row) + this.store.touch(this.valueRef(row));
  }

  protected override removeRow(row: number): void {
    this.store.free(this.valueRef(row));
    super.removeRow(row);
  }

  /** Points `span` at the value of a row and returns it. */
  valueSpan(row: number, span: Span): Span {
    return this.store.span(this.valueRef(row), span);
  }

  /** Where a row's value is in `store`. */
  valueRef(row: number): number {
    return this.table.records.get(row, VALUE);
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
