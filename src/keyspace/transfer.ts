/**
 * Keys that change their name or their database: RENAME, MOVE and COPY, for values of every kind.
 *
 * Compact values are bytes in a database's own store, so they are copied when the database is another
 * one; the other values own everything that they hold and are handed over as they are.
 */

import { type ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import { isCompact, Value } from "../data/value.ts";
import { type Database, NO_ROW } from "./database.ts";
import { EventClass } from "./events.ts";

/**
 * Gives the value of `from`, which exists in `source`, to the key `to` of `target`, with its time to live
 * and its access word; `from` is gone then. What `to` held is freed, and its row stays. `from` and `to`
 * must not be the same key. The bytes of both must not lie in a database.
 */
export function moveKey(source: Database, from: ByteRange, target: Database, to: ByteRange): void {
  const row = source.peek(from);
  const expiry = source.exactExpiryOf(row), access = source.accessOf(row);
  const isCopy = source.isCopy(row);
  const value = source.take(row, new Value());
  if (source !== target && isCompact(value.encoding)) {
    const ref = value.ref;
    value.ref = copyBlob(source.store, ref, target.store);
    source.store.free(ref);
  }
  const placed = place(target, to, value, expiry, access);
  if (isCopy) target.markCopy(placed);
}

/** Gives the key `to` of `target` a copy of the value of `from` and its time to live: see `moveKey`. */
export function copyKey(source: Database, from: ByteRange, target: Database, to: ByteRange): void {
  const row = source.peek(from);
  const { type, encoding, ref, object } = source.load(row);
  const value = new Value();
  if (object !== null) value.setObject(type, encoding, object.clone());
  else value.setCompact(type, encoding, copyBlob(source.store, ref, target.store));
  const access = source.keyspace.accessClock.initial();
  target.markCopy(place(target, to, value, source.exactExpiryOf(row), access));
}

/** Makes a key hold a value of its own, whether or not it exists; returns its row. */
function place(
  database: Database,
  key: ByteRange,
  value: Value,
  expiry: number | bigint,
  access: number,
): number {
  let row = database.peek(key);
  if (row === NO_ROW) {
    row = database.add(key, value);
  } else {
    database.replace(row, value);
    // To those who listen the old key is gone and this is another one.
    database.notify(EventClass.New, "new", key);
  }
  database.setExpiry(row, expiry);
  database.setAccess(row, access);
  return row;
}

/** A copy of a blob in a store which may be the same. */
function copyBlob(source: ByteStore, ref: number, target: ByteStore): number {
  const { buffer, start, end } = source.span(ref, new Span());
  return target.put(buffer, start, end);
}
