/** Sorted sets that are too large for a listpack: encoding `skiplist`. */

import { type ByteRange, Span } from "../base/span.ts";
import { Float64Column } from "./columns.ts";
import { MEMBER_SEED, MemberTable, type RowWatcher } from "./member_table.ts";
import { RankCursor, RankTree } from "./rank_tree.ts";
import type { Leaf } from "./rank_tree_nodes.ts";

/** As `RowWatcher`, and told how the order changes. */
export interface RankWatcher extends RowWatcher {
  /** A row was put in at a rank (`change` 1), or is about to be taken out there (-1). */
  reordered(rank: number, change: 1 | -1): void;
}

/**
 * A table of members with a score each, and the order of its rows. A table that is built up at once is
 * filled with `collect` and `setCollected` first, which leave the order alone, and then `order` is called.
 */
export class SortedSetTable extends MemberTable {
  override watcher: RankWatcher | null = null;
  readonly #scores: Float64Column;
  readonly #tree: RankTree;

  /** `seed` is that of the members' hash. */
  constructor(seed: number = MEMBER_SEED) {
    const scores = new Float64Column();
    super(seed, [scores]);
    this.#scores = scores;
    this.#tree = new RankTree(scores, this.table);
  }

  override get memoryBytes(): number {
    return super.memoryBytes + this.#tree.bytes;
  }

  /** The last one: scores come before their members. */
  override memberArgument(argc: number): number {
    return argc - 1;
  }

  /** The score of a row. */
  score(row: number): number {
    return this.#scores.get(row);
  }

  /** Adds a member with a score, unless it is there; says whether it is new. */
  override add(member: ByteRange, score = 0): boolean {
    const row = this.findOrAdd(member);
    if (!this.table.added) return false;
    this.#scores.set(row, score);
    this.#insert(row);
    return true;
  }

  /** Adds a member that is not in the table. */
  addNew(member: ByteRange, score: number): void {
    const row = this.table.add(member.buffer, member.start, member.end);
    this.#scores.set(row, score);
    this.#insert(row);
  }

  /** Gives a row another score. */
  setScore(row: number, score: number): void {
    if (this.watcher !== null) this.watcher.changing(row);
    this.#takeOut(row);
    this.#scores.set(row, score);
    this.#insert(row);
  }

  /** Removes the row of a rank, which there must be; the last row takes its number. */
  removeRank(rank: number): void {
    if (this.watcher === null) {
      this.#removeUnordered(this.#tree.removeRank(rank));
    } else {
      // Who watches is told before anything changes.
      const cursor = new RankCursor();
      this.#tree.seek(rank, cursor);
      this.remove(cursor.row);
    }
  }

  protected override removeRow(row: number): void {
    this.#takeOut(row);
    this.#removeUnordered(row);
  }

  /** Removes a row that is not in the order any more. */
  #removeUnordered(row: number): void {
    const last = this.size - 1;
    if (row !== last) this.#tree.renumber(last, row);
    super.removeRow(row);
  }

  #insert(row: number): void {
    this.#tree.insert(row);
    if (this.watcher !== null) this.watcher.reordered(this.#tree.rankOf(row), 1);
  }

  #takeOut(row: number): void {
    if (this.watcher !== null) this.watcher.reordered(this.#tree.rankOf(row), -1);
    this.#tree.remove(row);
  }

  /** The rank of a row, the least being 0. */
  rankOf(row: number): number {
    return this.#tree.rankOf(row);
  }

  /** Points `cursor` at the row of a rank: see `RankTree.seek`. */
  seek(rank: number, cursor: RankCursor): void {
    this.#tree.seek(rank, cursor);
  }

  /** How many rows have a score less than `score`, or with `orEqual` not greater. */
  countBelowScore(score: number, orEqual: boolean): number {
    return this.#tree.countBelowScore(score, orEqual);
  }

  /** How many rows have a member less than `member`: see `RankTree.countBelowMember`. */
  countBelowMember(member: ByteRange, orEqual: boolean): number {
    return this.#tree.countBelowMember(member, orEqual);
  }

  /** Adds a member that may be there already, outside of the order; returns its row, `added` tells. */
  collect(member: ByteRange): number {
    return this.findOrAdd(member);
  }

  /** Whether the last `collect` added its member. */
  get added(): boolean {
    return this.table.added;
  }

  /** Sets the score of a row that is outside of the order. */
  setCollected(row: number, score: number): void {
    this.#scores.set(row, score);
  }

  /** Puts all rows, which were collected, in order. */
  order(): void {
    const rows = new Int32Array(this.size);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    rows.sort((a, b) => this.#tree.compare(a, b));
    this.#tree.fill(rows);
  }

  /** Whether a row comes before another one in the order, whether they are in it or not. */
  precedes(row: number, other: number): boolean {
    return this.#tree.compare(row, other) < 0;
  }

  /** Puts a row, which was collected, in order. */
  place(row: number): void {
    this.#tree.insert(row);
  }

  /** Puts all rows, which were collected, in the order of these leaves. */
  adoptOrder(leaves: Leaf[]): void {
    this.#tree.adopt(leaves);
  }

  override clone(): SortedSetTable {
    const copy = new SortedSetTable();
    copy.reserve(this.size);
    const member = new Span();
    for (let row = 0; row < this.size; row++) {
      copy.setCollected(copy.collect(this.memberSpan(row, member)), this.score(row));
    }
    copy.order();
    return copy;
  }
}
