/** Reads hashes. */

import { copySpan, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import { HashTable } from "../data/hash_table.ts";
import * as hash from "../data/hash_value.ts";
import * as listpack from "../data/listpack.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";

/** Reads a hash of fields and values; false if it is empty. */
export function readHash(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: hash.HashLimits,
): boolean {
  const count = input.count();
  if (count > limits["hash-max-listpack-entries"]) {
    value.setObject(ValueType.Hash, Encoding.Hashtable, new HashTable());
  } else {
    hash.create(store, value);
  }
  for (let left = count; left > 0; left--) {
    // The field's span does not outlive the reading of its value.
    const field = Span.of(copySpan(input.string()));
    const isNew = hash.set(store, value, field, input.string(), limits);
    if (!isNew) input.fail("A field is twice in a hash");
  }
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
  const fields = new HashTable();
  const field = new listpack.ListpackEntry(), content = new listpack.ListpackEntry();
  const longest = limits["hash-max-listpack-value"];
  let fits = entries / 2 <= limits["hash-max-listpack-entries"];
  for (let at = listpack.FIRST_POSITION; !listpack.atEnd(buffer, start, at);) {
    const name = listpack.readEntry(buffer, start, at, field).span();
    at = listpack.nextPosition(buffer, start, at);
    const text = listpack.readEntry(buffer, start, at, content).span();
    at = listpack.nextPosition(buffer, start, at);
    if (!fields.set(name, text)) input.fail("A field is twice in a hash");
    // Redis looks at the lengths in zipmaps only.
    if (type === RdbType.HashZipmap && (name.length > longest || text.length > longest)) {
      fits = false;
    }
  }
  if (fits) {
    value.setCompact(ValueType.Hash, Encoding.Listpack, store.put(buffer, start, end));
  } else {
    value.setObject(ValueType.Hash, Encoding.Hashtable, fields);
  }
  return entries > 0;
}
