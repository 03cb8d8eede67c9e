/** The one place where commands look keys up and check types. */

import { WRONG_TYPE } from "../base/errors.ts";
import type { ByteRange } from "../base/span.ts";
import type { ValueType } from "../data/value.ts";
import { type Database, NO_ROW } from "../keyspace/database.ts";

/** The row that a look-up has found, which may be `NO_ROW`. Throws `WRONGTYPE` for another type. */
export function checkType(db: Database, row: number, type: ValueType): number {
  if (row !== NO_ROW && db.typeOf(row) !== type) throw WRONG_TYPE;
  return row;
}

/** The row of a key to be read, or `NO_ROW`. Throws `WRONGTYPE` for another type. */
export function readTyped(db: Database, key: ByteRange, type: ValueType): number {
  return checkType(db, db.lookupRead(key), type);
}

/** The row of a key to be changed, or `NO_ROW`. Throws `WRONGTYPE` for another type. */
export function writeTyped(db: Database, key: ByteRange, type: ValueType): number {
  return checkType(db, db.lookupWrite(key), type);
}
