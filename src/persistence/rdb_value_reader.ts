/** Reads values in all forms that Redis 7.0 reads, and makes them values of ours. Nothing is trusted. */

import type { Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import { type HashLimits } from "../data/hash_value.ts";
import * as intset from "../data/intset.ts";
import type { ListLimits } from "../data/list_limits.ts";
import * as set from "../data/set_value.ts";
import type { SortedSetLimits } from "../data/sorted_set_value.ts";
import { stringEncoding } from "../data/string_value.ts";
import { Element } from "../data/element.ts";
import { Encoding, isCompact, Value, ValueType } from "../data/value.ts";
import { RdbType } from "./rdb_format.ts";
import { readHash, readHashBlob } from "./rdb_hash_reader.ts";
import type { RdbInput } from "./rdb_input.ts";
import { readList, readListBlobs } from "./rdb_list_reader.ts";
import { readSortedSet, readSortedSetBlob } from "./rdb_sorted_set_reader.ts";
import { readStream } from "./rdb_stream_reader.ts";

/** Up to where values are compact; a server's settings have these properties. */
export type ValueLimits = HashLimits & ListLimits & set.SetLimits & SortedSetLimits;

/**
 * Reads a value of a type from where the input stands and puts it into a store. Null for an aggregate
 * without elements, which no key can hold. Throws `RdbError`; the store is as it was then.
 */
export function readValue(
  input: RdbInput,
  type: number,
  store: ByteStore,
  limits: ValueLimits,
): Value | null {
  const value = new Value();
  try {
    return readInto(input, type, store, value, limits) ? value : discarded(store, value);
  } catch (error) {
    discarded(store, value);
    throw error;
  }
}

/** Reads into `value`, which holds whatever the store has of it at any time; false if it is empty. */
function readInto(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: ValueLimits,
): boolean {
  switch (type) {
    case RdbType.String:
      readString(input, store, value);
      return true;
    case RdbType.List:
      return readList(input, store, value, limits);
    case RdbType.ListZiplist:
    case RdbType.ListQuicklist:
    case RdbType.ListQuicklist2:
      return readListBlobs(input, type, store, value, limits);
    case RdbType.Set:
      return readSet(input, store, value, limits);
    case RdbType.SetIntset:
      return readIntset(input, store, value, limits);
    case RdbType.SortedSet:
    case RdbType.SortedSet2:
      return readSortedSet(input, type, store, value, limits);
    case RdbType.SortedSetZiplist:
    case RdbType.SortedSetListpack:
      return readSortedSetBlob(input, type, store, value, limits);
    case RdbType.Hash:
      return readHash(input, store, value, limits);
    case RdbType.HashZipmap:
    case RdbType.HashZiplist:
    case RdbType.HashListpack:
      return readHashBlob(input, type, store, value, limits);
    case RdbType.StreamListpacks:
    case RdbType.StreamListpacks2:
      return readStream(input, type, value);
    default:
      return input.fail(`A value of unknown type ${type}`);
  }
}

function discarded(store: ByteStore, value: Value): null {
  if (isCompact(value.encoding)) store.free(value.ref);
  return null;
}

function readString(input: RdbInput, store: ByteStore, value: Value): void {
  const text = input.string();
  const encoding = stringEncoding(text);
  value.setCompact(ValueType.String, encoding, store.put(text.buffer, text.start, text.end));
}

function readSet(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: set.SetLimits,
): boolean {
  const count = input.count();
  set.create(store, value);
  for (let left = count; left > 0; left--) {
    if (!set.add(store, value, input.string(), limits)) input.fail("A member is twice in a set");
  }
  return count > 0;
}

function readIntset(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: set.SetLimits,
): boolean {
  const blob: Span = input.string();
  const { buffer, start, end } = blob;
  if (end - start === intset.HEADER_SIZE && intset.length(buffer, start) === 0) return false;
  if (!intset.validate(buffer, start, end)) input.fail("An intset that is not sound");
  const ref = store.put(buffer, start, end);
  value.setCompact(ValueType.Set, Encoding.Intset, ref);
  if (intset.length(buffer, start) <= limits["set-max-intset-entries"]) return true;

  const source = new Value().setCompact(ValueType.Set, Encoding.Intset, ref);
  const member = new Element();
  set.create(store, value);
  for (let at = set.first(store, source); at !== set.NONE; at = set.next(store, source, at)) {
    set.sendMember(store, source, at, member);
    set.addElement(store, value, member, limits);
  }
  store.free(ref);
  return true;
}
