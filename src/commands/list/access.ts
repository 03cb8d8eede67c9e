/** How list commands come by the list of a key, and what they do when elements were taken off it. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import type { ByteRange } from "../../base/span.ts";
import * as list from "../../data/list_value.ts";
import { type Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { readTyped } from "../lookup.ts";

/**
 * The list of a key to be read, or null where there is none; valid until the database's next `load`.
 * Throws `WRONGTYPE`.
 */
export function readList(db: Database, key: ByteRange): Value | null {
  const row = readTyped(db, key, ValueType.List);
  return row === NO_ROW ? null : db.load(row);
}

/** The end of a list that an argument names. Throws a syntax error. */
export function requireEnd(args: Frame, i: number): list.ListEnd {
  if (args.is(i, "LEFT")) return "head";
  if (args.is(i, "RIGHT")) return "tail";
  throw SYNTAX_ERROR;
}

/** The event of elements that were taken off an end. */
export function popEvent(end: list.ListEnd): string {
  return end === "head" ? "lpop" : "rpop";
}

/** The event of elements that were added at an end. */
export function pushEvent(end: list.ListEnd): string {
  return end === "head" ? "lpush" : "rpush";
}

/** Writes back a list that has become shorter; tells the event, and removes the key of an empty list. */
export function saveShortened(
  db: Database,
  row: number,
  key: ByteRange,
  value: Value,
  event: string,
  dirty: number,
): void {
  const isEmpty = list.length(db.store, value) === 0;
  db.save(row, value);
  if (isEmpty) db.remove(row);
  db.changed(key, EventClass.List, event, dirty);
  if (isEmpty) db.notify(EventClass.Generic, "del", key);
}
