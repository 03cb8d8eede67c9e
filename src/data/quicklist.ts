/** Lists that are too large for one listpack: encoding `quicklist`. */

import type { ByteRange } from "../base/span.ts";
import { ByteStore } from "./byte_store.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import {
  isNodeSize,
  LARGEST_NODE,
  type ListLimits,
  nodeBytes,
  nodeElements,
  nodeTakes,
} from "./list_limits.ts";
import * as listpack from "./listpack.ts";
import { entrySize, entrySizeBefore, stringEntrySize } from "./listpack_entry.ts";
import {
  allocateListpack,
  appendListpack,
  clearListpack,
  copyListpack,
  copyTail,
} from "./listpack_pieces.ts";
import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";
import { END, NodeChain } from "./quicklist_chain.ts";
import type { ValueObject } from "./value.ts";

/** The two ends of a list. */
export type ListEnd = "head" | "tail";

/** A node that is begun gets at most this room at once, in bytes. More than a store's slabs hold. */
const FIRST_ROOM = 4096;
/** In a list of more nodes than this, the room of one more is little: whole nodes are taken and kept. */
const FEW_NODES = 8;
/** What a list takes beside its nodes, in bytes; an estimate. */
const LIST_COST = 16 * OBJECT_COST + ARRAY_COST;

/** Is told of changes to the nodes of a list: a snapshot that is not finished with them. */
export interface NodeWatcher {
  /** A node is about to be changed or removed. */
  changing(node: number): void;
}

/**
 * A list of listpacks, none of them empty. An element is named by its node and its position there, both
 * valid until the list changes. An element that is larger than a node may be has a node for itself.
 */
export class Quicklist implements ValueObject {
  /** The bytes of all nodes. It keeps room, so that a node at an end grows and shrinks in its place. */
  readonly store = new ByteStore(true);
  /** The nodes; to be changed by this class only. */
  readonly nodes = new NodeChain();
  /** Who is told before a node changes. */
  watcher: NodeWatcher | null = null;
  /** What `nodeAt` found beside the node: the element's number in it. */
  offset = 0;
  #length = 0;
  /** The blob of a removed node, for the next new one: a queue needs no other. 0: none. */
  #spare = 0;

  /** A list whose only node is a copy of a listpack of `store`. */
  static ofListpack(store: ByteStore, ref: number): Quicklist {
    const list = new Quicklist();
    list.appendNode(store, ref);
    return list;
  }

  /** How many elements there are. */
  get length(): number {
    return this.#length;
  }

  get memoryBytes(): number {
    return LIST_COST + this.store.reservedBytes + this.nodes.bytes;
  }

  clone(): Quicklist {
    const copy = new Quicklist();
    const { nodes, store } = this;
    for (let node = nodes.first; node !== END; node = nodes.next(node)) {
      copy.appendNode(store, nodes.ref(node));
    }
    return copy;
  }

  /** Adds a copy of a listpack of `store`, which has entries, as the last node. */
  appendNode(store: ByteStore, ref: number): void {
    const count = listpack.length(store.buffer(ref), store.offset(ref));
    this.nodes.insertAfter(this.nodes.last, copyListpack(store, ref, this.store), count);
    this.#length += count;
  }

  /** Adds a copy of the listpack that fills a range and has entries as the last node. */
  appendListpack({ buffer, start, end }: ByteRange): void {
    const count = listpack.length(buffer, start);
    this.nodes.insertAfter(this.nodes.last, this.store.put(buffer, start, end), count);
    this.#length += count;
  }

  /** Adds an element at an end. Its bytes must not lie in this list. */
  push(end: ListEnd, element: ByteRange, limits: ListLimits): void {
    const { nodes } = this;
    const node = end === "head" ? nodes.first : nodes.last;
    if (node === END || !this.#takes(node, element, limits)) {
      if (node !== END) this.#fit(node);
      this.#addNode(end === "head" ? END : node, element, limits);
    } else {
      const position = end === "head" ? listpack.FIRST_POSITION : this.#endPosition(node);
      this.#insertInto(node, position, element, limits);
    }
  }

