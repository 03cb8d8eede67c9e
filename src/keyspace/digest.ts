/**
 * Digests that tell whether two servers hold the same data, whatever the order in which they keep it:
 * 160 bits, equal to those of Redis' DEBUG DIGEST. What has an order is mixed (the digest so far is part of
 * what is hashed next), what has none is joined by XOR.
 */

import { formatDouble17g } from "../base/float_format.ts";
import { sha1, SHA1_BYTES } from "../base/sha1.ts";
import { bytesOf, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import type { ElementSink } from "../data/element_sink.ts";
import * as hash from "../data/hash_value.ts";
import { ListCursor } from "../data/list_cursor.ts";
import * as set from "../data/set_value.ts";
import * as sortedSet from "../data/sorted_set_value.ts";
import type { Stream } from "../data/stream.ts";
import { Value, ValueType } from "../data/value.ts";
import type { Database } from "./database.ts";
import { NO_EXPIRY } from "./expiry.ts";
import type { Keyspace } from "./keyspace.ts";

/** Stands for the fact that a key expires; not for when. */
const EXPIRES = bytesOf("!!expire!!");

/** A digest in the making. Elements that are sent to it are mixed in. */
class Digest implements ElementSink {
  readonly bytes = new Uint8Array(SHA1_BYTES);

  /** Joins bytes whose order does not matter. */
  join(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const joined = sha1(buffer, start, end), { bytes } = this;
    for (let i = 0; i < SHA1_BYTES; i++) bytes[i] ^= joined[i];
  }

  /** Adds bytes whose order matters. */
  mix(buffer: Uint8Array, start = 0, end = buffer.length): void {
    this.join(buffer, start, end);
    this.bytes.set(sha1(this.bytes));
  }

  /** Mixes in a number as four bytes. */
  mixNumber(number: number): void {
    const buffer = new Uint8Array(4);
    new DataView(buffer.buffer).setUint32(0, number);
    this.mix(buffer);
  }

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.mix(buffer, start, end);
  }

  bulkInteger(value: number | bigint): void {
    this.mix(bytesOf(String(value)));
  }

  toString(): string {
    return Array.from(this.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** Joins elements to a digest, each by itself. */
class JoiningSink implements ElementSink {
  constructor(readonly digest: Digest) {}

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.digest.join(buffer, start, end);
  }

  bulkInteger(value: number | bigint): void {
    this.digest.join(bytesOf(String(value)));
  }
}

/** The digest of a keyspace, in hexadecimal; zeros for an empty one. */
export function digestKeyspace(keyspace: Keyspace): string {
  const whole = new Digest();
  for (const database of keyspace.databases) {
    if (database.size === 0) continue;
    // The same data in another database is something else.
    whole.mixNumber(database.index);
    for (let row = 0; row < database.size; row++) {
      const digest = new Digest();
      const { buffer, start, end } = database.keyOf(row);
      digest.mix(buffer, start, end);
      addRow(digest, database, row);
      whole.join(digest.bytes);
    }
  }
  return whole.toString();
}

/** The digest of a row's value, in hexadecimal; its key is no part of it. */
export function digestValue(database: Database, row: number): string {
  const digest = new Digest();
  addRow(digest, database, row);
  return digest.toString();
}

/** The digest of a value that does not exist. */
export const NO_DIGEST = new Digest().toString();

function addRow(digest: Digest, database: Database, row: number): void {
  const type = database.typeOf(row);
  digest.mixNumber(type);
  const { store } = database;
  const value = database.load(row, new Value());
  switch (type) {
    case ValueType.String: {
      const { buffer, start, end } = database.bytesOf(row, new Span());
      digest.mix(buffer, start, end);
      break;
    }
    case ValueType.List:
      addList(digest, store, value);
      break;
    case ValueType.Set: {
      const sink = new JoiningSink(digest);
      for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
        set.sendMember(store, value, at, sink);
      }
      break;
    }
    case ValueType.SortedSet:
      addSortedSet(digest, store, value);
      break;
    case ValueType.Hash:
      for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
        joinElement(digest, (field) => {
          hash.sendField(store, value, at, field);
          hash.sendContent(store, value, at, field);
        });
      }
      break;
    case ValueType.Stream:
      addStream(digest, value.object as Stream);
      break;
  }
  if (database.expiryOf(row) !== NO_EXPIRY) digest.join(EXPIRES);
}

function addList(digest: Digest, store: ByteStore, value: Value): void {
  const cursor = new ListCursor(store, value);
  for (cursor.start(); cursor.found; cursor.step()) cursor.send(digest);
}

function addSortedSet(digest: Digest, store: ByteStore, value: Value): void {
  const walk = new sortedSet.RankWalk(store, value, 0, false);
  for (; walk.place !== sortedSet.NONE; walk.step()) {
    joinElement(digest, (member) => {
      sortedSet.sendMember(store, value, walk.place, member);
      member.mix(bytesOf(formatDouble17g(sortedSet.score(store, value, walk.place))));
    });
  }
}

function addStream(digest: Digest, stream: Stream): void {
  for (const cursor = stream.range(); cursor.next();) {
    const { ms, seq } = cursor.entry;
    digest.mix(bytesOf(`${ms}.${seq}`));
    cursor.entry.send(digest);
  }
}

/** Joins an element that has a digest of its own. */
function joinElement(digest: Digest, send: (element: Digest) => void): void {
  const element = new Digest();
  send(element);
  digest.join(element.bytes);
}
