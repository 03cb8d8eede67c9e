/** Sorted sets that come into being as a whole: results of commands, copies from files. */

import { type ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { ListpackBuilder } from "./listpack.ts";
import { RankCursor } from "./rank_tree.ts";
import { DescendingLeaves } from "./rank_tree_nodes.ts";
import { append } from "./sorted_set_listpack.ts";
import { SortedSetTable } from "./sorted_set_table.ts";
import { LARGEST_LISTPACK, type SortedSetLimits } from "./sorted_set_value.ts";
import { Encoding, type Value, ValueType } from "./value.ts";

/**
 * A sorted set that is put together at once: members are collected in any order, then it is taken as a
 * whole. Members are named by rows, which are valid until a row is removed.
 */
export class SortedSetBuilder {
  readonly #table = new SortedSetTable();

  /** How many members were collected. */
  get size(): number {
    return this.#table.size;
  }

  /** Whether the last `collect` added its member. */
  get added(): boolean {
    return this.#table.added;
  }

  /** The row of a member, which is added with score 0 if it is not there. */
  collect(member: ByteRange): number {
    return this.#table.collect(member);
  }

  /** The score of a row. */
  score(row: number): number {
    return this.#table.score(row);
  }

  /** Sets the score of a row. */
  setScore(row: number, score: number): void {
    this.#table.setCollected(row, score);
  }

  /** Puts the members in order and makes `value` a sorted set of them, in the encoding that fits. */
  finish(store: ByteStore, value: Value, limits: SortedSetLimits): Value {
    this.finishTable(value);
    compact(store, value, this.#table, limits);
    return value;
  }

  /** As `finish` for a sorted set that is only looked at: always a table. */
  finishTable(value: Value): Value {
    this.#table.order();
    return value.setObject(ValueType.SortedSet, Encoding.Skiplist, this.#table);
  }
}

/**
 * A sorted set whose members come with their scores one by one. It is in order at any time; cheapest is
 * the order from the greatest to the least, in which files hold them.
 */
export class SortedSetAppender {
  readonly #table = new SortedSetTable();
  /** The order, as long as each member came before the last one. */
  #descending: DescendingLeaves | null = new DescendingLeaves();

  /** Adds a member with its score; false if it is there already. */
  append(member: ByteRange, score: number): boolean {
    const table = this.#table;
    const row = table.collect(member);
    if (!table.added) return false;
    table.setCollected(row, score);
    if (this.#descending !== null) {
      if (row === 0 || table.precedes(row, row - 1)) {
        this.#descending.prepend(row, score);
        return true;
      }
      this.#order(this.#descending);
    }
    table.place(row);
    return true;
  }

  /** Makes `value` a sorted set of the members, in the encoding that fits. */
  finish(store: ByteStore, value: Value, limits: SortedSetLimits): Value {
    if (this.#descending !== null) this.#order(this.#descending);
    value.setObject(ValueType.SortedSet, Encoding.Skiplist, this.#table);
    compact(store, value, this.#table, limits);
    return value;
  }

  #order(descending: DescendingLeaves): void {
    this.#descending = null;
    this.#table.adoptOrder(descending.finish());
  }
}

/** Makes `value`, which is a table, a listpack where the limits allow that. */
function compact(
  store: ByteStore,
  value: Value,
  table: SortedSetTable,
  limits: SortedSetLimits,
): void {
  if (!fitsListpack(table, limits)) return;
  const builder = new ListpackBuilder();
  const cursor = new RankCursor(), member = new Span();
  for (table.seek(0, cursor); cursor.row >= 0; cursor.forward()) {
    const { row } = cursor;
    append(builder, table.memberSpan(row, member), table.score(row));
  }
  const bytes = builder.finish();
  const ref = store.put(bytes, 0, bytes.length);
  value.setCompact(ValueType.SortedSet, Encoding.Listpack, ref);
}

function fitsListpack(table: SortedSetTable, limits: SortedSetLimits): boolean {
  const { store } = table;
  if (table.size > limits["zset-max-listpack-entries"]) return false;
  let bytes = 0;
  for (let row = 0; row < table.size; row++) {
    const length = store.length(table.memberRef(row));
    if (length > limits["zset-max-listpack-value"]) return false;
    bytes += length;
  }
  return bytes <= LARGEST_LISTPACK;
}
