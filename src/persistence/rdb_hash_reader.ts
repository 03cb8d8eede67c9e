/** Reads hashes. */

import { SpanCopy } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import { HashTable } from "../data/hash_table.ts";
import * as hash from "../data/hash_value.ts";
import * as listpack from "../data/listpack.ts";
import { hasTwice } from "../data/listpack_duplicates.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { Reading } from "./rdb_reading.ts";

const TWICE = "A field is twice in a hash";

/** Reads a hash of fields and values; false if it is empty. */
export function* readHash(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: hash.HashLimits,
): Reading<boolean> {
  const count = input.count();
  const table = new HashTable();
  value.setObject(ValueType.Hash, Encoding.Hashtable, table);
  const field = new SpanCopy();
  for (let left = count; left > 0; left--) {
    if (input.partIsRead()) yield;
    // The field's span does not outlive the reading of its value.
    const name = field.take(input.string());
    if (table.setNew(name, input.string())) continue;
    // What is too long for a listpack Redis refuses to take twice.
    if (count > limits["hash-max-listpack-entries"]) input.fail(TWICE);
    input.mend(TWICE);
  }
  // Most often something is too long for a listpack: Redis would have written one.
  hash.compact(store, value, limits);
  return count > 0;
}

/** Reads a hash in a compact encoding; false if it is empty. */
export function readHashBlob(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: hash.HashLimits,
): boolean {
  const { buffer, start, end } = readListpack(input, type);
  const entries = listpack.length(buffer, start);
  if (entries % 2 !== 0) input.fail("A hash has a field without a value");
  const isTwice = hasTwice(buffer, start, 2);
  if (isTwice) {
    // Redis looks for it in the old encodings at any time.
    if (type !== RdbType.HashListpack) input.fail(TWICE);
    input.mend(TWICE);
  }
  value.setCompact(ValueType.Hash, Encoding.Listpack, store.put(buffer, start, end));
  if (isTwice) {
    hash.convert(store, value);
    hash.compact(store, value, limits);
    return true;
  }
  // Redis looks at the lengths in zipmaps only.
  const longest = type === RdbType.HashZipmap ? limits["hash-max-listpack-value"] : Infinity;
  if (
    entries / 2 > limits["hash-max-listpack-entries"] ||
    longest < Infinity && hasLonger(buffer, start, longest)
  ) hash.convert(store, value);
  return entries > 0;
}

/** Whether a listpack has an entry of more than so many bytes. */
function hasLonger(buffer: Uint8Array, start: number, longest: number): boolean {
  const entry = new listpack.ListpackEntry();
  for (
    let at = listpack.FIRST_POSITION;
    !listpack.atEnd(buffer, start, at);
    at = listpack.nextPosition(buffer, start, at)
  ) {
    if (listpack.readEntry(buffer, start, at, entry).span().length > longest) return true;
  }
  return false;
}
