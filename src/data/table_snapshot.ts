/** The rows of a large hash, set or sorted set as they were, while it changes. */

import type { MemberTable, RowWatcher } from "./member_table.ts";
import { PendingRows } from "./pending_rows.ts";
import { RankCursor } from "./rank_tree.ts";
import type { RankWatcher, SortedSetTable } from "./sorted_set_table.ts";

/**
 * Walks over the rows that a table has now, a few at a time: each is sent once, as it is now. A row that
 * is about to change before its turn has come is sent at once.
 */
export class TableSnapshot implements RowWatcher {
  /** How many rows there were. */
  readonly size: number;
  readonly #table: MemberTable;
  readonly #send: (row: number) => void;
  readonly #pending: PendingRows;

  /** `send` must take what it needs of the row during the call. */
  constructor(table: MemberTable, send: (row: number) => void) {
    this.size = table.size;
    this.#table = table;
    this.#send = send;
    this.#pending = new PendingRows(table.size);
    table.watcher = this;
  }

  changing(row: number): void {
    if (!this.#pending.has(row)) return;
    this.#pending.take(row);
    this.#send(row);
  }

  removed(row: number, last: number): void {
    this.#pending.removed(row, last);
  }

  /** Sends up to `count` rows; false when there are no more. */
  advance(count: number): boolean {
    for (; count > 0; count--) {
      const row = this.#pending.takeLast();
      if (row < 0) return false;
      this.#send(row);
    }
    return true;
  }

  /** No more rows are wanted. */
  end(): void {
    this.#table.watcher = null;
  }
}

/**
 * As `TableSnapshot`, in the order of a sorted set, from the greatest to the least. What changes before
 * its turn has come is out of order.
 */
export class SortedSetSnapshot implements RankWatcher {
  /** How many rows there were. */
  readonly size: number;
  readonly #table: SortedSetTable;
  readonly #send: (row: number) => void;
  readonly #pending: PendingRows;
  /** Only rows of lower ranks are left to be sent. */
  #rank: number;
  readonly #cursor = new RankCursor();

  /** `send` must take what it needs of the row during the call. */
  constructor(table: SortedSetTable, send: (row: number) => void) {
    this.size = this.#rank = table.size;
    this.#table = table;
    this.#send = send;
    this.#pending = new PendingRows(table.size);
    table.watcher = this;
  }

  changing(row: number): void {
    if (!this.#pending.has(row)) return;
    this.#pending.take(row);
    this.#send(row);
  }

  removed(row: number, last: number): void {
    this.#pending.removed(row, last);
  }

  reordered(rank: number, change: 1 | -1): void {
    if (rank < this.#rank) this.#rank += change;
  }

  /** Sends up to `count` rows; false when there are no more. */
  advance(count: number): boolean {
    const cursor = this.#cursor;
    this.#table.seek(this.#rank - 1, cursor);
    for (; count > 0 && this.#rank > 0; count--, this.#rank--) {
      this.changing(cursor.row);
      cursor.backward();
    }
    return this.#rank > 0;
  }

  /** No more rows are wanted. */
  end(): void {
    this.#table.watcher = null;
  }
}
