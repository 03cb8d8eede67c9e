/** Reads lists. */

import type { Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import * as list from "../data/list_value.ts";
import { isNodeSize, type ListLimits } from "../data/list_limits.ts";
import * as listpack from "../data/listpack.ts";
import { Quicklist } from "../data/quicklist.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbListNode, RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { Reading } from "./rdb_reading.ts";

/** Reads a list of elements; false if it is empty. */
export function* readList(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): Reading<boolean> {
  const count = input.count();
  list.create(store, value);
  for (let left = count; left > 0; left--) {
    if (input.partIsRead()) yield;
    list.push(store, value, "tail", input.string(), limits);
  }
  return count > 0;
}

/** Reads a list of nodes, which stay as they are; false if it is empty. */
export function* readListBlobs(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): Reading<boolean> {
  const nodes = input.count();
  const quicklist = new Quicklist();
  for (let left = nodes; left > 0; left--) {
    if (input.partIsRead()) yield;
    if (isPlainNode(input, type)) {
      const element = input.string();
      if (element.start === element.end) input.fail("A plain list node without bytes");
      quicklist.appendPlain(element);
    } else {
      const node = readListpack(input, type);
      if (nodes === 1) return takeOnlyNode(node, store, value, limits);
      takeNode(node, quicklist);
    }
  }
  value.setObject(ValueType.List, Encoding.Quicklist, quicklist);
  return quicklist.length > 0;
}

/** Reads a list that is one ziplist; false if it is empty. */
export function readListBlob(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): boolean {
  return takeOnlyNode(readListpack(input, RdbType.ListZiplist), store, value, limits);
}

function takeOnlyNode(
  node: Span,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): boolean {
  const { buffer, start, end } = node;
  const elements = listpack.length(buffer, start);
  if (elements > 0 && isNodeSize(end - start, elements, limits)) {
    value.setCompact(ValueType.List, Encoding.QuicklistNode, store.put(buffer, start, end));
    return true;
  }
  const quicklist = new Quicklist();
  takeNode(node, quicklist);
  value.setObject(ValueType.List, Encoding.Quicklist, quicklist);
  return elements > 0;
}

function takeNode(node: Span, quicklist: Quicklist): void {
  if (listpack.length(node.buffer, node.start) > 0) quicklist.appendListpack(node);
}

/** Whether the next node of a list is an element's bytes, instead of a listpack. */
function isPlainNode(input: RdbInput, type: number): boolean {
  if (type !== RdbType.ListQuicklist2) return false;
  const container = input.unsigned();
  if (container !== RdbListNode.Packed && container !== RdbListNode.Plain) {
    input.fail("A list node of unknown kind");
  }
  return container === RdbListNode.Plain;
}
