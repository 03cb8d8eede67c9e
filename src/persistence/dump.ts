/** The whole data set as the commands that build it up: what a base file in AOF format holds. */

import { formatDouble17g } from "../base/float_format.ts";
import { Span } from "../base/span.ts";
import type { ElementSink } from "../data/element_sink.ts";
import * as hash from "../data/hash_value.ts";
import { ListCursor } from "../data/list_cursor.ts";
import * as set from "../data/set_value.ts";
import * as sortedSet from "../data/sorted_set_value.ts";
import type { Stream } from "../data/stream.ts";
import type { ConsumerGroup } from "../data/stream_group.ts";
import { formatId } from "../data/stream_id.ts";
import { Value, ValueType } from "../data/value.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { DumpedCommand } from "./aof.ts";

/** So many elements one command adds, so that no command is very long. */
const ELEMENTS_PER_COMMAND = 64;

type Argument = DumpedCommand["args"][number];

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

/** Yields commands that give another server the same data. */
export function* dumpKeyspace(keyspace: Keyspace): Iterable<DumpedCommand> {
  for (const database of keyspace.databases) {
    for (let row = 0; row < database.size; row++) {
      if (!database.isDue(row)) yield* dumpRow(database, row);
    }
  }
}

function* dumpRow(database: Database, row: number): Iterable<DumpedCommand> {
  const key = database.keyOf(row, new Span());
  const command = (...args: DumpedCommand["args"]): DumpedCommand => ({
    database: database.index,
    args,
  });
  switch (database.typeOf(row)) {
    case ValueType.String:
      yield command("SET", key, database.bytesOf(row, new Span()));
      break;
    case ValueType.List:
      for (const elements of dumpList(database, row)) yield command("RPUSH", key, ...elements);
      break;
    case ValueType.Set:
      for (const members of dumpSet(database, row)) yield command("SADD", key, ...members);
      break;
    case ValueType.SortedSet:
      for (const members of dumpSortedSet(database, row)) yield command("ZADD", key, ...members);
      break;
    case ValueType.Hash:
      for (const fields of dumpHash(database, row)) yield command("HMSET", key, ...fields);
      break;
    case ValueType.Stream:
      for (const args of dumpStream(database, row, key)) yield command(...args);
      break;
  }
  const expiry = database.exactExpiryOf(row);
  if (expiry !== NO_EXPIRY) yield command("PEXPIREAT", key, String(expiry));
}

/** Yields the elements of a list, as many at a time as one command adds. */
function* dumpList(database: Database, row: number): Iterable<Argument[]> {
  const cursor = new ListCursor(database.store, database.load(row, new Value()));
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
function* dumpSet(database: Database, row: number): Iterable<Argument[]> {
  const { store } = database;
  const value = database.load(row, new Value());
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
function* dumpSortedSet(database: Database, row: number): Iterable<Argument[]> {
  const { store } = database;
  const value = database.load(row, new Value());
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
function* dumpHash(database: Database, row: number): Iterable<Argument[]> {
  const { store } = database;
  const value = database.load(row, new Value());
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

/** Yields the commands that make a stream: its entries, what it remembers, its groups. */
function* dumpStream(database: Database, row: number, key: Span): Iterable<Argument[]> {
  const stream = database.load(row, new Value()).object as Stream;
  for (const cursor = stream.range(); cursor.next();) {
    const fields = new Arguments();
    cursor.entry.send(fields);
    yield ["XADD", key, formatId(cursor.entry), ...fields.list];
  }
  // A stream without entries comes of one that is trimmed at once.
  if (stream.length === 0) yield ["XADD", key, "MAXLEN", "0", "0-1", "x", "y"];
  const { entriesAdded, lastId, maxDeletedId } = stream;
  const added = ["ENTRIESADDED", String(entriesAdded), "MAXDELETEDID", formatId(maxDeletedId)];
  yield ["XSETID", key, formatId(lastId), ...added];
  for (const group of stream.groups()) yield* dumpGroup(group, key);
}

/** Yields the commands that make a group of a stream, with its consumers and what they have pending. */
function* dumpGroup(group: ConsumerGroup, key: Span): Iterable<Argument[]> {
  const { name, lastId, entriesRead } = group;
  yield ["XGROUP", "CREATE", key, name, formatId(lastId), "ENTRIESREAD", String(entriesRead)];
  for (const { name: consumer, pending } of group.consumers()) {
    if (pending.size === 0) yield ["XGROUP", "CREATECONSUMER", key, name, consumer];
    for (const item of pending) {
      const { deliveryCount, deliveryTime } = item;
      const counted = ["TIME", String(deliveryTime), "RETRYCOUNT", String(deliveryCount)];
      const claimed = [consumer, "0", formatId(item), ...counted, "JUSTID", "FORCE"];
      yield ["XCLAIM", key, name, ...claimed];
    }
  }
}
