/** A list with a store of its own, spoken to in byte strings; and how to compare it with an array. */

import { assert, assertEquals } from "@std/assert";
import { byteString, Span } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import type { ElementSink } from "../../src/data/element_sink.ts";
import { ListCursor } from "../../src/data/list_cursor.ts";
import { isPlain, nodeElements } from "../../src/data/list_limits.ts";
import * as list from "../../src/data/list_value.ts";
import * as listpack from "../../src/data/listpack.ts";
import { Quicklist } from "../../src/data/quicklist.ts";
import { END } from "../../src/data/quicklist_chain.ts";
import { Encoding, Value } from "../../src/data/value.ts";

/** Takes elements as byte strings. */
export class Texts implements ElementSink {
  readonly list: string[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.list.push(byteString(buffer, start, end));
  }

  bulkInteger(value: number | bigint): void {
    this.list.push(String(value));
  }
}

const span = Span.ofString;

export class ListUnderTest {
  readonly store = new ByteStore();
  readonly value = list.create(this.store, new Value());

  /** `size`: list-max-listpack-size; `packedThreshold`: elements of so many bytes are plain nodes. */
  constructor(public size = -2, public packedThreshold = 2 ** 30) {}

  get limits(): list.ListLimits {
    return {
      "list-max-listpack-size": this.size,
      "quicklist-packed-threshold": this.packedThreshold,
    };
  }

  /** Whether the list is one listpack in its store. */
  get isCompact(): boolean {
    return this.value.encoding === Encoding.QuicklistNode;
  }

  get length(): number {
    return list.length(this.store, this.value);
  }

  push(end: list.ListEnd, ...elements: string[]): void {
    for (const element of elements) {
      list.push(this.store, this.value, end, span(element), this.limits);
    }
  }

  remove(end: list.ListEnd, count: number): void {
    list.remove(this.store, this.value, end, count, this.limits);
  }

  end(end: list.ListEnd): string {
    return this.#collect((texts) => list.sendEnd(this.store, this.value, end, texts))[0];
  }

  at(index: number): string {
    return this.#collect((texts) => list.sendAt(this.store, this.value, index, texts))[0];
  }

  range(index: number, count: number): string[] {
    return this.#collect((texts) => list.sendRange(this.store, this.value, index, count, texts));
  }

  fromEnd(end: list.ListEnd, count: number): string[] {
    return this.#collect((texts) => list.sendFromEnd(this.store, this.value, end, count, texts));
  }

  set(index: number, element: string): void {
    list.set(this.store, this.value, index, span(element), this.limits);
  }

  /** Inserts beside the first element that is `pivot`; says whether there is one. */
  insert(side: "before" | "after", pivot: string, element: string): boolean {
    const cursor = new ListCursor(this.store, this.value);
    for (cursor.start(); cursor.found; cursor.step()) {
      if (!cursor.equals(span(pivot))) continue;
      cursor.insert(side, span(element), this.limits);
      return true;
    }
    return false;
  }

  /** Removes up to `most` elements that are `element`, from an end on; says how many. */
  removeEqual(from: list.ListEnd, element: string, most: number): number {
    const cursor = new ListCursor(this.store, this.value, from);
    let removed = 0;
    cursor.start();
    while (cursor.found && removed < most) {
      if (cursor.equals(span(element))) {
        cursor.remove();
        removed++;
      } else {
        cursor.step();
      }
    }
    cursor.settle(this.limits);
    return removed;
  }

  /** The numbers of the elements that are `element`, counted from an end. */
  positions(from: list.ListEnd, element: string): number[] {
    const cursor = new ListCursor(this.store, this.value, from);
    const found: number[] = [];
    let number = 0;
    for (cursor.start(); cursor.found; cursor.step(), number++) {
      if (cursor.equals(span(element))) found.push(number);
    }
    return found;
  }

  /** All elements, read from head to tail; what is read backwards must be the same. */
  all(): string[] {
    const forwards = this.range(0, this.length);
    assertEquals(this.fromEnd("tail", this.length).reverse(), forwards);
    return forwards;
  }

  /** The elements of each node. */
  nodes(): string[][] {
    if (this.isCompact) return [this.all()];
    const { nodes, store } = this.value.object as Quicklist;
    const sizes: number[] = [];
    for (let node = nodes.first; node !== END; node = nodes.next(node)) {
      sizes.push(nodes.count(node));
      const ref = nodes.ref(node);
      const buffer = store.buffer(ref), base = store.offset(ref);
      assert(listpack.validate(buffer, base, base + store.length(ref)));
      assertEquals(listpack.length(buffer, base), nodes.count(node));
    }
    let at = 0;
    return sizes.map((size) => this.range((at += size) - size, size));
  }

  /** The elements that are plain nodes. */
  plain(): string[] {
    if (this.isCompact) return [];
    const { nodes } = this.value.object as Quicklist;
    const plain: string[] = [];
    let at = 0;
    for (let node = nodes.first; node !== END; node = nodes.next(node)) {
      if (nodes.isPlain(node)) plain.push(this.at(at));
      at += nodes.count(node);
    }
    return plain;
  }

  /**
   * Fails unless every node has elements, no more of them than a node may have, and is plain where its element
   * demands it. How many bytes a node has is only bounded where elements are pushed.
   */
  checkNodes(): void {
    const isLarge = ({ length }: string) => isPlain(length, this.limits);
    assertEquals(this.plain(), this.all().filter(isLarge));
    const most = Math.max(1, nodeElements(this.limits));
    if (this.isCompact) {
      assert(this.length <= most);
      return;
    }
    const { nodes, length } = this.value.object as Quicklist;
    let sum = 0, forwards = 0;
    for (const elements of this.nodes()) assert(elements.length === 1 || !elements.some(isLarge));
    for (let node = nodes.first; node !== END; node = nodes.next(node)) {
      const count = nodes.count(node);
      assert(count >= 1 && count <= most);
      assertEquals(nodes.previous(nodes.next(node)), node);
      sum += count;
      forwards++;
    }
    assertEquals(sum, length);
    assertEquals(forwards, nodes.size);
  }

  #collect(send: (texts: Texts) => void): string[] {
    const texts = new Texts();
    send(texts);
    return texts.list;
  }
}
