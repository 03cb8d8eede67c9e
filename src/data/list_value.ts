/**
 * Lists, however large: one listpack, or from where that would pass the size of a node on, a `Quicklist`;
 * that is also what has plain nodes.
 * Only this file and list_cursor.ts know which. A list is given as the `ByteStore` that holds compact
 * values and its `Value`, which the caller writes back (`Database.save`) after a change.
 *
 * Redis calls both of them quicklist. Import it as a namespace:
 * `import * as list from "../../data/list_value.ts"`.
 */

import type { ByteRange } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import {
  isNodeSize,
  isPlain,
  type ListLimits,
  nodeTakes,
  nodeTakesInPlace,
} from "./list_limits.ts";
import * as listpack from "./listpack.ts";
import { copyListpack } from "./listpack_pieces.ts";
import { sendEntries, sendEntriesReversed } from "./listpack_sending.ts";
import { type ListEnd, Quicklist, type Side } from "./quicklist.ts";
import { Encoding, type Value, ValueType } from "./value.ts";

export type { ListEnd, ListLimits, Side };

/** Makes `value` a list without elements. */
export function create(store: ByteStore, value: Value): Value {
  return value.setCompact(ValueType.List, Encoding.QuicklistNode, listpack.create(store));
}

/** How many elements the list has. */
export function length(store: ByteStore, value: Value): number {
  if (value.encoding !== Encoding.QuicklistNode) return quicklistOf(value).length;
  return listpack.length(store.buffer(value.ref), store.offset(value.ref));
}

/** Adds an element, whose bytes must not lie in the list, at an end. */
export function push(
  store: ByteStore,
  value: Value,
  end: ListEnd,
  element: ByteRange,
  limits: ListLimits,
): void {
  if (!nodeHasRoom(store, value, element, limits)) spread(store, value);
  if (value.encoding !== Encoding.QuicklistNode) {
    quicklistOf(value).push(end, element, limits);
    return;
  }
  const position = end === "head" ? listpack.FIRST_POSITION : store.length(value.ref) - 1;
  insertInNode(store, value, position, element);
}

/** Hands over the element at an end of a list that has elements. */
export function sendEnd(store: ByteStore, value: Value, end: ListEnd, sink: ElementSink): void {
  if (value.encoding !== Encoding.QuicklistNode) {
    const { nodes, store: own } = quicklistOf(value);
    sendNodeEnd(own, nodes.ref(end === "head" ? nodes.first : nodes.last), end, sink);
  } else {
    sendNodeEnd(store, value.ref, end, sink);
  }
}

/** Hands over the element number `index`, 0 ≤ index < length. */
export function sendAt(store: ByteStore, value: Value, index: number, sink: ElementSink): void {
  sendRange(store, value, index, 1, sink);
}

/** Hands over `count` elements, all of which exist, from number `index` on. */
export function sendRange(
  store: ByteStore,
  value: Value,
  index: number,
  count: number,
  sink: ElementSink,
): void {
  if (value.encoding === Encoding.QuicklistNode) {
    sendEntries(store, value.ref, index, count, sink);
  } else {
    quicklistOf(value).send(index, count, sink);
  }
}

/** Hands over `count` elements, all of which exist, from an end on, the outermost first. */
export function sendFromEnd(
  store: ByteStore,
  value: Value,
  end: ListEnd,
  count: number,
  sink: ElementSink,
): void {
  if (end === "head") sendRange(store, value, 0, count, sink);
  else if (value.encoding === Encoding.QuicklistNode) {
    sendEntriesReversed(store, value.ref, count, sink);
  } else {
    quicklistOf(value).sendReversed(count, sink);
  }
}

