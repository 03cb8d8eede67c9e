/** How sorted set commands come by the sorted set of a key, and leave it. */

import type { ByteRange } from "../../base/span.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { readTyped, writeTyped } from "../lookup.ts";

/**
 * The sorted set of a key to be read, or null where there is none; valid until the database's next
 * `load`. Throws `WRONGTYPE`.
 */
export function readSortedSet(db: Database, key: ByteRange): Value | null {
  const row = readTyped(db, key, ValueType.SortedSet);
  return row === NO_ROW ? null : db.load(row);
}

/** The row of a sorted set to be changed; a key that does not exist gets one without members. */
export function openSortedSet(db: Database, key: ByteRange): number {
  const row = writeTyped(db, key, ValueType.SortedSet);
  return row === NO_ROW ? db.add(key, sortedSet.create(db.store, new Value())) : row;
}

/**
 * Writes a sorted set back from which `removed` members were taken, so that `left` are left; the key
 * goes with the last of them. Where all are to go they may still be in `value`.
 */
export function saveRemoval(
  db: Database,
  key: ByteRange,
  row: number,
  value: Value,
  removed: number,
  left: number,
  event: string,
): void {
  db.save(row, value);
  if (left === 0) db.remove(row);
  db.changed(key, EventClass.SortedSet, event, removed);
  if (left === 0) db.notify(EventClass.Generic, "del", key);
}
