/** The nodes of a `RankTree`: they keep numbers in places that they are told, and know no order. */

/** How many rows a leaf holds at most. */
export const LEAF_ROWS = 256;
/** How many children a branch has at most. */
export const BRANCH_CHILDREN = 64;
/** The only leaf of a small tree begins with room for so many rows. */
export const FIRST_ROWS = 8;
/** A node with fewer entries than this share of the full number looks for a neighbour to join. */
const SPARSE = 4;
/** Rows in order, and the neighbours in the chain of all leaves. */
export class Leaf {
  readonly isLeaf = true;
  rows: Int32Array;
  /** Their scores: reading them here instead of in the table's column spares the cache. */
  scores: Float64Array;
  /** How many rows there are. */
  total = 0;
  previous: Leaf | null = null;
  next: Leaf | null = null;

  constructor(room: number) {
    this.rows = new Int32Array(room);
    this.scores = new Float64Array(room);
  }

  get first(): number {
    return this.rows[0];
  }

  get firstScore(): number {
    return this.scores[0];
  }

  get isFull(): boolean {
    return this.total === LEAF_ROWS;
  }

  get isSparse(): boolean {
    return this.total < LEAF_ROWS / SPARSE;
  }

  insert(at: number, row: number, score: number): void {
    if (this.total === this.rows.length) this.#grow(this.total * 2);
    const { rows, scores } = this;
    rows.copyWithin(at + 1, at, this.total);
    scores.copyWithin(at + 1, at, this.total++);
    rows[at] = row;
    scores[at] = score;
  }

  remove(at: number): void {
    this.rows.copyWithin(at, at + 1, this.total);
    this.scores.copyWithin(at, at + 1, this.total--);
  }

  /** A new leaf behind this one, which takes the rows from `at` on. */
  split(at: number): Leaf {
    const right = new Leaf(LEAF_ROWS);
    right.rows.set(this.rows.subarray(at, this.total));
    right.scores.set(this.scores.subarray(at, this.total));
    right.total = this.total - at;
    this.total = at;
    right.previous = this;
    right.next = this.next;
    if (this.next !== null) this.next.previous = right;
    this.next = right;
    return right;
  }

  /** Takes the rows of the leaf behind this one, if there is room for them, and its place in the chain. */
  join(right: Leaf): boolean {
    if (this.total + right.total > LEAF_ROWS) return false;
    if (this.rows.length < LEAF_ROWS) this.#grow(LEAF_ROWS);
    this.rows.set(right.rows.subarray(0, right.total), this.total);
    this.scores.set(right.scores.subarray(0, right.total), this.total);
    this.total += right.total;
    right.unlink();
    return true;
  }

  unlink(): void {
    if (this.previous !== null) this.previous.next = this.next;
    if (this.next !== null) this.next.previous = this.previous;
  }

  #grow(room: number): void {
    const { rows, scores } = this;
    this.rows = new Int32Array(room);
    this.rows.set(rows);
    this.scores = new Float64Array(room);
    this.scores.set(scores);
  }
}

/** Nodes in order, and what is below each of them. */
export class Branch {
  readonly isLeaf = false;
  readonly children: Node[] = [];
  /** The first row below each child. */
  readonly firsts = new Int32Array(BRANCH_CHILDREN);
  /** The scores of these rows. */
  readonly scores = new Float64Array(BRANCH_CHILDREN);
  /** How many rows there are below each child. */
  readonly totals = new Int32Array(BRANCH_CHILDREN);
  /** How many rows there are below all children. */
  total = 0;

  get first(): number {
    return this.firsts[0];
  }

  get firstScore(): number {
    return this.scores[0];
  }

  get isFull(): boolean {
    return this.children.length === BRANCH_CHILDREN;
  }

  get isSparse(): boolean {
    return this.children.length < BRANCH_CHILDREN / SPARSE;
  }

  insert(at: number, child: Node): void {
    const count = this.children.length;
    this.children.splice(at, 0, child);
    this.firsts.copyWithin(at + 1, at, count);
    this.scores.copyWithin(at + 1, at, count);
    this.totals.copyWithin(at + 1, at, count);
    this.firsts[at] = child.first;
    this.scores[at] = child.firstScore;
    this.totals[at] = child.total;
    this.total += child.total;
  }

  remove(at: number): void {
    const count = this.children.length;
    this.total -= this.totals[at];
    this.children.splice(at, 1);
    this.firsts.copyWithin(at, at + 1, count);
    this.scores.copyWithin(at, at + 1, count);
    this.totals.copyWithin(at, at + 1, count);
  }

  /** Brings what is known of a child up to date. */
  refresh(at: number): void {
    const child = this.children[at];
    this.firsts[at] = child.first;
    this.scores[at] = child.firstScore;
    this.total += child.total - this.totals[at];
    this.totals[at] = child.total;
  }

  /** A new branch behind this one, which takes the children from `at` on. */
  split(at: number): Branch {
    const right = new Branch();
    for (const child of this.children.splice(at)) right.append(child);
    this.total -= right.total;
    return right;
  }

  /** Takes the children of the branch behind this one, if there is room for them. */
  join(right: Branch): boolean {
    if (this.children.length + right.children.length > BRANCH_CHILDREN) return false;
    for (const child of right.children) this.append(child);
    return true;
  }

  append(child: Node): void {
    const at = this.children.length;
    this.children.push(child);
    this.firsts[at] = child.first;
    this.scores[at] = child.firstScore;
    this.totals[at] = child.total;
    this.total += child.total;
  }
}

/** A leaf or a branch. */
export type Node = Leaf | Branch;

/** Leaves that are filled from the last row to the first. */
export class DescendingLeaves {
  /** From the last to the first. */
  readonly #full: Leaf[] = [];
  #leaf = new Leaf(FIRST_ROWS);
  /** Where the first row of `#leaf` is. */
  #first = FIRST_ROWS;

  /** Adds a row before all others. */
  prepend(row: number, score: number): void {
    if (this.#first === 0) this.#makeRoom();
    const { rows, scores } = this.#leaf;
    rows[--this.#first] = row;
    scores[this.#first] = score;
  }

  /** The leaves, a chain in order; none without rows. Nothing may be added any more. */
  finish(): Leaf[] {
    const leaf = this.#leaf, first = this.#first, room = leaf.rows.length;
    leaf.rows.copyWithin(0, first);
    leaf.scores.copyWithin(0, first);
    leaf.total = room - first;
    const leaves = this.#full;
    if (leaf.total > 0) leaves.push(leaf);
    leaves.reverse();
    for (let i = 1; i < leaves.length; i++) {
      leaves[i].previous = leaves[i - 1];
      leaves[i - 1].next = leaves[i];
    }
    return leaves;
  }

  #makeRoom(): void {
    const { rows, scores } = this.#leaf, room = rows.length;
    if (room === LEAF_ROWS) {
      this.#leaf.total = room;
      this.#full.push(this.#leaf);
      this.#leaf = new Leaf(LEAF_ROWS);
      this.#first = LEAF_ROWS;
    } else {
      this.#leaf = new Leaf(2 * room);
      this.#leaf.rows.set(rows, room);
      this.#leaf.scores.set(scores, room);
      this.#first = room;
    }
  }
}
