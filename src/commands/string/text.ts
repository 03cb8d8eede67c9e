/** What string commands do with the text of a key. */

import { ReplyError } from "../../base/errors.ts";
import type { ByteRange } from "../../base/span.ts";
import { stringEncoding } from "../../data/string_value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { CommandContext } from "../context.ts";

const TOO_LONG = new ReplyError(
  "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
);

/** Replies the string of a row, or null for `NO_ROW`. */
export function replyText(context: CommandContext, row: number): void {
  const { db, reply } = context;
  if (row === NO_ROW) {
    reply.null();
    return;
  }
  const { store } = db;
  const ref = db.refOf(row);
  const start = store.offset(ref);
  reply.bulkBytes(store.buffer(ref), start, start + store.length(ref));
}

/** The length in bytes of the string of a row; 0 for `NO_ROW`. */
export function textLength(context: CommandContext, row: number): number {
  const { db } = context;
  return row === NO_ROW ? 0 : db.store.length(db.refOf(row));
}

/**
 * Sets a key, of which `row` is what a look-up found, to a string that lives for ever unless
 * `keepTtl`, and tells of it. Returns the row.
 */
export function setText(
  context: CommandContext,
  row: number,
  key: ByteRange,
  text: ByteRange,
  keepTtl = false,
): number {
  const { db } = context;
  const stored = db.setString(row, key, text, stringEncoding(text));
  if (row !== NO_ROW && !keepTtl) db.persist(row);
  db.changed(key, EventClass.String, "set");
  return stored;
}

/**
 * Throws where a string may not grow to `length` bytes (`proto-max-bulk-len`); null stands for more than an
 * int64 holds.
 */
export function checkLength(context: CommandContext, length: number | bigint | null): void {
  // What a file says was allowed when it was written.
  if (context.client.mustObey) return;
  if (length === null || length > context.settings["proto-max-bulk-len"]) {
    throw TOO_LONG;
  }
}