  /** Removes so many elements, or all that there are, from an end. */
  remove(end: ListEnd, count: number): void {
    const { nodes, store } = this;
    while (count > 0 && nodes.size > 0) {
      const node = end === "head" ? nodes.first : nodes.last;
      const there = nodes.count(node);
      if (there <= count) {
        this.#removeNode(node);
        count -= there;
        continue;
      }
      const ref = nodes.ref(node);
      const position = end === "head"
        ? listpack.FIRST_POSITION
        : listpack.positionAt(store.buffer(ref), store.offset(ref), there - count);
      this.#deleteFrom(node, position, count);
      return;
    }
  }

  /** The node of the element number `index`, 0 ≤ index < length; `offset` is its number in there. */
  nodeAt(index: number): number {
    const { nodes } = this;
    let node: number;
    if (index < this.#length / 2) {
      node = nodes.first;
      while (index >= nodes.count(node)) {
        index -= nodes.count(node);
        node = nodes.next(node);
      }
      this.offset = index;
    } else {
      let fromEnd = this.#length - index;
      node = nodes.last;
      while (fromEnd > nodes.count(node)) {
        fromEnd -= nodes.count(node);
        node = nodes.previous(node);
      }
      this.offset = nodes.count(node) - fromEnd;
    }
    return node;
  }

  /** Hands over `count` elements, all of which exist, from number `index` on. */
  send(index: number, count: number, sink: ElementSink): void {
    if (count === 0) return;
    const { nodes, store } = this;
    let node = this.nodeAt(index), { offset } = this;
    while (count > 0) {
      const ref = nodes.ref(node);
      const part = Math.min(count, nodes.count(node) - offset);
      sendEntries(store, ref, offset, part, sink);
      count -= part;
      offset = 0;
      node = nodes.next(node);
    }
  }

  /** Hands over the last `count` elements, all of which exist, the last one first. */
  sendReversed(count: number, sink: ElementSink): void {
    const { nodes, store } = this;
    for (let node = nodes.last; count > 0; node = nodes.previous(node)) {
      const part = Math.min(count, nodes.count(node));
      sendEntriesReversed(store, nodes.ref(node), part, sink);
      count -= part;
    }
  }

  /**
   * Inserts an element, whose bytes must not lie in this list, before the one at `position` of a node, or
   * behind the node's last one if that is the end.
   */
  insert(node: number, position: number, element: ByteRange, limits: ListLimits): void {
    if (this.#takes(node, element, limits)) {
      this.#insertInto(node, position, element, limits);
    } else if (position === listpack.FIRST_POSITION) {
      this.#insertBetween(this.nodes.previous(node), node, element, limits);
    } else if (position === this.#endPosition(node)) {
      this.#insertBetween(node, this.nodes.next(node), element, limits);
    } else {
      const tail = this.#split(node, position);
      this.#insertBetween(node, tail, element, limits);
      this.#mergeWithNext(tail, limits);
      this.#mergeWithNext(this.nodes.previous(node), limits);
    }
  }

  /**
   * Replaces the element at `position` of a node by another one, whose bytes must not lie in this list.
   */
  replace(node: number, position: number, element: ByteRange, limits: ListLimits): void {
    const { nodes, store } = this;
    const ref = nodes.ref(node), count = nodes.count(node);
    const { buffer, start, end } = element;
    if (this.watcher !== null) this.watcher.changing(node);
    if (count === 1 || canReplace(store, ref, count, position, element, limits)) {
      nodes.setRef(node, listpack.replaceAt(store, ref, position, buffer, start, end));
      if (store.capacity(nodes.ref(node)) > nodeBytes(limits)) this.#fit(node);
      else this.#fitInner(node);
    } else {
      this.#deleteFrom(node, position, 1);
      this.insert(node, position, element, limits);
    }
  }

