/** How commands get at the HyperLogLog in a key. */

import { ReplyError } from "../../base/errors.ts";
import { type ByteRange, copySpan, Span } from "../../base/span.ts";
import { CorruptedHyperLogLog, HyperLogLog, isHyperLogLog } from "../../data/hyperloglog.ts";
import { Encoding, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { readTyped, writeTyped } from "../lookup.ts";

const NOT_A_HYPERLOGLOG = new ReplyError(
  "WRONGTYPE Key is not a valid HyperLogLog string value.",
);
const CORRUPTED = new ReplyError("INVALIDOBJ Corrupted HLL object detected");

/** The HyperLogLog of a key to be read, or undefined where there is no such key. */
export function readHyperLogLog(db: Database, key: ByteRange): HyperLogLog | undefined {
  return open(db, readTyped(db, key, ValueType.String));
}

/** The HyperLogLog of a key to be changed, or undefined; what was changed is put back by `save`. */
export function takeHyperLogLog(db: Database, key: ByteRange): HyperLogLog | undefined {
  return open(db, writeTyped(db, key, ValueType.String));
}

function open(db: Database, row: number): HyperLogLog | undefined {
  if (row === NO_ROW) return undefined;
  const bytes = db.bytesOf(row, new Span());
  if (!isHyperLogLog(bytes)) throw NOT_A_HYPERLOGLOG;
  return new HyperLogLog(copySpan(bytes));
}

/** Makes a key hold a HyperLogLog. */
export function saveHyperLogLog(db: Database, key: ByteRange, log: HyperLogLog): void {
  db.setString(db.peek(key), key, Span.of(log.bytes), Encoding.Raw);
}

/** Runs `act`, turning a corrupted encoding into the error that a client sees. */
export function guardCorruption<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof CorruptedHyperLogLog) throw CORRUPTED;
    throw error;
  }
}
