/** Reads values in all forms that Redis 7.0 reads, and makes them values of ours. Nothing is trusted. */

import type { ByteStore } from "../data/byte_store.ts";
import { type HashLimits } from "../data/hash_value.ts";
import type { ListLimits } from "../data/list_limits.ts";
import type { SetLimits } from "../data/set_value.ts";
import type { SortedSetLimits } from "../data/sorted_set_value.ts";
import { stringEncoding } from "../data/string_value.ts";
import { isCompact, Value, ValueType } from "../data/value.ts";
import { RdbType } from "./rdb_format.ts";
import { readHash, readHashBlob } from "./rdb_hash_reader.ts";
import type { RdbInput } from "./rdb_input.ts";
import { readList, readListBlob, readListBlobs } from "./rdb_list_reader.ts";
import { failForModuleValue } from "./rdb_modules.ts";
import { readAtOnce, type Reading } from "./rdb_reading.ts";
import { readIntset, readSet } from "./rdb_set_reader.ts";
import { readSortedSet, readSortedSetBlob } from "./rdb_sorted_set_reader.ts";
import { readStream } from "./rdb_stream_reader.ts";

/** Up to where values are compact; a server's settings have these properties. */
export type ValueLimits = HashLimits & ListLimits & SetLimits & SortedSetLimits;

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
  if (!isOneString(type)) return readAtOnce(readValueInParts(input, type, store, limits));
  const value = new Value();
  try {
    return readOneString(input, type, store, value, limits) ? value : discarded(store, value);
  } catch (error) {
    discarded(store, value);
    throw error;
  }
}

/** As `readValue`, for values that are not `isOneString`. */
export function* readValueInParts(
  input: RdbInput,
  type: number,
  store: ByteStore,
  limits: ValueLimits,
): Reading<Value | null> {
  const value = new Value();
  try {
    const hasContents = yield* readElements(input, type, store, value, limits);
    return hasContents ? value : discarded(store, value);
  } catch (error) {
    discarded(store, value);
    throw error;
  }
}

/** Whether values of a type are one string in the file, and thus read at once. */
export function isOneString(type: number): boolean {
  switch (type) {
    case RdbType.String:
    case RdbType.ListZiplist:
    case RdbType.SetIntset:
    case RdbType.SortedSetZiplist:
    case RdbType.SortedSetListpack:
    case RdbType.HashZipmap:
    case RdbType.HashZiplist:
    case RdbType.HashListpack:
      return true;
    default:
      return false;
  }
}

/**
 * Reads into `value`, which holds whatever the store has of it at any time; false if it is empty. So do
 * all readers that this one calls.
 */
function readOneString(
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
    case RdbType.ListZiplist:
      return readListBlob(input, store, value, limits);
    case RdbType.SetIntset:
      return readIntset(input, store, value, limits);
    case RdbType.SortedSetZiplist:
    case RdbType.SortedSetListpack:
      return readSortedSetBlob(input, type, store, value, limits);
    default:
      return readHashBlob(input, type, store, value, limits);
  }
}

/** As `readOneString`, for the other types. */
function readElements(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: ValueLimits,
): Reading<boolean> {
  switch (type) {
    case RdbType.List:
      return readList(input, store, value, limits);
    case RdbType.ListQuicklist:
    case RdbType.ListQuicklist2:
      return readListBlobs(input, type, store, value, limits);
    case RdbType.Set:
      return readSet(input, store, value, limits);
    case RdbType.SortedSet:
    case RdbType.SortedSet2:
      return readSortedSet(input, type, store, value, limits);
    case RdbType.Hash:
      return readHash(input, store, value, limits);
    case RdbType.StreamListpacks:
    case RdbType.StreamListpacks2:
      return readStream(input, type, value);
    case RdbType.ModulePreGa:
    case RdbType.Module2:
      return failForModuleValue(input);
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
