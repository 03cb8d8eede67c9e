/**
 * The order of a sorted set: rows of a table by score, those of one score by the bytes of their members.
 *
 * A B+ tree whose branches count the rows below each child, so that a row's rank, the row of a rank
 * and the first row of a range of scores or members are all found on one way down. Leaves hold row
 * numbers with their scores and form a chain; branches know the first row below each child. Members stay
 * in the table, where they are looked at only for rows of one score. That is 12 bytes a row where the
 * leaves are full.
 */

import { type ByteRange, compareSpans, Span } from "../base/span.ts";
import type { Float64Column } from "./columns.ts";
import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";
import {
  Branch,
  BRANCH_CHILDREN,
  FIRST_ROWS,
  Leaf,
  LEAF_ROWS,
  type Node,
} from "./rank_tree_nodes.ts";
import type { Table } from "./table.ts";

/** What a leaf takes beside its rows and a branch in all, in bytes; for estimates. */
const LEAF_COST = 2 * ARRAY_COST + OBJECT_COST;
const BRANCH_COST = 3 * ARRAY_COST + 2 * OBJECT_COST + 24 * BRANCH_CHILDREN;

/** What rows are compared with on the way down. */
const Probe = {
  /** A score and a member: a row's own place. */
  Row: 0,
  /** A score, whatever the member. */
  Score: 1,
  /** A member, whatever the score: rows of one score are in this order. */
  Member: 2,
  /** Nothing: a place is found by its rank. */
  Rank: 3,
} as const;

/** A place in the order, to walk from; valid until the tree changes. */
export class RankCursor {
  #leaf: Leaf | null = null;
  #index = 0;

