/** Sets that are too large for a compact encoding, and the part of large hashes that they share. */

import { randomSeed } from "../base/hash.ts";
import { type ByteRange, Span } from "../base/span.ts";
import { ByteStore } from "./byte_store.ts";
import type { Column } from "./columns.ts";
import { Table } from "./table.ts";
import type { ValueObject } from "./value.ts";

/** A table of members, any bytes each, as a value of its own. Rows are numbered as `Table` numbers them. */
export class MemberTable implements ValueObject {
  /** The bytes of members and of what else is kept in blobs; for reading. */
  readonly store = new ByteStore();
  protected readonly table: Table;

  /** `seed` is that of the members' hash, `columns` what is kept beside each member. */
  constructor(seed: number = randomSeed(), columns: readonly Column[] = []) {
    this.table = new Table(this.store, seed, columns);
  }

  /** How many members there are. */
  get size(): number {
    return this.table.size;
  }

  get memoryBytes(): number {
    return this.store.reservedBytes + this.table.indexBytes;
  }

  /** The row of a member, or -1. */
  find(member: ByteRange): number {
    return this.table.findSpan(member);
  }

  /** Adds a member, unless it is there; says whether it is new. The bytes must not lie in this table. */
  add(member: ByteRange): boolean {
    this.table.findOrAdd(member.buffer, member.start, member.end);
    return this.table.added;
  }

  /** Removes a row; the last row takes its number. */
  remove(row: number): void {
    this.table.remove(row);
  }

  /** Points `span` at the member of a row and returns it. */
  memberSpan(row: number, span: Span): Span {
    return this.table.keySpan(row, span);
  }

  /** Where a row's member is in `store`. */
  memberRef(row: number): number {
    return this.table.keyRef(row);
  }

  /** Visits rows downwards from a cursor: see `Table.scan`. */
  scan(cursor: number, count: number, visit: (row: number) => void): number {
    return this.table.scan(cursor, count, visit);
  }

  /** The cursor that `scan` returns for these arguments. */
  nextCursor(cursor: number, count: number): number {
    return this.table.nextCursor(cursor, count);
  }

  clone(): MemberTable {
    const copy = new MemberTable();
    const member = new Span();
    for (let row = 0; row < this.size; row++) copy.add(this.memberSpan(row, member));
    return copy;
  }
}
