/**
 * RDB files put together byte by byte: what Redis writes seldom, wrote once, or never. Whether the
 * reference takes them, and with which keys, is compared; what we say of those that we refuse is not.
 */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Crc64 } from "../../src/base/crc64.ts";
import { bytesOf } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { ListpackBuilder } from "../../src/data/listpack.ts";
import { loadAtOnce } from "../../src/persistence/file_load.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { loadRdb } from "../../src/persistence/rdb_loader.ts";
import { RdbOutput } from "../../src/persistence/rdb_output.ts";
import { CommandHarness, START } from "../support/command_harness.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { leaves, parseReply } from "../support/reply.ts";
import { TempDir } from "../support/temp_dir.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";

type Part = string | number | readonly number[];

/** Bytes: a string with its length, a byte, or bytes as they are. */
function bytes(...parts: readonly Part[]): number[] {
  return parts.flatMap((part) => typeof part === "string" ? [part.length, ...bytesOf(part)] : part);
}

const MAGIC = [...bytesOf("REDIS0010")];
const SELECT = 0xfe, RESIZE = 0xfb, END = 0xff, STRING = 0, NO_CHECKSUM = new Array(8).fill(0);

function file(...parts: readonly Part[]): number[] {
  return [...MAGIC, ...bytes(...parts), END, ...NO_CHECKSUM];
}

function length(value: number | bigint): number[] {
  const output = new RdbOutput(false);
  output.unsigned(value);
  return [...output.bytes];
}

/** A length of 64 bits where a shorter form would do. */
function long(value: number): number[] {
  return [0x81, 0, 0, 0, 0, 0, 0, 0, value];
}

/** What stands for a module's name, of nine characters, and its version. */
function moduleId(name: string): number[] {
  const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const digits = [...name].reduce((id, c) => id << 6n | BigInt(characters.indexOf(c)), 0n);
  return length(digits << 10n | 3n);
}

/** A string that is a listpack of these elements. */
function listpack(...elements: readonly string[]): number[] {
  const builder = new ListpackBuilder();
  for (const text of elements) builder.append(bytesOf(text), 0, text.length);
  const blob = builder.finish();
  return [...length(blob.length), ...blob];
}

/** A string that is an intset of 16-bit integers, in this order. */
function intset(...integers: readonly number[]): number[] {
  const words = integers.flatMap((integer) => [integer & 0xff, integer >> 8 & 0xff]);
  return bytes(8 + words.length, [2, 0, 0, 0, integers.length, 0, 0, 0], words);
}

/** A field and its value in a zipmap. */
function zipmapPair(field: string, value: string): number[] {
  return [...bytes(field), value.length, 0, ...bytesOf(value)];
}

/** A raw ID, as a node has it. */
function rawId(ms: number): number[] {
  return [0, 0, 0, 0, 0, 0, 0, ms, 0, 0, 0, 0, 0, 0, 0, 0];
}

/** A stream of so many entries, 1-0 on, that is said to have `said`; what follows its last ID can be given. */
function stream(entries: number, said: number, lastMs = entries, groups: number[] = [0]): number[] {
  const head = [entries, 0, 1, "f", 0].map(String);
  const body = Array.from({ length: entries }, (_, i) => ["2", String(i), "0", "v", "4"]).flat();
  const nodes = entries === 0 ? [0] : [1, 16, ...rawId(1), ...listpack(...head, ...body)];
  const first = entries === 0 ? 0 : 1;
  return [...nodes, said, lastMs, 0, first, 0, 0, 0, said, ...groups];
}

const LIBRARY = "#!lua name=x\nredis.register_function('f', function() return 1 end)";
const LIBRARY_BYTES = [0x40, LIBRARY.length, ...bytesOf(LIBRARY)];
const STREAM = 19;
const LATE = [0, 0x28, 0x6b, 0xee, 0xa3, 3, 0, 0];

