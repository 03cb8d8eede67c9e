/** Reads lists. */

import type { ByteStore } from "../data/byte_store.ts";
import * as list from "../data/list_value.ts";
import { isNodeSize, type ListLimits } from "../data/list_limits.ts";
import * as listpack from "../data/listpack.ts";
import { Quicklist } from "../data/quicklist.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { Span } from "../base/span.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbListNode, RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";

/** Reads a list of elements; false if it is empty. */
export function readList(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): boolean {
  const count = input.count();
  list.create(store, value);
  for (let left = count; left > 0; left--) {
    list.push(store, value, "tail", input.string(), limits);
  }
  return count > 0;
}

/** Reads a list of nodes, which stay as they are; false if it is empty. */
export function readListBlobs(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: ListLimits,
): boolean {
  const nodes = type === RdbType.ListZiplist ? 1 : input.count();
  const quicklist = new Quicklist();
  for (let left = nodes; left > 0; left--) {
    const { buffer, start, end } = readNode(input, type);
    const elements = listpack.length(buffer, start);
    if (elements === 0) continue;
    if (nodes === 1 && isNodeSize(end - start, elements, limits)) {
      value.setCompact(ValueType.List, Encoding.QuicklistNode, store.put(buffer, start, end));
      return true;
    }
    const ref = quicklist.store.put(buffer, start, end);
    quicklist.appendNode(quicklist.store, ref);
    quicklist.store.free(ref);
  }
  value.setObject(ValueType.List, Encoding.Quicklist, quicklist);
  return quicklist.length > 0;
}

function readNode(input: RdbInput, type: number): Span {
  if (type !== RdbType.ListQuicklist2) return readListpack(input, type);
  const container = input.unsigned();
  if (container === RdbListNode.Packed) return readListpack(input, type);
  if (container !== RdbListNode.Plain) input.fail("A list node of unknown kind");
  const { buffer, start, end } = input.string();
  const builder = new listpack.ListpackBuilder(end - start + listpack.EMPTY_SIZE);
  builder.append(buffer, start, end);
  return Span.of(builder.finish());
}