  /** The row at the cursor, or -1 beyond the ends. */
  get row(): number {
    const leaf = this.#leaf;
    return leaf === null ? -1 : leaf.rows[this.#index];
  }

  /** For `RankTree.seek`. */
  set(leaf: Leaf | null, index: number): void {
    this.#leaf = leaf;
    this.#index = index;
  }

  /** Goes to the next rank. */
  forward(): void {
    const leaf = this.#leaf;
    if (leaf === null || ++this.#index < leaf.total) return;
    this.#leaf = leaf.next;
    this.#index = 0;
  }

  /** Goes to the rank before. */
  backward(): void {
    const leaf = this.#leaf;
    if (leaf === null || --this.#index >= 0) return;
    this.#leaf = leaf.previous;
    if (this.#leaf !== null) this.#index = this.#leaf.total - 1;
  }
}

/**
 * The order of the rows of `members` by `scores`. The score of a row that is in the tree must not change:
 * take the row out first and put it back afterwards. Scores are numbers other than NaN.
 */
export class RankTree {
  readonly #scores: Float64Column;
  readonly #members: Table;
  #root: Node = new Leaf(FIRST_ROWS);
  #leaves = 1;
  #branches = 0;
  // What `#precedes` compares rows with; set before each way down.
  #probe: number = Probe.Row;
  #row = 0;
  #score = 0;
  #orEqual = false;
  /** The rank that is looked for, among the rows below the node that the way down has come to. */
  #rank = 0;
  readonly #member = new Span();
  readonly #other = new Span();

  constructor(scores: Float64Column, members: Table) {
    this.#scores = scores;
    this.#members = members;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#root.total;
  }

  /** The memory that the tree takes, in bytes. */
  get bytes(): number {
    const rows = this.#root.isLeaf ? this.#root.rows.length : LEAF_ROWS;
    return this.#leaves * (LEAF_COST + 12 * rows) + this.#branches * BRANCH_COST;
  }

  /** Adds a row, which has its score and its member and is not in the tree. */
  insert(row: number): void {
    this.#aimAtRow(row);
    const right = this.#insertBelow(this.#root, row);
    if (right !== null) this.#root = this.#branchOver([this.#root, right]);
  }

  /** Takes a row out, which still has its score and its member. */
  remove(row: number): void {
    this.#aimAtRow(row);
    this.#removeAimedAt();
  }

  /** Takes the row of a rank, which there must be, out and returns it. */
  removeRank(rank: number): number {
    this.#probe = Probe.Rank;
    this.#rank = rank;
    return this.#removeAimedAt();
  }

  #removeAimedAt(): number {
    const row = this.#removeBelow(this.#root);
    while (!this.#root.isLeaf && this.#root.children.length === 1) {
      this.#root = this.#root.children[0];
      this.#branches--;
    }
    return row;
  }

  /**
   * Says that row `from`, which still has its score and its member, goes by the number `to` from now on.
   * The table must move it there before anything else is asked of the tree.
   */
  renumber(from: number, to: number): void {
    this.#aimAtRow(from);
    let node = this.#root;
    while (!node.isLeaf) {
      const at = this.#childFor(node);
      if (node.firsts[at] === from) node.firsts[at] = to;
      node = node.children[at];
    }
    node.rows[this.#placeIn(node)] = to;
  }

  /** The rank of a row that is in the tree, the first being 0. */
  rankOf(row: number): number {
    this.#aimAtRow(row);
    return this.#countPreceding();
  }

  /** How many rows have a score less than `score`, or with `orEqual` not greater. */
  countBelowScore(score: number, orEqual: boolean): number {
    this.#probe = Probe.Score;
    this.#score = score;
    this.#orEqual = orEqual;
    return this.#countPreceding();
  }

  /**
   * How many rows have a member less than `member`, or with `orEqual` not greater. Only meaningful
   * where all rows have one score.
   */
  countBelowMember(member: ByteRange, orEqual: boolean): number {
    this.#probe = Probe.Member;
    this.#member.set(member.buffer, member.start, member.end);
    this.#orEqual = orEqual;
    return this.#countPreceding();
  }

  /** Points `cursor` at the row of a rank, or at none where there is no such rank. */
  seek(rank: number, cursor: RankCursor): void {
    let node = this.#root;
    if (rank < 0 || rank >= node.total) {
      cursor.set(null, 0);
      return;
    }
    while (!node.isLeaf) {
      let at = 0;
      for (; rank >= node.totals[at]; at++) rank -= node.totals[at];
      node = node.children[at];
    }
    cursor.set(node, rank);
  }

  /** Fills the tree, which is empty, with rows that are in order already. */
  fill(rows: Int32Array): void {
    const leaves: Leaf[] = [];
    let last: Leaf | null = null;
    for (let at = 0; at < rows.length; at += LEAF_ROWS) {
      const part = rows.subarray(at, at + LEAF_ROWS);
      const leaf: Leaf = new Leaf(rows.length <= LEAF_ROWS ? roomFor(rows.length) : LEAF_ROWS);
      leaf.rows.set(part);
      for (let i = 0; i < part.length; i++) leaf.scores[i] = this.#scores.get(part[i]);
      leaf.total = part.length;
      leaf.previous = last;
      if (last !== null) last.next = leaf;
      last = leaf;
      leaves.push(leaf);
    }
    this.adopt(leaves);
  }

  /** Makes the tree, which is empty, of leaves that are a chain in order. */
  adopt(leaves: Leaf[]): void {
    if (leaves.length === 0) return;
    this.#leaves = leaves.length;
    let nodes: Node[] = leaves;
    while (nodes.length > 1) {
      const branches: Node[] = [];
      for (let at = 0; at < nodes.length; at += BRANCH_CHILDREN) {
        branches.push(this.#branchOver(nodes.slice(at, at + BRANCH_CHILDREN)));
      }
      nodes = branches;
    }
    this.#root = nodes[0];
  }

  /** Orders two rows: negative, 0 or positive. */
  compare(a: number, b: number): number {
    const scoreA = this.#scores.get(a), scoreB = this.#scores.get(b);
    if (scoreA !== scoreB) return scoreA < scoreB ? -1 : 1;
    return compareSpans(
      this.#members.keySpan(a, this.#member),
      this.#members.keySpan(b, this.#other),
    );
  }

  #aimAtRow(row: number): void {
    this.#probe = Probe.Row;
    this.#row = row;
    this.#score = this.#scores.get(row);
    this.#members.keySpan(row, this.#member);
    this.#orEqual = false;
  }

  /** Whether a row stands before the place that is looked for. */
  #precedes(row: number, score: number): boolean {
    if (this.#probe !== Probe.Member) {
      if (score !== this.#score) return score < this.#score;
      if (this.#probe === Probe.Score) return this.#orEqual;
    }
    const order = compareSpans(this.#members.keySpan(row, this.#other), this.#member);
    return order < 0 || order === 0 && this.#orEqual;
  }

  /** How many of the first `count` of `rows` stand before the place. */
  #countIn(rows: Int32Array, scores: Float64Array, count: number): number {
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#precedes(rows[middle], scores[middle])) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Which child the place is in; the row that is there, if any, is that child's. */
  #childFor(branch: Branch): number {
    if (this.#probe === Probe.Rank) return this.#childOfRank(branch);
    const count = this.#countIn(branch.firsts, branch.scores, branch.children.length);
    // Of a row that is itself the first of a child, only the rows before it precede.
    if (
      this.#probe === Probe.Row && count < branch.children.length &&
      branch.firsts[count] === this.#row
    ) {
      return count;
    }
    return Math.max(0, count - 1);
  }

  #childOfRank({ totals }: Branch): number {
    let at = 0;
    for (; this.#rank >= totals[at]; at++) this.#rank -= totals[at];
    return at;
  }

  #placeIn(leaf: Leaf): number {
    if (this.#probe === Probe.Rank) return this.#rank;
    return this.#countIn(leaf.rows, leaf.scores, leaf.total);
  }

  #countPreceding(): number {
    let node = this.#root, count = 0;
    while (!node.isLeaf) {
      const at = this.#childFor(node);
      for (let i = 0; i < at; i++) count += node.totals[i];
      node = node.children[at];
    }
    return count + this.#placeIn(node);
  }

  /** Adds a row below a node; what the node had to split off comes back. */
  #insertBelow(node: Node, row: number): Node | null {
    if (node.isLeaf) return this.#insertInto(node, row);
    const at = this.#childFor(node);
    const right = this.#insertBelow(node.children[at], row);
    node.refresh(at);
    if (right === null) return null;
    if (!node.isFull) {
      node.insert(at + 1, right);
      return null;
    }
    // A branch that grows at its end stays full: rows often come in order.
    const middle = at + 1 === BRANCH_CHILDREN ? at + 1 : BRANCH_CHILDREN / 2;
    const half = node.split(middle);
    this.#branches++;
    if (at + 1 < middle) node.insert(at + 1, right);
    else half.insert(at + 1 - middle, right);
    return half;
  }

  #insertInto(leaf: Leaf, row: number): Leaf | null {
    const at = this.#placeIn(leaf);
    if (!leaf.isFull) {
      leaf.insert(at, row, this.#score);
      return null;
    }
    const middle = at === LEAF_ROWS && leaf.next === null ? at : LEAF_ROWS / 2;
    const right = leaf.split(middle);
    this.#leaves++;
    if (at < middle) leaf.insert(at, row, this.#score);
    else right.insert(at - middle, row, this.#score);
    return right;
  }

  /** Takes the row that is looked for out of a node, and returns it. */
  #removeBelow(node: Node): number {
    if (node.isLeaf) {
      const at = this.#placeIn(node);
      const row = node.rows[at];
      node.remove(at);
      return row;
    }
    const at = this.#childFor(node);
    const child = node.children[at];
    const row = this.#removeBelow(child);
    node.refresh(at);
    if (child.total === 0) {
      if (child.isLeaf) child.unlink();
      this.#drop(node, at);
    } else if (child.isSparse) {
      if (!this.#joinChildren(node, at)) this.#joinChildren(node, at - 1);
    }
    return row;
  }

  /** Makes one child of those at `at` and behind it, if both are there and fit into one. */
  #joinChildren(branch: Branch, at: number): boolean {
    if (at < 0 || at + 1 >= branch.children.length) return false;
    const left = branch.children[at], right = branch.children[at + 1];
    const joined = left.isLeaf
      ? right.isLeaf && left.join(right)
      : !right.isLeaf && left.join(right);
    if (!joined) return false;
    this.#drop(branch, at + 1);
    branch.refresh(at);
    return true;
  }

  #drop(branch: Branch, at: number): void {
    if (branch.children[at].isLeaf) this.#leaves--;
    else this.#branches--;
    branch.remove(at);
  }

  #branchOver(children: Node[]): Branch {
    const branch = new Branch();
    for (const child of children) branch.append(child);
    this.#branches++;
    return branch;
  }
}

/** Room for a leaf that may grow: a power of two. */
function roomFor(rows: number): number {
  let room = FIRST_ROWS;
  while (room < rows) room *= 2;
  return room;
}
