/** How bitmap commands read offsets and come by the bytes of a key. */

import { ReplyError } from "../../base/errors.ts";
import { parseInteger } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import type { CommandContext } from "../context.ts";
import { writeTyped } from "../lookup.ts";

const BAD_OFFSET = new ReplyError("ERR bit offset is not an integer or out of range");

const HASH = 0x23;

/**
 * The bit number that an argument holds; with `unit`, `#n` stands for `n` times so many bits. Throws
 * where a string may not be that long.
 */
export function requireBitOffset(
  { client, settings }: CommandContext,
  { buffer, start, end }: ByteRange,
  unit = 0,
): number {
  const multiplied = unit > 0 && start < end && buffer[start] === HASH;
  let offset = parseInteger(buffer, multiplied ? start + 1 : start, end);
  if (offset === undefined) throw BAD_OFFSET;
  // In 64 bits, as Redis does it.
  if (multiplied) offset = BigInt.asIntN(64, BigInt(offset) * BigInt(unit));
  const bit = Number(offset);
  const mostBytes = settings["proto-max-bulk-len"];
  // What a file says was allowed when it was written.
  if (bit < 0 || (!client.mustObey && bit / 8 >= mostBytes)) throw BAD_OFFSET;
  return bit;
}

/**
 * The row of a string to be changed; one that does not exist is created, one that is shorter than
 * `bytes` grows with zeros. Throws `WRONGTYPE`.
 */
export function openBitmap(db: Database, key: ByteRange, bytes: number): Bitmap {
  let row = writeTyped(db, key, ValueType.String);
  if (row === NO_ROW) {
    const ref = db.store.resize(0, bytes);
    row = db.add(key, new Value().setCompact(ValueType.String, Encoding.Raw, ref));
    return { row, grew: true };
  }
  const grew = bytes > db.store.length(db.refOf(row));
  const ref = grew ? db.store.resize(db.refOf(row), bytes, true) : db.refOf(row);
  db.saveCompact(row, ValueType.String, Encoding.Raw, ref);
  return { row, grew };
}

/** A string to be changed. */
export interface Bitmap {
  readonly row: number;
  /** Whether it is new, or longer than it was. */
  readonly grew: boolean;
}