  /** Removes the element at `position` of a node; says whether the node is gone with it. */
  removeAt(node: number, position: number): boolean {
    if (this.nodes.count(node) === 1) {
      this.#removeNode(node);
      return true;
    }
    this.#deleteFrom(node, position, 1);
    this.#fitInner(node);
    return false;
  }

  #takes(node: number, element: ByteRange, limits: ListLimits): boolean {
    const bytes = this.store.length(this.nodes.ref(node));
    return nodeTakes(bytes, this.nodes.count(node), element.end - element.start, limits);
  }

  #endPosition(node: number): number {
    return this.store.length(this.nodes.ref(node)) - 1;
  }

  /** Inserts an element between two neighbours, one of which may be `END`; neither is split. */
  #insertBetween(before: number, after: number, element: ByteRange, limits: ListLimits): void {
    if (before !== END && this.#takes(before, element, limits)) {
      this.#insertInto(before, this.#endPosition(before), element, limits);
    } else if (after !== END && this.#takes(after, element, limits)) {
      this.#insertInto(after, listpack.FIRST_POSITION, element, limits);
    } else {
      this.#addNode(before, element, limits);
    }
  }

  #insertInto(node: number, position: number, element: ByteRange, limits: ListLimits): void {
    const { nodes, store } = this;
    const { buffer, start, end } = element;
    if (this.watcher !== null) this.watcher.changing(node);
    const ref = this.#withRoom(nodes.ref(node), stringEntrySize(end - start), limits);
    nodes.setRef(node, listpack.insertAt(store, ref, position, buffer, start, end));
    nodes.setCount(node, nodes.count(node) + 1);
    this.#length++;
  }

  /** Gives a listpack room for `added` bytes, twice as much as it had unless that is too much. */
  #withRoom(ref: number, added: number, limits: ListLimits): number {
    const { store } = this;
    const size = store.length(ref) + added;
    if (size <= store.capacity(ref)) return ref;
    const room = Math.max(size, Math.min(2 * size, nodeBytes(limits)));
    const moved = copyListpack(store, ref, store, room);
    store.free(ref);
    return moved;
  }

  /** Adds a node with one element behind another node, or in front of all with `END`. */
  #addNode(before: number, element: ByteRange, limits: ListLimits): void {
    const { buffer, start, end } = element;
    const ref = this.#emptyListpack(stringEntrySize(end - start), limits);
    this.nodes.insertAfter(before, listpack.append(this.store, ref, buffer, start, end), 1);
    this.#length++;
  }

  /** A listpack for a new node whose first entry takes `entry` bytes. */
  #emptyListpack(entry: number, limits: ListLimits): number {
    const { store } = this;
    const needed = listpack.EMPTY_SIZE + entry;
    const spare = this.#spare;
    if (spare !== 0 && needed <= store.capacity(spare)) {
      this.#spare = 0;
      return clearListpack(store, spare);
    }
    const whole = Math.min(nodeBytes(limits), listpack.EMPTY_SIZE + entry * nodeElements(limits));
    const room = this.nodes.size > FEW_NODES ? whole : Math.min(whole, FIRST_ROOM);
    return allocateListpack(store, 0, 0, Math.max(needed, room));
  }

  #removeNode(node: number): void {
    const { nodes, store } = this;
    if (this.watcher !== null) this.watcher.changing(node);
    const ref = nodes.ref(node);
    this.#length -= nodes.count(node);
    nodes.remove(node);
    if (nodes.size > FEW_NODES && this.#spare === 0 && isWorthKeeping(store.capacity(ref))) {
      this.#spare = ref;
    } else {
      store.free(ref);
    }
    if (nodes.size === FEW_NODES) {
      store.free(this.#spare);
      this.#spare = 0;
    }
  }

  #deleteFrom(node: number, position: number, count: number): void {
    const { nodes } = this;
    if (this.watcher !== null) this.watcher.changing(node);
    const ref = listpack.deleteRange(this.store, nodes.ref(node), position, count);
    nodes.setRef(node, ref);
    nodes.setCount(node, nodes.count(node) - count);
    this.#length -= count;
  }

  /** Cuts a node in two before the element at `position`; returns the new node, which is the second. */
  #split(node: number, position: number): number {
    const { nodes, store } = this;
    const ref = nodes.ref(node);
    const buffer = store.buffer(ref), base = store.offset(ref);
    let count = 0;
    for (let at = position; !listpack.atEnd(buffer, base, at); count++) {
      at = listpack.nextPosition(buffer, base, at);
    }
    const tail = nodes.insertAfter(node, copyTail(store, ref, position, count), count);
    this.#length += count;
    this.#deleteFrom(node, position, count);
    this.#fit(node);
    return tail;
  }

  /** Makes one node of a node and the next one, if both exist and fit into one. */
  #mergeWithNext(node: number, limits: ListLimits): void {
    const { nodes, store } = this;
    const next = nodes.next(node);
    if (node === END || next === END) return;
    const ref = nodes.ref(node), nextRef = nodes.ref(next);
    const bytes = store.length(ref) + store.length(nextRef) - listpack.EMPTY_SIZE;
    const count = nodes.count(node) + nodes.count(next);
    if (!isNodeSize(bytes, count, limits)) return;
    if (this.watcher !== null) {
      this.watcher.changing(node);
      this.watcher.changing(next);
    }
    nodes.setRef(node, appendListpack(store, ref, nextRef));
    nodes.setCount(node, count);
    store.free(nextRef);
    nodes.remove(next);
  }

  /** Gives back room that a node within the list is not likely to need. */
  #fitInner(node: number): void {
    if (node !== this.nodes.first && node !== this.nodes.last) this.#fit(node);
  }

  /** Gives back the room of a node, if much of it is not used. */
  #fit(node: number): void {
    const { nodes, store } = this;
    const ref = nodes.ref(node), length = store.length(ref);
    if (store.capacity(ref) < length + length / 4) return;
    nodes.setRef(node, copyListpack(store, ref, store));
    store.free(ref);
  }
}

