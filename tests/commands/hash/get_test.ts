import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { Encoding, Value, ValueType } from "../../../src/data/value.ts";
import { Span } from "../../../src/base/span.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

const NULL = "$-1\r\n";
const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

/** A key `h` in each encoding. */
function* hashes(): Generator<CommandHarness> {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    harness.run("HSET", "h", "text", "abc", "number", "-1234", "empty", "");
    assertEquals(harness.encodingOf("h"), entries === "0" ? "hashtable" : "listpack");
    yield harness;
  }
}

Deno.test("HGET replies the value when the field exists and nothing when not", () => {
  for (const { run } of hashes()) {
    assertEquals(run("HGET", "h", "text"), bulk("abc"));
    assertEquals(run("HGET", "h", "number"), bulk("-1234"));
    assertEquals(run("HGET", "h", "empty"), bulk(""));
    assertEquals(run("HGET", "h", "none"), NULL);
    assertEquals(run("HGET", "none", "text"), NULL);
  }
});

Deno.test("HMGET replies in the order of its arguments, also beyond the spans that a frame keeps", () => {
  for (const { run } of hashes()) {
    const fields = Array.from({ length: 100 }, (_, i) => i % 2 ? "number" : "none");
    const values = fields.map((field) => field === "none" ? NULL : bulk("-1234"));
    assertEquals(run("HMGET", "h", ...fields), array(...values));
    assertEquals(run("HMGET", "none", "a", "b"), array(NULL, NULL));
  }
});

Deno.test("HEXISTS, HLEN and HSTRLEN count", () => {
  for (const { run } of hashes()) {
    assertEquals(run("HEXISTS", "h", "empty"), ":1\r\n");
    assertEquals(run("HEXISTS", "h", "none"), ":0\r\n");
    assertEquals(run("HEXISTS", "none", "none"), ":0\r\n");
    assertEquals(run("HLEN", "h"), ":3\r\n");
    assertEquals(run("HLEN", "none"), ":0\r\n");
    assertEquals(run("HSTRLEN", "h", "text"), ":3\r\n");
    assertEquals(run("HSTRLEN", "h", "number"), ":5\r\n");
    assertEquals(run("HSTRLEN", "h", "empty"), ":0\r\n");
    assertEquals(run("HSTRLEN", "h", "none"), ":0\r\n");
    assertEquals(run("HSTRLEN", "none", "none"), ":0\r\n");
  }
});

Deno.test("HGETALL, HKEYS and HVALS reply everything", () => {
  for (const { run, client } of hashes()) {
    const fields = ["text", "number", "empty"].map(bulk);
    const values = ["abc", "-1234", ""].map(bulk);
    assertEquals(run("HKEYS", "h"), array(...fields));
    assertEquals(run("HVALS", "h"), array(...values));
    const pairs = fields.map((field, i) => field + values[i]).join("");
    assertEquals(run("HGETALL", "h"), `*6\r\n${pairs}`);
    client.protocol = 3;
    assertEquals(run("HGETALL", "h"), `%3\r\n${pairs}`);
    assertEquals(run("HGETALL", "none"), "%0\r\n");
    assertEquals(run("HKEYS", "none"), "*0\r\n");
    assertEquals(run("HVALS", "none"), "*0\r\n");
  }
});

Deno.test("hash commands refuse a key of another type", () => {
  const { run, client: { db } } = new CommandHarness(HASH_COMMANDS);
  const text = new Value().setCompact(ValueType.String, Encoding.Embstr, db.store.allocate(0));
  db.add(Span.ofString("s"), text);
  const calls = [
    ["HSET", "s", "f", "v"],
    ["HMSET", "s", "f", "v"],
    ["HSETNX", "s", "f", "v"],
    ["HGET", "s", "f"],
    ["HMGET", "s", "f"],
    ["HGETALL", "s"],
    ["HDEL", "s", "f"],
    ["HEXISTS", "s", "f"],
    ["HLEN", "s"],
    ["HSTRLEN", "s", "f"],
    ["HKEYS", "s"],
    ["HVALS", "s"],
    ["HINCRBY", "s", "f", "1"],
    ["HINCRBYFLOAT", "s", "f", "1"],
    ["HRANDFIELD", "s"],
    ["HRANDFIELD", "s", "2"],
    ["HSCAN", "s", "0", "COUNT", "x"],
  ];
  for (const call of calls) assertEquals(run(...call), WRONG_TYPE, call[0]);
  assertEquals(db.typeOf(db.peek(Span.ofString("s"))), ValueType.String);
});

Deno.test("hash commands count hits and misses when they read, and not when they write", () => {
  const { run, keyspace } = new CommandHarness(HASH_COMMANDS);
  run("HSET", "h", "a", "1");
  const reads = [
    ["HGET", "a"],
    ["HMGET", "a", "b"],
    ["HGETALL"],
    ["HKEYS"],
    ["HVALS"],
    ["HLEN"],
    ["HEXISTS", "a"],
    ["HSTRLEN", "a"],
    ["HRANDFIELD"],
    ["HRANDFIELD", "0"],
    ["HSCAN", "0"],
  ];
  for (const [name, ...args] of reads) {
    run(name, "h", ...args);
    run(name, "none", ...args);
  }
  assertEquals([keyspace.hits, keyspace.misses], [reads.length, reads.length]);
  run("HSETNX", "h", "a", "2");
  run("HDEL", "none", "a");
  run("HINCRBY", "h", "a", "2");
  assertEquals([keyspace.hits, keyspace.misses], [reads.length, reads.length]);
});
