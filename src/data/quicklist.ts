/** Lists that are too large for one listpack: encoding `quicklist`. */

import type { ByteRange } from "../base/span.ts";
import { ByteStore } from "./byte_store.ts";
import type { ElementSink } from "./element_sink.ts";
import {
  isNodeSize,
  isPlain,
  type ListLimits,
  nodeBytes,
  nodeTakes,
  nodeTakesInPlace,
} from "./list_limits.ts";
import * as listpack from "./listpack.ts";
import { stringEntrySize } from "./listpack_entry.ts";
import {
  allocateListpack,
  appendListpack,
  clearListpack,
  copyListpack,
  copyTail,
} from "./listpack_pieces.ts";
import { sendEntries, sendEntriesReversed } from "./listpack_sending.ts";
import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";
import { END, NodeChain } from "./quicklist_chain.ts";
import { FEW_NODES, fitted, isRoomOfNode, roomOfNode, withRoom } from "./quicklist_room.ts";
import type { ValueObject } from "./value.ts";

/** The two ends of a list. */
export type ListEnd = "head" | "tail";

/** On which side of another element one is inserted. */
export type Side = "before" | "after";

/** What Redis takes off the bytes of two nodes for what they need as one; it is a little too much. */
const MERGE_SAVES = 11;
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
 *
 * A plain node, which Redis keeps as the element's bytes alone, is a listpack of one entry here: so all that
 * reads nodes need not ask. Nothing joins it, and it is written as what it is in Redis.
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

  get parts(): number {
    return this.nodes.size;
  }

  clone(): Quicklist {
    const copy = new Quicklist();
    const { nodes, store } = this;
    for (let node = nodes.first; node !== END; node = nodes.next(node)) {
      const added = copy.appendNode(store, nodes.ref(node));
      if (nodes.isPlain(node)) copy.nodes.markPlain(added);
    }
    return copy;
  }

  /** Adds a copy of a listpack of `store`, which has entries, as the last node; returns its number. */
  appendNode(store: ByteStore, ref: number): number {
    const count = listpack.length(store.buffer(ref), store.offset(ref));
    this.#length += count;
    return this.nodes.insertAfter(this.nodes.last, copyListpack(store, ref, this.store), count);
  }

  /** Adds a copy of the listpack that fills a range and has entries as the last node. */
  appendListpack({ buffer, start, end }: ByteRange): void {
    const count = listpack.length(buffer, start);
    this.nodes.insertAfter(this.nodes.last, this.store.put(buffer, start, end), count);
    this.#length += count;
  }

  /** Adds an element as a plain node, the last one, whatever its size. */
  appendPlain(element: ByteRange): void {
    this.#addPlainNode(this.nodes.last, element);
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
   * Inserts an element, whose bytes must not lie in this list, beside the one at `position` of a node. Where
   * the node is full and that is at its edge, the neighbour there takes it or a new node; elsewhere the node
   * is cut in two, as Redis does.
   */
  insert(node: number, position: number, side: Side, element: ByteRange, limits: ListLimits): void {
    const { nodes } = this;
    const at = side === "before" ? position : this.#positionAfter(node, position);
    if (this.#takes(node, element, limits)) {
      this.#insertInto(node, at, element, limits);
    } else if (at === listpack.FIRST_POSITION) {
      const before = nodes.previous(node);
      if (before !== END && this.#takes(before, element, limits)) {
        this.#insertInto(before, this.#endPosition(before), element, limits);
      } else {
        this.#addNode(before, element, limits);
      }
    } else if (at === this.#endPosition(node)) {
      const after = nodes.next(node);
      if (after !== END && this.#takes(after, element, limits)) {
        this.#insertInto(after, listpack.FIRST_POSITION, element, limits);
      } else {
        this.#addNode(node, element, limits);
      }
    } else {
      this.#insertWithin(node, at, side, element, limits);
    }
  }

  /**
   * Replaces the element at `position` of a node by another one, whose bytes must not lie in this list. The
   * node may become larger than others by that, as in Redis, but a plain one stays plain and others don't
   * become so.
   */
  replace(node: number, position: number, element: ByteRange, limits: ListLimits): void {
    const { nodes, store } = this;
    const { buffer, start, end } = element;
    const ref = nodes.ref(node);
    const staysThere = nodes.isPlain(node)
      ? isPlain(end - start, limits)
      : nodeTakesInPlace(store.length(ref), end - start, limits);
    if (!staysThere) {
      this.insert(node, position, "after", element, limits);
      this.removeAt(node, position);
      return;
    }
    if (this.watcher !== null) this.watcher.changing(node);
    nodes.setRef(node, listpack.replaceAt(store, ref, position, buffer, start, end));
    if (store.capacity(nodes.ref(node)) > nodeBytes(limits)) this.#fit(node);
    else this.#fitInner(node);
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
    const { nodes } = this;
    if (nodes.isPlain(node)) return false;
    const bytes = this.store.length(nodes.ref(node));
    return nodeTakes(bytes, nodes.count(node), element.end - element.start, limits);
  }

  #positionAfter(node: number, position: number): number {
    const ref = this.nodes.ref(node);
    return listpack.nextPosition(this.store.buffer(ref), this.store.offset(ref), position);
  }

  #endPosition(node: number): number {
    return this.store.length(this.nodes.ref(node)) - 1;
  }

  /** Cuts a node in two at `position` for an element that stands on `side` of the one that it is told by. */
  #insertWithin(
    node: number,
    position: number,
    side: Side,
    element: ByteRange,
    limits: ListLimits,
  ): void {
    const tail = this.#split(node, position);
    if (isPlain(element.end - element.start, limits)) {
      this.#addNode(node, element, limits);
    } else if (side === "before") {
      this.#insertInto(node, this.#endPosition(node), element, limits);
      this.#mergeAround(tail, limits);
    } else {
      this.#insertInto(tail, listpack.FIRST_POSITION, element, limits);
      this.#mergeAround(node, limits);
    }
  }

  #insertInto(node: number, position: number, element: ByteRange, limits: ListLimits): void {
    const { nodes, store } = this;
    const { buffer, start, end } = element;
    if (this.watcher !== null) this.watcher.changing(node);
    const ref = withRoom(store, nodes.ref(node), stringEntrySize(end - start), limits);
    nodes.setRef(node, listpack.insertAt(store, ref, position, buffer, start, end));
    nodes.setCount(node, nodes.count(node) + 1);
    this.#length++;
  }

  /** Adds a node with one element behind another node, or in front of all with `END`. */
  #addNode(before: number, element: ByteRange, limits: ListLimits): void {
    const { buffer, start, end } = element;
    if (isPlain(end - start, limits)) {
      this.#addPlainNode(before, element);
      return;
    }
    const ref = this.#emptyListpack(stringEntrySize(end - start), limits);
    this.nodes.insertAfter(before, listpack.append(this.store, ref, buffer, start, end), 1);
    this.#length++;
  }

  /** Adds a plain node behind another node, or in front of all with `END`. */
  #addPlainNode(before: number, { buffer, start, end }: ByteRange): void {
    const { nodes, store } = this;
    const room = listpack.EMPTY_SIZE + stringEntrySize(end - start);
    const ref = allocateListpack(store, 0, 0, room);
    nodes.markPlain(nodes.insertAfter(before, listpack.append(store, ref, buffer, start, end), 1));
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
    const room = roomOfNode(entry, this.nodes.size, limits);
    return allocateListpack(store, 0, 0, Math.max(needed, room));
  }

  #removeNode(node: number): void {
    const { nodes, store } = this;
    if (this.watcher !== null) this.watcher.changing(node);
    const ref = nodes.ref(node);
    this.#length -= nodes.count(node);
    nodes.remove(node);
    if (nodes.size > FEW_NODES && this.#spare === 0 && isRoomOfNode(store.capacity(ref))) {
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

  /** Makes fewer nodes of a node and the two on either side of it, in the order in which Redis tries it. */
  #mergeAround(node: number, limits: ListLimits): void {
    const { nodes } = this;
    const before = nodes.previous(node), after = nodes.next(node);
    if (before !== END) this.#mergeWithNext(nodes.previous(before), limits);
    if (after !== END) this.#mergeWithNext(after, limits);
    const neighbour = nodes.previous(node);
    this.#mergeWithNext(this.#mergeWithNext(neighbour, limits) ? neighbour : node, limits);
  }

  /** Makes one node of a node and the next one, if both exist and fit into one; says whether it did. */
  #mergeWithNext(node: number, limits: ListLimits): boolean {
    const { nodes, store } = this;
    const next = nodes.next(node);
    if (node === END || next === END || nodes.isPlain(node) || nodes.isPlain(next)) return false;
    const ref = nodes.ref(node), nextRef = nodes.ref(next);
    const bytes = store.length(ref) + store.length(nextRef) - MERGE_SAVES;
    const count = nodes.count(node) + nodes.count(next);
    if (!isNodeSize(bytes, count, limits)) return false;
    if (this.watcher !== null) {
      this.watcher.changing(node);
      this.watcher.changing(next);
    }
    nodes.setRef(node, appendListpack(store, ref, nextRef));
    nodes.setCount(node, count);
    store.free(nextRef);
    nodes.remove(next);
    return true;
  }

  /** Gives back room that a node within the list is not likely to need. */
  #fitInner(node: number): void {
    if (node !== this.nodes.first && node !== this.nodes.last) this.#fit(node);
  }

  /** Gives back the room of a node, if much of it is not used. */
  #fit(node: number): void {
    const { nodes, store } = this;
    nodes.setRef(node, fitted(store, nodes.ref(node)));
  }
}
