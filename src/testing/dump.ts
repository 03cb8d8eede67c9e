/** What a database holds, as a plain object: to compare it, or for a test's snapshot. */

import { Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import type { ElementSink } from "../data/element_sink.ts";
import * as hash from "../data/hash_value.ts";
import { ListCursor } from "../data/list_cursor.ts";
import * as set from "../data/set_value.ts";
import * as sortedSet from "../data/sorted_set_value.ts";
import type { Stream } from "../data/stream.ts";
import { formatId } from "../data/stream_id.ts";
import { Value, ValueType } from "../data/value.ts";
import type { Database } from "../keyspace/database.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import { readableBytes, readableText } from "./readable.ts";

/** A consumer group of a stream. */
export interface DumpedGroup {
  readonly lastDeliveredId: string;
  /** By consumer: the ids that it was given and has not acknowledged. */
  readonly pending: Readonly<Record<string, readonly string[]>>;
}

/**
 * A key's value: members of a set are sorted, members of a sorted set stand in its order, fields of a hash are
 * sorted. A stream's entry is its id and its fields and values by turns.
 */
export type DumpedValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "list"; readonly value: readonly string[] }
  | { readonly type: "set"; readonly value: readonly string[] }
  | { readonly type: "hash"; readonly value: Readonly<Record<string, string>> }
  | { readonly type: "zset"; readonly value: readonly (readonly [string, number])[] }
  | {
    readonly type: "stream";
    readonly value: readonly (readonly [id: string, fields: readonly string[]])[];
    readonly groups: Readonly<Record<string, DumpedGroup>>;
  };

/** A key: its value, and how long it has to live, in ms, where that is limited. */
export type DumpedKey = DumpedValue & { readonly ttl?: number };

/** All keys of a database, sorted. What is no UTF-8 is written as `\xff`, byte by byte. */
export type Dump = Record<string, DumpedKey>;

/** The keys of a database that a client would find, sorted. Nothing is touched or removed by this. */
export function listKeys(database: Database): string[] {
  return Array.from(liveRows(database), (row) => keyText(database, row)).sort();
}

/** What a database holds that a client would find. Nothing is touched or removed by this. */
export function dumpDatabase(database: Database): Dump {
  const { now } = database.keyspace;
  return sortedRecord(Array.from(liveRows(database), (row): [string, DumpedKey] => {
    const value = dumpValue(database, row), expiry = database.expiryOf(row);
    const key = keyText(database, row);
    return [key, expiry === NO_EXPIRY ? value : { ...value, ttl: Math.max(0, expiry - now) }];
  }));
}

function* liveRows(database: Database): Iterable<number> {
  for (let row = 0; row < database.size; row++) if (!database.isDue(row)) yield row;
}

function keyText(database: Database, row: number): string {
  const { buffer, start, end } = database.keyOf(row, new Span());
  return readableBytes(buffer.subarray(start, end));
}

/** Gathers the elements of a collection as texts. */
class Texts implements ElementSink {
  readonly list: string[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.list.push(readableBytes(buffer.subarray(start, end)));
  }

  bulkInteger(value: number | bigint): void {
    this.list.push(String(value));
  }
}

function dumpValue(database: Database, row: number): DumpedValue {
  const { store } = database, type = database.typeOf(row);
  const value = database.load(row, new Value()), texts = new Texts(), { list } = texts;
  switch (type) {
    case ValueType.String: {
      const { buffer, start, end } = database.bytesOf(row, new Span());
      return { type: "string", value: readableBytes(buffer.subarray(start, end)) };
    }
    case ValueType.List: {
      const cursor = new ListCursor(store, value);
      for (cursor.start(); cursor.found; cursor.step()) cursor.send(texts);
      return { type: "list", value: list };
    }
    case ValueType.Set:
      for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
        set.sendMember(store, value, at, texts);
      }
      return { type: "set", value: list.sort() };
    case ValueType.Hash:
      for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
        hash.sendField(store, value, at, texts);
        hash.sendContent(store, value, at, texts);
      }
      return { type: "hash", value: sortedRecord(pairs(list)) };
    case ValueType.SortedSet:
      return { type: "zset", value: dumpSortedSet(store, value) };
    case ValueType.Stream:
      return dumpStream(value.object as Stream);
  }
}

function dumpSortedSet(store: ByteStore, value: Value): [string, number][] {
  const texts = new Texts(), scores: number[] = [];
  const walk = new sortedSet.RankWalk(store, value, 0, false);
  for (; walk.place !== sortedSet.NONE; walk.step()) {
    sortedSet.sendMember(store, value, walk.place, texts);
    scores.push(sortedSet.score(store, value, walk.place));
  }
  return texts.list.map((member, i) => [member, scores[i]]);
}

function dumpStream(stream: Stream): DumpedValue {
  const entries: [string, string[]][] = [];
  for (const cursor = stream.range(); cursor.next();) {
    const texts = new Texts();
    cursor.entry.send(texts);
    entries.push([formatId(cursor.entry), texts.list]);
  }
  const groups = Array.from(stream.groups(), (group): [string, DumpedGroup] => {
    const consumers = group.consumers().map(({ name, pending }): [string, string[]] => [
      readableText(name),
      Array.from(pending, formatId),
    ]);
    return [readableText(group.name), {
      lastDeliveredId: formatId(group.lastId),
      pending: sortedRecord(consumers),
    }];
  });
  return { type: "stream", value: entries, groups: sortedRecord(groups) };
}

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]]);
}

/** An object whose properties are sorted by name. */
function sortedRecord<T>(entries: [string, T][]): Record<string, T> {
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}
