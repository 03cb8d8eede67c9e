/** How set commands come by the set of a key. */

import type { ByteRange } from "../../base/span.ts";
import * as set from "../../data/set_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { readTyped, writeTyped } from "../lookup.ts";

/**
 * The set of a key to be read, or null where there is none; valid until the database's next `load`,
 * unless the caller brings a `Value` of its own. Throws `WRONGTYPE`.
 */
export function readSet(db: Database, key: ByteRange, value?: Value): Value | null {
  const row = readTyped(db, key, ValueType.Set);
  return row === NO_ROW ? null : db.load(row, value);
}

/** The sets of the keys that are arguments `[from, to)`, null for each key that does not exist. */
export function readSets(db: Database, args: Frame, from: number, to: number): (Value | null)[] {
  const sets: (Value | null)[] = [];
  for (let i = from; i < to; i++) sets.push(readSet(db, args.span(i), new Value()));
  return sets;
}

/** The row of a set to be changed; a key that does not exist gets one without members. Throws `WRONGTYPE`. */
export function openSet(db: Database, key: ByteRange): number {
  const row = writeTyped(db, key, ValueType.Set);
  return row === NO_ROW ? db.add(key, set.create(db.store, new Value())) : row;
}
