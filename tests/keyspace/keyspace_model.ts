/** Databases beside a model of them, for tests. */

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { type ByteRange, bytesOf, Span, spanString } from "../../src/base/span.ts";
import { HashTable } from "../../src/data/hash_table.ts";
import { Encoding, isCompact, Value, ValueType } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import type { KeyspaceObserver } from "../../src/keyspace/events.ts";
import { NO_EXPIRY } from "../../src/keyspace/expiry.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";

/** When a model's clock starts, in ms since the epoch. */
export const START = 1_700_000_000_000;

/** A span that lies in the middle of a buffer, as arguments do. */
export function spanOf(text: string): Span {
  const bytes = bytesOf(`<${text}>`);
  return new Span().set(bytes, 1, bytes.length - 1);
}

/** Writes down what it is told, as `event database key`. */
export class RecordingObserver implements KeyspaceObserver<Database> {
  readonly log: string[] = [];

  keyChanged(database: Database, key: ByteRange): void {
    this.log.push(`changed ${database.index} ${spanString(key)}`);
  }

  keyLost(database: Database, key: ByteRange): void {
    this.log.push(`lost ${database.index} ${spanString(key)}`);
  }

  keysFlushed(): void {
    this.log.push("flushed");
  }

  databaseChanged(database: Database, replacement: Database | null): void {
    this.log.push(`database ${database.index} ${replacement?.index} with ${database.size} keys`);
  }

  keyReady(database: Database, key: ByteRange): void {
    this.log.push(`ready ${database.index} ${spanString(key)}`);
  }

  keyEvent(database: Database, _class: number, event: string, key: ByteRange): void {
    this.log.push(`event ${database.index} ${event} ${spanString(key)}`);
  }

  keyExpired(database: Database, key: ByteRange): void {
    this.log.push(`expired ${database.index} ${spanString(key)}`);
  }

  /** What was written since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }
}

/** What a key holds: a text, as a string or as the one field of a large hash. */
export interface ModelValue {
  readonly text: string;
  readonly isHash: boolean;
  /** ms since the epoch, or `NO_EXPIRY`. */
  readonly expiry: number;
}

/** A new value for a database, with bytes in its store or an object of its own. */
export function makeValue(database: Database, text: string, isHash: boolean): Value {
  if (isHash) {
    const table = new HashTable();
    table.set(spanOf("field"), spanOf(text));
    return new Value().setObject(ValueType.Hash, Encoding.Hashtable, table);
  }
  const ref = database.store.put(bytesOf(text), 0, text.length);
  return new Value().setCompact(ValueType.String, Encoding.Raw, ref);
}

/** The text that a row holds. */
export function textOf(database: Database, row: number): string {
  const { encoding, object } = database.load(row, new Value());
  if (isCompact(encoding)) return spanString(database.bytesOf(row, new Span()));
  if (!(object instanceof HashTable)) throw new Error("no value of the kinds that are made here");
  return spanString(object.valueSpan(object.find(spanOf("field")), new Span()));
}

/** Two databases and what should be in them. */
export class KeyspaceModel {
  readonly clock = new ManualClock(START);
  readonly keyspace = new Keyspace(this.clock, 2);
  readonly models: [Map<string, ModelValue>, Map<string, ModelValue>] = [new Map(), new Map()];

  database(index: number): Database {
    return this.keyspace.databases[index];
  }

  /** What a key holds if it has not expired. */
  live(index: number, key: string): ModelValue | undefined {
    const value = this.models[index].get(key);
    return value === undefined || this.#isDue(value) ? undefined : value;
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    this.keyspace.updateTime();
  }

  /** Looks every key of the model up, by name and by walking over the rows. */
  check(): void {
    for (const index of [0, 1]) {
      const database = this.database(index), model = this.models[index];
      for (const key of model.keys()) this.#checkKey(index, key);
      const live = [...model.keys()].filter((key) => this.live(index, key) !== undefined);
      const found: string[] = [];
      for (let row = 0; row < database.size; row++) found.push(spanString(database.keyOf(row)));
      assertEquals(found.sort(), live.sort());
      const expiring = live.filter((key) => model.get(key)?.expiry !== NO_EXPIRY);
      assertEquals(database.expiry.size, expiring.length);
      if (live.length === 0) assertEquals(database.store.allocatedBytes, 0);
    }
  }

  #checkKey(index: number, key: string): void {
    const database = this.database(index);
    const expected = this.live(index, key);
    const row = database.peek(spanOf(key));
    assertEquals(row !== NO_ROW, expected !== undefined, key);
    if (expected === undefined) return;
    assertEquals(spanString(database.keyOf(row)), key);
    assertEquals(textOf(database, row), expected.text);
    assertEquals(database.expiryOf(row), expected.expiry);
    assertEquals(database.contents.expires(row), expected.expiry !== NO_EXPIRY);
    assertEquals(database.typeOf(row), expected.isHash ? ValueType.Hash : ValueType.String);
  }

  #isDue({ expiry }: ModelValue): boolean {
    return expiry !== NO_EXPIRY && expiry < this.keyspace.now;
  }
}