/** Files that are taken. */
const TAKEN: Readonly<Record<string, number[]>> = {
  "databases out of order, and again": file(
    ...[SELECT, 3, STRING, "a", "v", SELECT, 0, STRING, "b", "v", SELECT, 3, STRING, "c", "v"],
  ),
  "no SELECT": file(STRING, "a", "v"),
  "sizes that say too much": file(SELECT, 0, RESIZE, length(100_000), 7, STRING, "a", "v"),
  "lengths of 64 bits": file(
    ...[SELECT, long(2), STRING, long(1), [0x6b], long(1), [0x76]],
    ...[4, "h", long(1), long(1), [0x66], "v"],
  ),
  "strings as integers": file(STRING, [0xc0, 0xff], [0xc1, 0, 0x80], STRING, "i", [
    0xc2,
    1,
    2,
    3,
    4,
  ]),
  "a key that is compressed": file(
    ...[STRING, [0xc3, 5, 10, 0, 0x61, 0xe0, 0, 0], "v"],
  ),
  "times in seconds and in ms": file(
    ...[0xfd, [0xff, 0xff, 0xff, 0x7f], STRING, "a", "v", 0xfc, LATE, STRING, "b", "v"],
  ),
  "a key that has expired": file(0xfd, [1, 0, 0, 0], STRING, "a", "v", STRING, "b", "v"),
  "use of keys": file(0xf8, length(100), STRING, "a", "v", 0xf9, 200, STRING, "b", "v"),
  "an empty hash, which is left out": file(4, "h", 0, STRING, "b", "v"),
  "AUX fields of others": file(0xfa, "foo", "bar", 0xfa, "lua", "return 1", STRING, "b", "v"),
  "a stream that is said to have more entries": file(STREAM, "x", stream(2, 3)),
  "a stream that is said to have fewer entries": file(STREAM, "x", stream(2, 1)),
  "a stream that is said to have no entries": file(STREAM, "x", stream(2, 0)),
  "a stream without entries": file(STREAM, "x", stream(0, 0)),
  "a zipmap whose fields are not counted": file(9, "h", [7, 254, ...zipmapPair("f", "v"), 255]),
  "a function library": file(0xf5, LIBRARY_BYTES, STRING, "a", "v"),
  "a function library among the keys": file(STRING, "a", "v", 0xf5, LIBRARY_BYTES),
  "a function library as a release candidate wrote it": file(
    ...[0xf6, "x", "lua", 0, "redis.register_function('f', redis.log)"],
    ...[0xf6, "y", "LUA", 1, "what it does", "redis.register_function('g', redis.log)"],
  ),
  "nothing": file(),
  "version 1, without a checksum": [...bytesOf("REDIS0001"), ...bytes(STRING, "a", "v"), END],
  "version 4, a sorted set with scores as text": [
    ...bytesOf("REDIS0004"),
    ...bytes(3, "z", 2, "a", "1.5", "b", [254]),
    END,
  ],
};

/**
 * Files with a value that is wrong and clear all the same: what was put right, a command and what it replies.
 * The reference takes them as they are.
 */
const MENDED: Readonly<Record<string, readonly [number[], RegExp, string[], string[]]>> = {
  "a field that is twice in a hash": [
    file(4, "k", 3, "f", "1", "g", "2", "f", "3", STRING, "a", "v"),
    /twice in a hash/,
    ["HGETALL", "k"],
    ["f", "1", "g", "2"],
  ],
  "a field that is twice in the listpack of a hash": [
    file(16, "k", listpack("f", "1", "g", "2", "f", "3"), STRING, "a", "v"),
    /twice in a hash/,
    ["HGETALL", "k"],
    ["f", "1", "g", "2"],
  ],
  "a member that is twice in the listpack of a sorted set": [
    file(17, "k", listpack("a", "1", "b", "2", "a", "3"), STRING, "a", "v"),
    /twice in a sorted set/,
    ["ZRANGE", "k", "0", "-1", "WITHSCORES"],
    ["a", "1", "b", "2"],
  ],
  "a sorted set that is not in order": [
    file(17, "k", listpack("b", "2", "c", "-1.5", "a", "2")),
    /not in order/,
    ["ZRANGE", "k", "0", "-1", "WITHSCORES"],
    ["c", "-1.5", "a", "2", "b", "2"],
  ],
  "an intset that is not in order": [
    file(11, "k", intset(5, -3, 5, 4)),
    /not in order/,
    ["SMEMBERS", "k"],
    ["-3", "4", "5"],
  ],
  "a stream whose last ID is too low": [
    file(STREAM, "k", stream(2, 2, 1)),
    /last ID/,
    ["XADD", "k", "2-*", "f", "v"],
    ["2-1"],
  ],
  "an entry that is pending for no consumer": [
    file(STREAM, "k", stream(1, 1, 1, bytes(1, "g", 1, 0, 1, 1, rawId(1), LATE, 1, 0))),
    /pending for no consumer/,
    ["XPENDING", "k", "g"],
    ["0", "", "", ""],
  ],
};

