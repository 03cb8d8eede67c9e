/** Walks over lists, to look for elements and to change what is found. */

import type { ByteRange } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import {
  gather,
  insertInNode,
  type ListEnd,
  type ListLimits,
  nodeHasRoom,
  quicklistOf,
  type Side,
  spread,
} from "./list_value.ts";
import * as listpack from "./listpack.ts";
import { END } from "./quicklist_chain.ts";
import { Encoding, type Value } from "./value.ts";

/**
 * Stands on one element after the other:
 *
 *     const cursor = new ListCursor(store, value, "tail");
 *     for (cursor.start(); cursor.found; cursor.step()) if (cursor.equals(element)) …
 *
 * The list is changed by the cursor only while it is in use.
 */
export class ListCursor {
  readonly #store: ByteStore;
  readonly #value: Value;
  readonly #backwards: boolean;
  /** The node; `END` in a list that is one listpack. */
  #node = END;
  /** The node's listpack. */
  #buffer: Uint8Array;
  #base = 0;
  /** -1: on no element. */
  #position = -1;

  /** `from`: where it starts. */
  constructor(store: ByteStore, value: Value, from: ListEnd = "head") {
    this.#store = store;
    this.#value = value;
    this.#backwards = from === "tail";
    this.#buffer = store.buffer(0);
  }

  /** Whether it stands on an element. */
  get found(): boolean {
    return this.#position >= 0;
  }

  /** Goes to the first element of its way. */
  start(): void {
    if (this.#isOneNode) this.#enter(END);
    else {
      const { nodes } = quicklistOf(this.#value);
      this.#enterOrEnd(this.#backwards ? nodes.last : nodes.first);
    }
  }

  /** Goes to the next element of its way. */
  step(): void {
    if (this.#backwards) {
      this.#position = listpack.previousPosition(this.#buffer, this.#base, this.#position);
    } else {
      this.#position = listpack.nextPosition(this.#buffer, this.#base, this.#position);
    }
    this.#leaveIfDone();
  }

  /** Whether the element is these bytes. */
  equals(element: ByteRange): boolean {
    const { buffer, start, end } = element;
    return listpack.entryEquals(this.#buffer, this.#base, this.#position, buffer, start, end);
  }

  /** Hands over the element. */
  send(sink: ElementSink): void {
    sendEntry(this.#buffer, this.#base + this.#position, sink);
  }

  /** Removes the element and goes to the next one of its way. `settle` is called in the end. */
  remove(): void {
    const position = this.#position;
    const previous = listpack.previousPosition(this.#buffer, this.#base, position);
    this.#position = this.#backwards ? previous : position;
    if (this.#isOneNode) {
      this.#value.ref = listpack.deleteRange(this.#store, this.#value.ref, position, 1);
    } else {
      const list = quicklistOf(this.#value);
      const next = this.#neighbour();
      if (list.removeAt(this.#node, position)) {
        this.#enterOrEnd(next);
        return;
      }
    }
    this.#locate();
    this.#leaveIfDone();
  }

  /** To be called when elements were removed and the cursor is not used any more. */
  settle(limits: ListLimits): void {
    gather(this.#store, this.#value, limits);
  }

  /**
   * Inserts an element, whose bytes must not lie in the list, beside the one that the cursor stands on. The
   * cursor is of no use afterwards.
   */
  insert(side: Side, element: ByteRange, limits: ListLimits): void {
    const position = this.#position;
    if (!nodeHasRoom(this.#store, this.#value, element, limits)) {
      spread(this.#store, this.#value);
      this.#node = quicklistOf(this.#value).nodes.first;
    }
    if (this.#isOneNode) {
      const at = side === "before"
        ? position
        : listpack.nextPosition(this.#buffer, this.#base, position);
      insertInNode(this.#store, this.#value, at, element);
    } else {
      quicklistOf(this.#value).insert(this.#node, position, side, element, limits);
    }
    this.#position = -1;
  }

  get #isOneNode(): boolean {
    return this.#value.encoding === Encoding.QuicklistNode;
  }

  /** Goes on to the neighbour node when the position is beyond the node. */
  #leaveIfDone(): void {
    const done = this.#backwards
      ? this.#position < 0
      : listpack.atEnd(this.#buffer, this.#base, this.#position);
    if (done) this.#enterOrEnd(this.#neighbour());
  }

  /** The node after this one on the way. */
  #neighbour(): number {
    if (this.#isOneNode) return END;
    const { nodes } = quicklistOf(this.#value);
    return this.#backwards ? nodes.previous(this.#node) : nodes.next(this.#node);
  }

  #enterOrEnd(node: number): void {
    if (node === END) this.#position = -1;
    else this.#enter(node);
  }

  #enter(node: number): void {
    this.#node = node;
    this.#locate();
    if (this.#backwards) {
      this.#position = listpack.lastPosition(this.#buffer, this.#base);
    } else {
      const isEmpty = listpack.atEnd(this.#buffer, this.#base, listpack.FIRST_POSITION);
      this.#position = isEmpty ? -1 : listpack.FIRST_POSITION;
    }
  }

  /** Takes note of where the node's listpack is. */
  #locate(): void {
    const list = this.#isOneNode ? null : quicklistOf(this.#value);
    const store = list === null ? this.#store : list.store;
    const ref = list === null ? this.#value.ref : list.nodes.ref(this.#node);
    this.#buffer = store.buffer(ref);
    this.#base = store.offset(ref);
  }
}