/** Whether a removed node's room is that of a large node, but not of a single huge element. */
function isWorthKeeping(room: number): boolean {
  return room >= FIRST_ROOM && room <= LARGEST_NODE;
}

/** Whether a listpack of `count` entries is no larger than it may be with another entry at `position`. */
export function canReplace(
  store: ByteStore,
  ref: number,
  count: number,
  position: number,
  element: ByteRange,
  limits: ListLimits,
): boolean {
  const old = entrySize(store.buffer(ref), store.offset(ref) + position);
  const added = stringEntrySize(element.end - element.start) - old;
  return added <= 0 || isNodeSize(store.length(ref) + added, count, limits);
}

/** Hands over `count` entries, all of which exist, of a listpack from entry number `index` on. */
export function sendEntries(
  store: ByteStore,
  ref: number,
  index: number,
  count: number,
  sink: ElementSink,
): void {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let at = base + listpack.positionAt(buffer, base, index);
  for (let left = count; left > 0; left--) {
    sendEntry(buffer, at, sink);
    at += entrySize(buffer, at);
  }
}

/** Hands over the last `count` entries, all of which exist, of a listpack, the last one first. */
export function sendEntriesReversed(
  store: ByteStore,
  ref: number,
  count: number,
  sink: ElementSink,
): void {
  const buffer = store.buffer(ref);
  let at = store.offset(ref) + store.length(ref) - 1;
  for (let left = count; left > 0; left--) {
    at -= entrySizeBefore(buffer, at);
    sendEntry(buffer, at, sink);
  }
}