/** Files that are refused, with a part of what is said. */
const REFUSED: Readonly<Record<string, readonly [number[], RegExp]>> = {
  "a database that is not there": [file(SELECT, length(99), STRING, "a", "v"), /databases.* 99/],
  "a function library that is there twice": [
    file(0xf5, LIBRARY_BYTES, 0xf5, LIBRARY_BYTES),
    /library can't be loaded: Library 'x' already exists/,
  ],
  "a text that is twice in a set": [file(2, "s", 3, "a", "b", "a"), /twice in a set/],
  "an integer that is twice in a set": [file(2, "s", 3, "5", "6", "5"), /twice in a set/],
  "a member that is twice in a sorted set": [
    file(3, "z", 2, "a", "1", "a", "2"),
    /twice in a sorted set/,
  ],
  "a field that is twice in a hash of many": [
    file(4, "h", length(600), Array.from({ length: 600 }, () => bytes("f", "v")).flat()),
    /twice in a hash/,
  ],
  "a stream without nodes that has entries": [
    file(STREAM, "x", stream(0, 1)),
    /without nodes has entries/,
  ],
  "a zipmap with another count": [
    file(9, "h", [7, 255, ...zipmapPair("f", "v"), 255]),
    /zipmap that is not sound/,
  ],
  "a function library without a name": [file(0xf5, "return 1"), /Missing library metadata/],
  "a function library that does not compile": [
    file(0xf5, "#!lua name=x\nfoo("),
    /Error compiling function: user_function:2: unexpected symbol/,
  ],
  "a function library that is cut off": [
    [...MAGIC, 0xf5, ...LIBRARY_BYTES.slice(0, 20)],
    /Failed loading library payload/,
  ],
  "a function library of a release candidate that is cut off": [
    [...MAGIC, ...bytes(0xf6, "x", "lua", 1)],
    /Failed loading library description/,
  ],
  "a value of a module": [
    file(7, "k", moduleId("somemodul"), 2, 5, 0),
    /module that is not here: 'somemodul'/,
  ],
  "a value of a module before the release": [
    file(6, "k", moduleId("anothermd"), 5, 0),
    /module that is not here: 'anothermd'/,
  ],
  "AUX data of a module without its mark": [
    file(0xf7, moduleId("somemodul"), 1, 1, 2, 7, 0, STRING, "a", "v"),
    /Wrong AUX data of module 'somemodul'/,
  ],
  "AUX data of a module of an unknown kind": [
    file(0xf7, moduleId("somemodul"), 2, 1, 6, 7, 0, STRING, "a", "v"),
    /Unknown kind of module data: 6/,
  ],
  "AUX data of a module that is cut off": [
    file(0xf7, moduleId("somemodul"), 2, 1, 5, length(100), [1, 2, 3]),
    /longer than what is left/,
  ],
  "an unknown type": [file(20, "k", "v"), /unknown type 20/],
  "an unknown opcode": [file(244, "k", "v"), /unknown type 244/],
  "a key that is there twice": [file(STRING, "k", "v", STRING, "k", "w"), /there twice/],
  "no end": [[...MAGIC, ...bytes(STRING, "k", "v")], /Unexpected end/],
  "a value cut off": [[...MAGIC, ...bytes(4, "k")], /Unexpected end/],
  "a part of the magic": [[...MAGIC.slice(0, 7)], /Unexpected end/],
  "no bytes": [[], /Unexpected end/],
  "another magic": [[...bytesOf("RADIS0010"), END, ...NO_CHECKSUM], /Wrong signature/],
  "a later version": [[...bytesOf("REDIS0011"), END, ...NO_CHECKSUM], /version 0011/],
  "no version": [[...bytesOf("REDISabcd"), END, ...NO_CHECKSUM], /version abcd/],
  "a false checksum": [
    [...MAGIC, ...bytes(STRING, "k", "v"), END, 1, 2, 3, 4, 5, 6, 7, 8],
    /checksum/,
  ],
};

