/** How hash commands come by the hash of a key. */

import type { ByteRange } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { readTyped, writeTyped } from "../lookup.ts";

/**
 * The hash of a key to be read, or null where there is none; valid until the database's next `load`.
 * Throws `WRONGTYPE`.
 */
export function readHash(db: Database, key: ByteRange): Value | null {
  const row = readTyped(db, key, ValueType.Hash);
  return row === NO_ROW ? null : db.load(row);
}

/** The row of a hash to be changed; a key that does not exist gets one without fields. Throws `WRONGTYPE`. */
export function openHash(db: Database, key: ByteRange): number {
  const row = writeTyped(db, key, ValueType.Hash);
  return row === NO_ROW ? db.add(key, hash.create(db.store, new Value())) : row;
}
