/** How stream commands come by the stream of a key and its groups, and what they reply of entries. */

import { ReplyError } from "../../base/errors.ts";
import { type ByteRange, spanString } from "../../base/span.ts";
import { Stream } from "../../data/stream.ts";
import type { StreamCursor } from "../../data/stream_cursor.ts";
import type { Consumer, ConsumerGroup, PendingEntry } from "../../data/stream_group.ts";
import { formatId } from "../../data/stream_id.ts";
import type { StreamEntry } from "../../data/stream_node.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext } from "../context.ts";
import { checkType, readTyped, writeTyped } from "../lookup.ts";
import type { PropagatedArgument } from "../views/propagation.ts";
import { replyId, shown } from "./ids.ts";

/** The stream at a row of type stream. */
export function streamAt(db: Database, row: number): Stream {
  return db.load(row).object as Stream;
}

/** The stream of a key to be read, or null. Throws `WRONGTYPE`. */
export function readStream(db: Database, key: ByteRange): Stream | null {
  const row = readTyped(db, key, ValueType.Stream);
  return row === NO_ROW ? null : streamAt(db, row);
}

/** The stream of a key to be changed, or null. Throws `WRONGTYPE`. */
export function writeStream(db: Database, key: ByteRange): Stream | null {
  const row = writeTyped(db, key, ValueType.Stream);
  return row === NO_ROW ? null : streamAt(db, row);
}

/** Gives a key that does not exist a stream without entries. */
export function addStream(db: Database, key: ByteRange): Stream {
  const stream = new Stream();
  db.add(key, new Value().setObject(ValueType.Stream, Encoding.Stream, stream));
  return stream;
}

/** The group of a stream that must have it. Throws `NOGROUP`. */
export function requireGroup(stream: Stream, key: ByteRange, group: ByteRange): ConsumerGroup {
  const found = stream.group(spanString(group));
  if (found !== undefined) return found;
  throw new ReplyError(
    `NOGROUP No such consumer group '${shown(group)}' for key name '${shown(key)}'`,
  );
}

/**
 * The group of a stream that must exist, to be read; `row` is what a look-up of the key has found. Throws
 * `NOGROUP` and `WRONGTYPE`.
 */
export function requireStreamAndGroup(
  db: Database,
  key: ByteRange,
  group: ByteRange,
  row = db.lookupRead(key),
): { stream: Stream; group: ConsumerGroup } {
  const stream = checkType(db, row, ValueType.Stream) === NO_ROW ? null : streamAt(db, row);
  const found = stream?.group(spanString(group));
  if (stream !== null && found !== undefined) return { stream, group: found };
  throw new ReplyError(
    `NOGROUP No such key '${shown(key)}' or consumer group '${shown(group)}'`,
  );
}

/** Adds a consumer to a group, as those do who name one that does not exist. */
export function createConsumer(
  { db, keyspace }: CommandContext,
  key: ByteRange,
  group: ConsumerGroup,
  name: string,
): Consumer {
  const consumer = group.addConsumer(name, keyspace.now);
  db.notify(EventClass.Stream, "xgroup-createconsumer", key);
  // What happens to groups is no change to those who watch the key.
  keyspace.dirty++;
  return consumer;
}

/** Replies an entry: its ID, its fields with their values. */
export function replyEntry(reply: ReplyWriter, entry: StreamEntry): void {
  reply.array(2);
  replyId(reply, entry);
  reply.array(2 * entry.fieldCount);
  entry.send(reply);
}

/** Replies the next entries of a cursor, at most `count` of them. */
export function replyEntries(reply: ReplyWriter, cursor: StreamCursor, count: number): void {
  const mark = reply.deferArray();
  let sent = 0;
  for (; sent < count && cursor.next(); sent++) replyEntry(reply, cursor.entry);
  reply.setDeferred(mark, sent);
}

/** Propagates whose a pending entry is now; `id` is how the command named it. */
export function propagateClaim(
  { db, propagation }: CommandContext,
  key: ByteRange,
  group: ConsumerGroup,
  pending: PendingEntry,
  id?: PropagatedArgument,
): void {
  if (!propagation.isHeard) return;
  const { consumer, deliveryCount, deliveryTime } = pending;
  propagation.also(
    db.index,
    "XCLAIM",
    key,
    group.name,
    consumer.name,
    "0",
    id ?? formatId(pending),
    "TIME",
    deliveryTime,
    "RETRYCOUNT",
    deliveryCount,
    "FORCE",
    "JUSTID",
    "LASTID",
    formatId(group.lastId),
  );
}

/** Propagates how far a group is. */
export function propagateProgress(
  { db, propagation }: CommandContext,
  key: ByteRange,
  { name, lastId, entriesRead }: ConsumerGroup,
): void {
  const args = ["XGROUP", "SETID", key, name, formatId(lastId), "ENTRIESREAD", entriesRead];
  propagation.also(db.index, ...args);
}