type Call = (...args: string[]) => string[] | Promise<string[]>;

/** All that can be told of all libraries and keys. */
async function listing(call: Call): Promise<string[]> {
  const lines: string[] = [];
  await call("CONFIG", "SET", "rdbcompression", "no");
  for (const name of ["x", "y"]) {
    lines.push(...await call("FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE"));
  }
  for (let database = 0; database < 16; database++) {
    await call("SELECT", String(database));
    for (const key of (await call("KEYS", "*")).sort()) {
      const [expiry] = await call("PEXPIRETIME", key);
      const [value] = await call("DUMP", key);
      lines.push(`${database} ${key} ${expiry} ${JSON.stringify(value)}`);
    }
  }
  return lines;
}

/** A keyspace that a file was loaded into; `warnings` are what the log is told. */
function loadOurs(
  content: readonly number[],
  { checksum = true, mends = true, warnings = [] }: {
    checksum?: boolean;
    mends?: boolean;
    warnings?: string[];
  } = {},
): Call {
  const harness = new CommandHarness(ALL_COMMANDS), files = new FaultyFileSystem();
  files.put("dump.rdb", Uint8Array.from(content));
  const file = files.openSync("dump.rdb", "read");
  loadAtOnce(loadRdb(file, "dump.rdb", {
    keyspace: harness.keyspace,
    limits: harness.configuration.settings,
    checksum,
    mends,
    expiredBefore: START,
    log: { notice() {}, warning: (text) => void warnings.push(text) },
  }));
  return (...args) => {
    const reply = parseReply(harness.run(...args))?.reply;
    return reply === undefined ? [] : leaves(reply);
  };
}

/** What we load from a file. */
async function ours(
  content: readonly number[],
  checksum = true,
  warnings: string[] = [],
): Promise<string[]> {
  return await listing(loadOurs(content, { checksum, warnings }));
}

/** The same of the reference, or what it replies to a call. */
async function theirs(content: readonly number[], call?: string[]): Promise<string[]> {
  await using dir = await TempDir.create("odd-");
  Deno.writeFileSync(`${dir.path}/dump.rdb`, Uint8Array.from(content));
  await using server = await startReference({ dir: dir.path });
  const client = await server.connect();
  const lines = call === undefined
    ? await listing((...args) => client.texts(...args))
    : await client.texts(...call);
  await client.close();
  return lines;
}

referenceTest("odd RDB files are taken with the same keys as by redis-server", async (t) => {
  for (const [name, content] of Object.entries(TAKEN)) {
    await t.step(name, async () => assertEquals(await ours(content), await theirs(content)));
  }
});

Deno.test("wrong RDB files are refused with the offset", async () => {
  for (const [name, [content, says]] of Object.entries(REFUSED)) {
    const { message } = await assertRejects(() => ours(content), PersistenceError);
    assertMatch(message, says, name);
    assertMatch(message, /^Bad file format reading the RDB file dump\.rdb: .*\(at offset \d+\)$/);
  }
});