/** Removes so many elements, or all that there are, from an end. */
export function remove(
  store: ByteStore,
  value: Value,
  end: ListEnd,
  count: number,
  limits: ListLimits,
): void {
  if (value.encoding !== Encoding.QuicklistNode) {
    quicklistOf(value).remove(end, count);
    gather(store, value, limits);
    return;
  }
  const { ref } = value;
  const buffer = store.buffer(ref), base = store.offset(ref);
  let position = listpack.FIRST_POSITION;
  if (end === "tail") {
    const kept = listpack.length(buffer, base) - count;
    if (kept > 0) position = listpack.positionAt(buffer, base, kept);
  }
  value.ref = listpack.deleteRange(store, ref, position, count);
}

/** Replaces the element number `index`, 0 ≤ index < length, by one whose bytes don't lie in the list. */
export function set(
  store: ByteStore,
  value: Value,
  index: number,
  element: ByteRange,
  limits: ListLimits,
): void {
  if (value.encoding === Encoding.QuicklistNode) {
    const { ref } = value;
    const { buffer, start, end } = element;
    if (nodeTakesInPlace(store.length(ref), end - start, limits)) {
      const position = listpack.positionAt(store.buffer(ref), store.offset(ref), index);
      value.ref = listpack.replaceAt(store, ref, position, buffer, start, end);
      return;
    }
    spread(store, value);
  }
  const list = quicklistOf(value);
  const node = list.nodeAt(index);
  const ref = list.nodes.ref(node);
  const { store: own } = list;
  const position = listpack.positionAt(own.buffer(ref), own.offset(ref), list.offset);
  list.replace(node, position, element, limits);
}

/** Whether an element may join a list that is one listpack; true for others. For list_cursor.ts. */
export function nodeHasRoom(
  store: ByteStore,
  value: Value,
  element: ByteRange,
  limits: ListLimits,
): boolean {
  if (value.encoding !== Encoding.QuicklistNode) return true;
  const count = length(store, value), bytes = element.end - element.start;
  // The first element is taken even if it is larger than a node may be.
  return count === 0
    ? !isPlain(bytes, limits)
    : nodeTakes(store.length(value.ref), count, bytes, limits);
}

/** Turns a list that is one listpack into a quicklist with the same node, if that has entries. For list_cursor.ts. */
export function spread(store: ByteStore, value: Value): void {
  const isEmpty = length(store, value) === 0;
  const list = isEmpty ? new Quicklist() : Quicklist.ofListpack(store, value.ref);
  store.free(value.ref);
  value.setObject(ValueType.List, Encoding.Quicklist, list);
}

/**
 * Turns a quicklist that has become small into one listpack. As long as that is more than half a node it
 * stays, lest a list whose length goes up and down changes its form each time.
 */
export function gather(store: ByteStore, value: Value, limits: ListLimits): void {
  if (value.encoding === Encoding.QuicklistNode) return;
  const { nodes, store: own } = quicklistOf(value);
  if (nodes.size > 1) return;
  if (nodes.size === 0) {
    create(store, value);
    return;
  }
  if (nodes.isPlain(nodes.first)) return;
  const ref = nodes.ref(nodes.first), count = nodes.count(nodes.first);
  if (!isNodeSize(2 * own.length(ref), 2 * count, limits)) return;
  value.setCompact(ValueType.List, Encoding.QuicklistNode, copyListpack(own, ref, store));
}

/** Inserts an element at a position of a list that is one listpack with room. For list_cursor.ts. */
export function insertInNode(
  store: ByteStore,
  value: Value,
  position: number,
  element: ByteRange,
): void {
  const { buffer, start, end } = element;
  value.ref = listpack.insertAt(store, value.ref, position, buffer, start, end);
}

/** The contents of a list that is not one listpack. For list_cursor.ts. */
export function quicklistOf(value: Value): Quicklist {
  return value.object as Quicklist;
}

function sendNodeEnd(store: ByteStore, ref: number, end: ListEnd, sink: ElementSink): void {
  const buffer = store.buffer(ref), base = store.offset(ref);
  const position = end === "head" ? listpack.FIRST_POSITION : listpack.lastPosition(buffer, base);
  sendEntry(buffer, base + position, sink);
}
