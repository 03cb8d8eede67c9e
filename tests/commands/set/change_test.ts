import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { SET_COMMANDS } from "../../../src/commands/set/mod.ts";
import { array, bulk, CommandHarness, START } from "../../support/command_harness.ts";

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

Deno.test("SADD is an event and a change for as many members as are new", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  assertEquals(harness.run("SADD", "s", "a", "b", "a"), ":2\r\n");
  assertEquals(harness.keyspace.dirty, 2);
  assertEquals(harness.takeAllEvents(), ["new s", "sadd s"]);
  assertEquals(harness.run("SADD", "s", "a"), ":0\r\n");
  assertEquals(harness.keyspace.dirty, 2);
  assertEquals(harness.takeAllEvents(), []);
  assertEquals(harness.takePropagated(), ["0 SADD s a b a"]);
});

Deno.test("SADD takes more arguments than a frame keeps spans for", () => {
  const { run } = new CommandHarness(SET_COMMANDS);
  const members = Array.from({ length: 300 }, (_, i) => `m${i}`);
  assertEquals(run("SADD", "s", ...members), ":300\r\n");
  assertEquals(run("SMISMEMBER", "s", ...members), array(...members.map(() => ":1\r\n")));
  assertEquals(run("SREM", "s", ...members, "none"), ":300\r\n");
});

Deno.test("SREM removes the key with its last member", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  harness.run("SADD", "s", "a", "b", "c");
  harness.takeEvents();
  assertEquals(harness.run("SREM", "s", "a", "none"), ":1\r\n");
  assertEquals(harness.run("SREM", "s", "none"), ":0\r\n");
  assertEquals(harness.run("SREM", "s", "b", "c", "b"), ":2\r\n");
  assertEquals(harness.takeEvents(), ["srem s", "srem s", "del s"]);
  assertEquals(harness.encodingOf("s"), null);
});

Deno.test("SMOVE tells of both sets", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  harness.run("SADD", "a", "1", "2");
  harness.takeAllEvents();
  harness.takePropagated();
  assertEquals(harness.run("SMOVE", "a", "b", "1"), ":1\r\n");
  assertEquals(harness.takeAllEvents(), ["srem a", "new b", "sadd b"]);
  assertEquals(harness.run("SMOVE", "a", "b", "2"), ":1\r\n");
  assertEquals(harness.takeAllEvents(), ["srem a", "del a", "sadd b"]);
  harness.run("SADD", "a", "2");
  harness.takeAllEvents();
  const dirty = harness.keyspace.dirty;
  assertEquals(harness.run("SMOVE", "a", "b", "2"), ":1\r\n");
  assertEquals(harness.keyspace.dirty - dirty, 1);
  assertEquals(harness.takeAllEvents(), ["srem a", "del a"]);
  assertEquals(harness.run("SMOVE", "b", "b", "2"), ":1\r\n");
  assertEquals(harness.takeAllEvents(), []);
});

Deno.test("SMOVE finds the source when the target expires in front of it", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  const { db } = harness.client;
  harness.run("SADD", "target", "old");
  harness.run("SADD", "source", "m", "n");
  db.setExpiry(0, START + 10);
  harness.clock.advance(20);
  assertEquals(harness.run("SMOVE", "source", "target", "m"), ":1\r\n");
  assertEquals(harness.run("SMEMBERS", "source"), array(bulk("n")));
  assertEquals(harness.run("SMEMBERS", "target"), array(bulk("m")));
});

Deno.test("SMOVE checks types only when there is a source", () => {
  const { run } = new CommandHarness([...SET_COMMANDS, ...HASH_COMMANDS]);
  run("HSET", "h", "f", "v");
  run("SADD", "s", "a");
  assertEquals(run("SMOVE", "none", "h", "a"), ":0\r\n");
  assertEquals(run("SMOVE", "s", "h", "none"), WRONG_TYPE);
  assertEquals(run("SMOVE", "h", "s", "a"), WRONG_TYPE);
});