referenceTest("what we refuse is refused by redis-server, too", async (t) => {
  for (const [name, [content]] of Object.entries(REFUSED)) {
    // It ends before it answers; the message has its log.
    await t.step(
      name,
      async () => void await assertRejects(() => theirs(content), Error, "exited"),
    );
  }
});

Deno.test("what is wrong in a value and clear all the same is put right with a warning, or refused", async () => {
  for (const [name, [content, says, call, reply]] of Object.entries(MENDED)) {
    const warnings: string[] = [];
    assertEquals(await loadOurs(content, { warnings })(...call), reply, name);
    assertEquals(warnings.length, 1, name);
    assertMatch(warnings[0], /^The value of k is put right: .* \(at offset \d+\)$/);
    assertMatch(warnings[0], says);
    const { message } = assertThrows(() => loadOurs(content, { mends: false }), PersistenceError);
    assertMatch(message, says);
  }
});

referenceTest("what we put right is taken by redis-server", async (t) => {
  for (const [name, [content]] of Object.entries(MENDED)) {
    await t.step(name, async () => {
      const keys = await loadOurs(content)("KEYS", "*");
      assertEquals(keys.sort(), (await theirs(content, ["KEYS", "*"])).sort());
    });
  }
});

// redis-server ends here, though no key needs the module.
Deno.test("AUX data of a module is skipped with a warning that names the module", async () => {
  const aux = [0xf7, moduleId("somemodul"), 2, 1] as const;
  const data = [1, 7, 2, length(70_000), 3, [0, 0, 0, 0], 4, NO_CHECKSUM, 5, "text", 0] as const;
  const warnings: string[] = [];
  const content = file(...aux, ...data, STRING, "a", "v", ...aux, 0);
  assertEquals(await ours(content, true, warnings), await ours(file(STRING, "a", "v")));
  assertEquals(warnings.length, 2);
  assertMatch(warnings[0], /AUX data of module 'somemodul'/);
});

Deno.test("the checksum of an RDB file is compared unless rdbchecksum is no", async () => {
  const body = [...MAGIC, ...bytes(STRING, "k", "v"), END];
  const right = new Uint8Array(8);
  new Crc64().update(Uint8Array.from(body), 0, body.length).write(right, 0);
  assertEquals((await ours([...body, ...right])).length, 1);
  assertEquals((await ours([...body, 1, 2, 3, 4, 5, 6, 7, 8], false)).length, 1);
});

Deno.test("loading gives way within one large value", () => {
  const members = Array.from({ length: 1000 }, (_, i) => [5, ...bytesOf(`m${1000 + i}`)]).flat();
  const content = file(2, "s", length(1000), members, 4, "h", length(500), members);
  const files = new FaultyFileSystem(), { keyspace, configuration } = new CommandHarness([]);
  files.put("dump.rdb", Uint8Array.from(content));
  const load = loadRdb(files.openSync("dump.rdb", "read"), "dump.rdb", {
    keyspace,
    limits: configuration.settings,
    checksum: true,
    expiredBefore: 0,
    log: { notice() {}, warning() {} },
  }).run();
  let turns = 0;
  while (load.next().done !== true) turns++;
  assert(turns >= 10, `${turns} turns`);
  assertEquals(keyspace.databases[0].size, 2);
});

Deno.test("a stream that is said to have other numbers of entries than it has is written so that it loads", async () => {
  for (const said of [0, 1, 5]) {
    const call = loadOurs(file(STREAM, "x", stream(2, said)));
    assertEquals(await call("XLEN", "x"), [String(said)]);
    await call("XDEL", "x", "1-0");
    assertEquals(await call("XLEN", "x"), [String(said - 1)]);
    await call("XDEL", "x", "2-0");
    // Without entries it has none, or nobody would take it.
    assertEquals(await call("XLEN", "x"), ["0"], String(said));
    const [payload] = await call("DUMP", "x");
    assertEquals(await call("RESTORE", "copy", "0", payload), ["OK"]);
  }
});
