/** The rows of a large hash, set or sorted set as they were, while it changes. */

import type { MemberTable, RowWatcher } from "./member_table.ts";
import { PendingRows } from "./pending_rows.ts";
import { RankCursor } from "./rank_tree.ts";
import type { RankWatcher, SortedSetTable } from "./sorted_set_table.ts";

/**
 * Takes a row, all that it needs of it, during the call; returns how much work that was: at least 1, in a
 * measure of its own.
 */
export type RowSender = (row: number) => number;

/**
 * Walks over the rows that a table has now, a few at a time: each is sent once, as it is now. A row that
 * is about to change before its turn has come is sent at once.
 */
export class TableSnapshot implements RowWatcher {
  /** How many rows there were. */
  readonly size: number;
  readonly #table: MemberTable;
  readonly #send: RowSender;
  readonly #pending: PendingRows;

  constructor(table: MemberTable, send: RowSender) {
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

  /** Sends rows until that was so much work; false when there are no more. */
  advance(work: number): boolean {
    while (work > 0) {
      const row = this.#pending.takeLast();
      if (row < 0) return false;
      work -= this.#send(row);
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
  readonly #send: RowSender;
  readonly #pending: PendingRows;
  /** Only rows of lower ranks are left to be sent. */
  #rank: number;
  readonly #cursor = new RankCursor();

  constructor(table: SortedSetTable, send: RowSender) {
    this.size = this.#rank = table.size;
    this.#table = table;
    this.#send = send;
    this.#pending = new PendingRows(table.size);
    table.watcher = this;
  }

  changing(row: number): void {
    this.#sendPending(row);
  }

  removed(row: number, last: number): void {
    this.#pending.removed(row, last);
  }

  reordered(rank: number, change: 1 | -1): void {
    if (rank < this.#rank) this.#rank += change;
  }

  /** Sends rows until that was so much work; false when there are no more. */
  advance(work: number): boolean {
    const cursor = this.#cursor;
    this.#table.seek(this.#rank - 1, cursor);
    for (; work > 0 && this.#rank > 0; this.#rank--) {
      work -= this.#sendPending(cursor.row);
      cursor.backward();
    }
    return this.#rank > 0;
  }

  /** No more rows are wanted. */
  end(): void {
    this.#table.watcher = null;
  }

  /** Sends a row if it is pending; returns how much work it was to find out. */
  #sendPending(row: number): number {
    if (!this.#pending.has(row)) return 1;
    this.#pending.take(row);
    return this.#send(row);
  }
}
