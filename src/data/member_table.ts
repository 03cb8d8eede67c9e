/** Sets that are too large for a compact encoding, and the part of large hashes that they share. */

import { randomSeed } from "../base/hash.ts";
import { type ByteRange, Span } from "../base/span.ts";
import { ByteStore } from "./byte_store.ts";
import type { Column } from "./columns.ts";
import { KnownHash } from "./known_hash.ts";
import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";
import { Table, type TableOptions } from "./table.ts";
import type { ScanStep } from "./table_scan.ts";
import type { ValueObject } from "./value.ts";

/** Is told of changes to the rows of a table: a snapshot that is not finished with them. */
export interface RowWatcher {
  /** A row is about to be changed or removed. */
  changing(row: number): void;
  /** A row was removed: row number `last` has moved into its place. */
  removed(row: number, last: number): void;
}

/**
 * The seed of all members' hashes: random, so that nobody can choose members that collide. It is one, so that
 * a scan of a set goes on where it was when the set becomes a table.
 */
export const MEMBER_SEED = randomSeed();
/** Gives hashes of members. */
export const KNOWN_MEMBER: KnownHash = new KnownHash(MEMBER_SEED);

/** A column takes this beside its rows, in bytes. */
const COLUMN_COST = 2 * OBJECT_COST + ARRAY_COST;
/** A table with its store takes this beside columns and what grows, in bytes. */
const TABLE_COST = 20 * OBJECT_COST + ARRAY_COST + COLUMN_COST;

/** A table of members, any bytes each, as a value of its own. Rows are numbered as `Table` numbers them. */
export class MemberTable implements ValueObject {
  /** The bytes of members and of what else is kept in blobs; for reading. */
  readonly store = new ByteStore();
  /** Who is told before a row changes. */
  watcher: RowWatcher | null = null;
  protected readonly table: Table;
  readonly #hashes: KnownHash;
  readonly #fixedBytes: number;

  /** `seed` is that of the members' hash, `columns` what is kept beside each member and its record. */
  constructor(
    seed: number = MEMBER_SEED,
    columns: readonly Column[] = [],
    options: TableOptions = {},
  ) {
    this.table = new Table(this.store, seed, columns, options);
    this.#hashes = seed === MEMBER_SEED ? KNOWN_MEMBER : new KnownHash(seed);
    this.#fixedBytes = TABLE_COST + columns.length * COLUMN_COST;
  }

  /** Makes room for so many members, at once, in a table without members. */
  reserve(members: number): void {
    this.table.reserve(members);
  }

  /** How many members there are. */
  get size(): number {
    return this.table.size;
  }

  get memoryBytes(): number {
    return this.#fixedBytes + this.store.reservedBytes + this.table.indexBytes;
  }

  get parts(): number {
    return this.table.size;
  }

  /** The row of a member, or -1. */
  find(member: ByteRange): number {
    const { buffer, start, end } = member;
    return this.table.findHashed(this.#hashes.of(buffer, start, end), buffer, start, end);
  }

  /** Adds a member, unless it is there; says whether it is new. The bytes must not lie in this table. */
  add(member: ByteRange): boolean {
    this.findOrAdd(member);
    return this.table.added;
  }

  /** The row of a member, which is added if it is not there; the table tells which. */
  protected findOrAdd({ buffer, start, end }: ByteRange): number {
    return this.table.findOrAddHashed(this.#hashes.of(buffer, start, end), buffer, start, end);
  }

  // --- For who will look for several members, and only wants that memory to be near ------------------

  /** Which argument of a call with `argc` of them is a member, as a rule: the name and the key come first. */
  memberArgument(_argc: number): number {
    return 2;
  }

  /** See `Table.homeEntry`. */
  homeEntry(hash: number): number {
    return this.table.homeEntry(hash);
  }

  /** See `Table.likelyRow`. */
  likelyRow(hash: number): number {
    return this.table.likelyRow(hash);
  }

  /** Reads what a row refers to; the result means nothing. */
  touchRow(row: number): number {
    return this.store.touch(this.table.keyRef(row));
  }

  // --- Rows ----------------------------------------------------------------------------------------

  /** Removes a row; the last row takes its number. */
  remove(row: number): void {
    const { watcher, table } = this;
    if (watcher !== null) watcher.changing(row);
    this.removeRow(row);
    if (watcher !== null) watcher.removed(row, table.size);
  }

  /** Removes a row with all that belongs to it. */
  protected removeRow(row: number): void {
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

  /** Finds about `count` rows from a cursor on: see `Table.scan`. */
  scan(cursor: number, count: number): ScanStep {
    return this.table.scan(cursor, count);
  }

  clone(): MemberTable {
    const copy = new MemberTable();
    copy.reserve(this.size);
    const member = new Span();
    for (let row = 0; row < this.size; row++) copy.add(this.memberSpan(row, member));
    return copy;
  }
}
