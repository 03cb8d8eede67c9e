/** The nodes of a quicklist in their order. */

import { Uint32Column } from "./columns.ts";
import { OBJECT_COST } from "./memory_costs.ts";

/** Stands before the first node and after the last, and for no node at all. */
export const END = 0;

// A node is a row of so many numbers.
const REF = 0, COUNT = 1, NEXT = 2, PREVIOUS = 3, STRIDE = 4;

/**
 * A doubly linked ring of numbered nodes, `END` being where it closes. Each names a listpack by its ref and
 * tells how many elements are in it. Nodes are rows of numbers, so that millions of them are no work
 * for the garbage collector. The numbers of removed nodes are given out again. Plain nodes, which hardly
 * any list has, are in a set beside the rows.
 */
export class NodeChain {
  readonly #fields = new Uint32Column();
  /** How many rows were ever in use, with that of `END`. */
  #rows = 1;
  /** The first of the removed nodes, which are linked by their NEXT; `END`: none. */
  #free = END;
  #size = 0;
  /** The plain nodes; null: none. */
  #plain: Set<number> | null = null;

  constructor() {
    this.#fields.ensure(STRIDE);
  }

  /** How many nodes there are. */
  get size(): number {
    return this.#size;
  }

  /** Above all numbers that nodes have. */
  get bound(): number {
    return this.#rows;
  }

  /** The memory held, in bytes. */
  get bytes(): number {
    return this.#fields.bytes + (this.#plain === null ? 0 : this.#plain.size * OBJECT_COST);
  }

  /** The plain nodes; null if there are none. */
  get plain(): ReadonlySet<number> | null {
    return this.#plain;
  }

  get first(): number {
    return this.next(END);
  }

  get last(): number {
    return this.previous(END);
  }

  /** The node after another one, or `END`. */
  next(node: number): number {
    return this.#fields.get(node * STRIDE + NEXT);
  }

  /** The node before another one, or `END`. */
  previous(node: number): number {
    return this.#fields.get(node * STRIDE + PREVIOUS);
  }

  /** The node's listpack. */
  ref(node: number): number {
    return this.#fields.get(node * STRIDE + REF);
  }

  setRef(node: number, ref: number): void {
    this.#fields.set(node * STRIDE + REF, ref);
  }

  /** How many elements are in the node. */
  count(node: number): number {
    return this.#fields.get(node * STRIDE + COUNT);
  }

  setCount(node: number, count: number): void {
    this.#fields.set(node * STRIDE + COUNT, count);
  }

  /** Whether the node's only element is one that shares no node. */
  isPlain(node: number): boolean {
    return this.#plain !== null && this.#plain.has(node);
  }

  /** Makes a node of one element a plain one; it stays so until it is removed. */
  markPlain(node: number): void {
    (this.#plain ??= new Set()).add(node);
  }

  /** Puts a new node behind another one, or in front of all with `END`; returns its number. */
  insertAfter(node: number, ref: number, count: number): number {
    const fields = this.#fields;
    let added = this.#free;
    if (added !== END) {
      this.#free = this.next(added);
    } else {
      added = this.#rows++;
      fields.ensure(this.#rows * STRIDE);
    }
    this.setRef(added, ref);
    this.setCount(added, count);
    const next = this.next(node);
    this.#link(node, added);
    this.#link(added, next);
    this.#size++;
    return added;
  }

  /** Takes a node out. */
  remove(node: number): void {
    this.#link(this.previous(node), this.next(node));
    this.#fields.set(node * STRIDE + NEXT, this.#free);
    this.#free = node;
    this.#size--;
    if (this.#plain === null) return;
    this.#plain.delete(node);
    if (this.#plain.size === 0) this.#plain = null;
  }

  #link(node: number, next: number): void {
    this.#fields.set(node * STRIDE + NEXT, next);
    this.#fields.set(next * STRIDE + PREVIOUS, node);
  }
}
