import { assertEquals, assertNotEquals } from "@std/assert";
import { hashBytes } from "../../src/base/hash.ts";
import { Span } from "../../src/base/span.ts";
import { HashTable } from "../../src/data/hash_table.ts";
import { KNOWN_MEMBER, MEMBER_SEED } from "../../src/data/member_table.ts";
import { SortedSetTable } from "../../src/data/sorted_set_table.ts";
import { Encoding, Value, type ValueObject, ValueType } from "../../src/data/value.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { CommandsAhead } from "../../src/resp/commands_ahead.ts";
import { Frame } from "../../src/resp/frame.ts";
import { KeyspaceModel, makeValue, spanOf } from "./keyspace_model.ts";

/** More than are near anyway. */
const MANY = 5000;

function commandsOf(...commands: readonly (readonly string[])[]): CommandsAhead {
  const encoded = commands.map((args) => Frame.fromStrings(args).encoded());
  const buffer = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of encoded) {
    buffer.set(bytes, at);
    at += bytes.length;
  }
  const ahead = new CommandsAhead();
  ahead.decode(buffer, 0, at);
  assertEquals(ahead.count, commands.length);
  return ahead;
}

/** The span of an argument of a command. */
function argument(commands: CommandsAhead, i: number, at: number): Span {
  return new Span().set(commands.buffer, commands.argStart(i, at), commands.argEnd(i, at));
}

/** The same bytes elsewhere. */
function elsewhere({ buffer, start, end }: Span): Span {
  return Span.of(buffer.slice(start, end));
}

/** A database with very many keys: hashes, absent ones, long texts and short ones in turn. */
function largeDatabase(): Database {
  const database = new KeyspaceModel().database(0);
  for (let i = 0; i < MANY; i++) {
    if (i % 4 === 3) continue;
    const text = "x".repeat(i % 4 === 2 && i < 100 ? 5000 : 10);
    database.set(spanOf(`key:${i}`), makeValue(database, text, i % 4 === 0));
  }
  return database;
}

Deno.test("LookAhead changes nothing of what is found, whatever keys hold", () => {
  const database = largeDatabase(), { lookAhead } = database.keyspace;
  for (let first = 0; first + 16 < 400; first += 16) {
    const commands = commandsOf(
      ...Array.from({ length: 16 }, (_, i) => ["GET", `key:${first + i}`]),
    );
    lookAhead.look(commands, database.contents);
    for (let i = 0; i < 16; i++) {
      lookAhead.use(commands, i);
      const key = argument(commands, i, 1);
      assertEquals(database.has(key), (first + i) % 4 !== 3);
      assertEquals(database.has(elsewhere(key)), (first + i) % 4 !== 3);
    }
    lookAhead.end();
  }
});

Deno.test("LookAhead finds rows that a command has moved since", () => {
  const database = largeDatabase(), { lookAhead } = database.keyspace;
  const last = "key:4998", commands = commandsOf(["DEL", "key:1"], ["GET", last], ["GET", "key:1"]);
  lookAhead.look(commands, database.contents);
  lookAhead.use(commands, 0);
  database.remove(database.peek(argument(commands, 0, 1)));
  for (const [i, isThere] of [[1, true], [2, false]] as const) {
    lookAhead.use(commands, i);
    assertEquals(database.has(argument(commands, i, 1)), isThere);
  }
  lookAhead.end();
});

Deno.test("LookAhead takes commands without a key, and with arguments that are too long for one", () => {
  const database = largeDatabase(), { lookAhead } = database.keyspace;
  const long = "k".repeat(129);
  database.set(spanOf(long), makeValue(database, "x", false));
  const commands = commandsOf(["PING"], ["GET", long], ["GET", ""], ["GET", "key:1"], ["PING"]);
  lookAhead.look(commands, database.contents);
  for (const [i, isThere] of [[1, true], [2, false], [3, true]] as const) {
    lookAhead.use(commands, i);
    assertEquals(database.has(argument(commands, i, 1)), isThere);
  }
  lookAhead.use(commands, 4);
  lookAhead.end();
});

Deno.test("LookAhead looks at members of large values, and they are found as before", () => {
  const database = largeDatabase(), { lookAhead } = database.keyspace;
  const hash = new HashTable(), board = new SortedSetTable();
  for (let i = 0; i < MANY; i++) {
    hash.set(spanOf(`m:${i}`), spanOf(String(i)));
    board.add(spanOf(`m:${i}`), i);
  }
  const put = (key: string, type: ValueType, encoding: Encoding, object: ValueObject) =>
    database.set(spanOf(key), new Value().setObject(type, encoding, object));
  put("hash", ValueType.Hash, Encoding.Hashtable, hash);
  put("board", ValueType.SortedSet, Encoding.Skiplist, board);
  const commands = commandsOf(
    ["HSET", "hash", "m:7", "x"],
    ["HSET", "hash", "none", "x"],
    ["ZADD", "board", "3", "m:8"],
    ["ZSCORE", "board", "m:9"],
    ["HGETALL", "hash"],
    ["HGET", "hash", "m".repeat(129)],
    ["HGET", "key:0", "field"],
  );
  lookAhead.look(commands, database.contents);
  const members = [[0, 2, 7], [1, 2, -1], [2, 3, 8], [3, 2, 9]];
  for (const [i, at, row] of members) {
    lookAhead.use(commands, i);
    const member = argument(commands, i, at);
    for (const table of [hash, board]) {
      assertEquals([table.find(member), table.find(elsewhere(member))], [row, row]);
    }
  }
  for (const i of [4, 5, 6]) lookAhead.use(commands, i);
  assertEquals(hash.find(argument(commands, 5, 2)), -1);
  lookAhead.end();
});

Deno.test("LookAhead knows nothing any more when bytes may have changed", () => {
  const database = largeDatabase(), { lookAhead } = database.keyspace;
  const commands = commandsOf(["GET", "key:1"], ["GET", "key:2"]);
  const key = argument(commands, 0, 1), { buffer, start, end } = key;
  lookAhead.look(commands, database.contents);
  lookAhead.use(commands, 0);
  const before = lookAhead.keys.ofSpan(key);
  lookAhead.end();
  buffer[start] = 75;
  assertNotEquals(lookAhead.keys.ofSpan(key), before);
  assertEquals(lookAhead.keys.ofSpan(key), hashBytes(buffer, start, end, database.keyspace.seed));
  assertEquals(KNOWN_MEMBER.ofSpan(key), hashBytes(buffer, start, end, MEMBER_SEED));
});
