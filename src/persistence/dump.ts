/** Values as the commands that build them up: what a base file in AOF format holds. */

import { formatDouble17g } from "../base/float_format.ts";
import { type ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import type { ElementSink } from "../data/element_sink.ts";
import * as hash from "../data/hash_value.ts";
import { ListCursor } from "../data/list_cursor.ts";
import * as set from "../data/set_value.ts";
import * as sortedSet from "../data/sorted_set_value.ts";
import type { Stream } from "../data/stream.ts";
import type { ConsumerGroup, PendingEntry } from "../data/stream_group.ts";
import { formatId } from "../data/stream_id.ts";
import { StreamEntry, type StreamNode } from "../data/stream_node.ts";
import { type Value, ValueType } from "../data/value.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { SnapshotRow } from "../keyspace/snapshot.ts";
import type { CommandArguments } from "./aof_buffer.ts";
import type { StreamState } from "./rdb_stream_writer.ts";

/** So many elements one command adds, so that no command is very long. */
export const ELEMENTS_PER_COMMAND = 64;

/** An argument of a command. */
export type Argument = CommandArguments[number];

/** Elements as arguments of a command. */
class Arguments implements ElementSink {
  list: Argument[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.list.push(new Span().set(buffer, start, end));
  }

  bulkInteger(value: number | bigint): void {
    this.list.push(String(value));
  }
}

/** Yields the commands that make a key; what they refer to is valid until the next is asked for. */
export function* dumpRow({ key, value, store, expiry }: SnapshotRow): Iterable<Argument[]> {
  switch (value.type) {
    case ValueType.String:
      yield ["SET", key, store.span(value.ref, new Span())];
      break;
    case ValueType.List:
      for (const elements of dumpList(store, value)) yield ["RPUSH", key, ...elements];
      break;
    case ValueType.Set:
      for (const members of dumpSet(store, value)) yield ["SADD", key, ...members];
      break;
    case ValueType.SortedSet:
      for (const members of dumpSortedSet(store, value)) yield ["ZADD", key, ...members];
      break;
    case ValueType.Hash:
      for (const fields of dumpHash(store, value)) yield ["HMSET", key, ...fields];
      break;
    case ValueType.Stream: {
      const stream = value.object as Stream;
      let live = 0;
      for (const node of stream.nodes) {
        yield* dumpStreamNode(node, key);
        live += node.live;
      }
      yield* dumpStreamState(stream, live, key);
      for (const group of stream.groups()) yield* dumpGroup(group, key);
      break;
    }
  }
  if (expiry !== NO_EXPIRY) yield dumpExpiry(key, expiry);
}

/** The command that gives a key its time to live. */
export function dumpExpiry(key: ByteRange, expiry: number | bigint): Argument[] {
  return ["PEXPIREAT", key, String(expiry)];
}

/** Yields the elements of a list, as many at a time as one command adds. */
function* dumpList(store: ByteStore, value: Value): Iterable<Argument[]> {
  const cursor = new ListCursor(store, value);
  let elements = new Arguments();
  for (cursor.start(); cursor.found; cursor.step()) {
    cursor.send(elements);
    if (elements.list.length < ELEMENTS_PER_COMMAND) continue;
    yield elements.list;
    elements = new Arguments();
  }
  if (elements.list.length > 0) yield elements.list;
}

/** Yields the members of a set, as many at a time as one command adds. */
function* dumpSet(store: ByteStore, value: Value): Iterable<Argument[]> {
  let members = new Arguments();
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, members);
    if (members.list.length < ELEMENTS_PER_COMMAND) continue;
    yield members.list;
    members = new Arguments();
  }
  if (members.list.length > 0) yield members.list;
}

/** Yields the members of a sorted set, each behind its score, as many at a time as one command adds. */
function* dumpSortedSet(store: ByteStore, value: Value): Iterable<Argument[]> {
  let members = new Arguments();
  const walk = new sortedSet.RankWalk(store, value, 0, false);
  for (; walk.place !== sortedSet.NONE; walk.step()) {
    members.list.push(formatDouble17g(sortedSet.score(store, value, walk.place)));
    sortedSet.sendMember(store, value, walk.place, members);
    if (members.list.length < 2 * ELEMENTS_PER_COMMAND) continue;
    yield members.list;
    members = new Arguments();
  }
  if (members.list.length > 0) yield members.list;
}

/** Yields the fields of a hash, each followed by its value, as many at a time as one command sets. */
function* dumpHash(store: ByteStore, value: Value): Iterable<Argument[]> {
  let fields = new Arguments();
  for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
    hash.sendField(store, value, at, fields);
    hash.sendContent(store, value, at, fields);
    if (fields.list.length < 2 * ELEMENTS_PER_COMMAND) continue;
    yield fields.list;
    fields = new Arguments();
  }
  if (fields.list.length > 0) yield fields.list;
}

/** Yields the commands that add the entries of a node to a stream. */
export function* dumpStreamNode(node: StreamNode, key: ByteRange): Iterable<Argument[]> {
  const entry = new StreamEntry();
  for (let position = node.firstEntry; !node.isEnd(position); position = entry.end) {
    entry.read(node, position);
    if (node.isDeleted(position)) continue;
    const fields = new Arguments();
    entry.send(fields);
    yield ["XADD", key, formatId(entry), ...fields.list];
  }
}

/** Yields the commands for what a stream, whose `live` entries are added, remembers. */
export function* dumpStreamState(
  { entriesAdded, lastId, maxDeletedId }: Omit<StreamState, "length">,
  live: number,
  key: ByteRange,
): Iterable<Argument[]> {
  // A stream without entries comes of one that is trimmed at once.
  if (live === 0) yield ["XADD", key, "MAXLEN", "0", "0-1", "x", "y"];
  // XSETID takes no number that is less than that of the entries.
  const added = [
    "ENTRIESADDED",
    String(entriesAdded < live ? live : entriesAdded),
    "MAXDELETEDID",
    formatId(maxDeletedId),
  ];
  yield ["XSETID", key, formatId(lastId), ...added];
}

/** Yields the commands that make a group of a stream, with its consumers and what they have pending. */
function* dumpGroup(group: ConsumerGroup, key: ByteRange): Iterable<Argument[]> {
  yield dumpGroupHead(group, key);
  for (const { name: consumer, pending } of group.consumers()) {
    if (pending.size === 0) yield dumpConsumer(group.name, consumer, key);
    for (const entry of pending) yield dumpPending(group.name, entry, key);
  }
}

/** The command that makes a group. */
export function dumpGroupHead(
  { name, lastId, entriesRead }: Pick<ConsumerGroup, "name" | "lastId" | "entriesRead">,
  key: ByteRange,
): Argument[] {
  return ["XGROUP", "CREATE", key, name, formatId(lastId), "ENTRIESREAD", String(entriesRead)];
}

/** The command that makes a consumer for whom nothing is pending. */
export function dumpConsumer(group: string, consumer: string, key: ByteRange): Argument[] {
  return ["XGROUP", "CREATECONSUMER", key, group, consumer];
}

/** The command that makes an entry pending, and its consumer where there is none yet. */
export function dumpPending(group: string, entry: PendingEntry, key: ByteRange): Argument[] {
  const { consumer, deliveryCount, deliveryTime } = entry;
  const counted = ["TIME", String(deliveryTime), "RETRYCOUNT", String(deliveryCount)];
  const claimed = [consumer.name, "0", formatId(entry), ...counted, "JUSTID", "FORCE"];
  return ["XCLAIM", key, group, ...claimed];
}
