/** The nodes of a large list as they were, while it changes. */

import { type ByteRange, copySpan, Span } from "../base/span.ts";
import type { NodeWatcher, Quicklist } from "./quicklist.ts";

/**
 * Walks over the nodes that a list has now, a few at a time: each is sent once, in the order and as it is
 * now. A node that is about to change before its turn has come is copied.
 */
export class QuicklistSnapshot implements NodeWatcher {
  readonly #list: Quicklist;
  readonly #order: Uint32Array;
  /** By number: 1 for a node that was neither sent nor copied yet. */
  readonly #pending: Uint8Array;
  readonly #copies = new Map<number, Uint8Array>();
  /** The numbers of those that are plain. */
  readonly #plain: ReadonlySet<number> | null;
  #at = 0;
  readonly #span = new Span();

  constructor(list: Quicklist) {
    const { nodes } = list;
    const order = this.#order = new Uint32Array(nodes.size);
    const pending = this.#pending = new Uint8Array(nodes.bound);
    for (let i = 0, node = nodes.first; i < order.length; i++, node = nodes.next(node)) {
      order[i] = node;
      pending[node] = 1;
    }
    this.#plain = nodes.plain === null ? null : new Set(nodes.plain);
    this.#list = list;
    list.watcher = this;
  }

  /** How many nodes there were. */
  get size(): number {
    return this.#order.length;
  }

  changing(node: number): void {
    if (node >= this.#pending.length || this.#pending[node] === 0) return;
    this.#pending[node] = 0;
    this.#copies.set(node, copySpan(this.#listpackOf(node)));
  }

  /** The next node's listpack, valid until the list changes; null when there are no more. */
  next(): ByteRange | null {
    if (this.#at === this.#order.length) return null;
    const node = this.#order[this.#at++];
    if (this.#pending[node] === 1) {
      this.#pending[node] = 0;
      return this.#listpackOf(node);
    }
    const copy = this.#copies.get(node);
    if (copy === undefined) throw new Error("a node was neither kept nor copied");
    this.#copies.delete(node);
    return this.#span.set(copy, 0, copy.length);
  }

  /** Whether the node that `next` gave is a plain one. */
  get isPlain(): boolean {
    return this.#plain !== null && this.#plain.has(this.#order[this.#at - 1]);
  }

  /** No more nodes are wanted. */
  end(): void {
    this.#list.watcher = null;
  }

  #listpackOf(node: number): Span {
    const { store, nodes } = this.#list;
    return store.span(nodes.ref(node), this.#span);
  }
}
