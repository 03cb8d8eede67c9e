import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { SET_COMMANDS } from "../../../src/commands/set/mod.ts";
import { array, bulk, CommandHarness, START } from "../../support/command_harness.ts";

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

function makeHarness(): CommandHarness {
  const harness = new CommandHarness([...SET_COMMANDS, ...HASH_COMMANDS]);
  harness.run("SADD", "a", "1", "2", "3");
  harness.run("SADD", "b", "2", "3", "4");
  harness.run("HSET", "h", "f", "v");
  harness.takeAllEvents();
  harness.takePropagated();
  return harness;
}

Deno.test("SINTER, SUNION and SDIFF reply a set in RESP3", () => {
  const { run, client } = makeHarness();
  client.protocol = 3;
  assertEquals(run("SINTER", "a", "b"), `~2\r\n${bulk("2")}${bulk("3")}`);
  assertEquals(run("SDIFF", "a", "b"), `~1\r\n${bulk("1")}`);
  assertEquals(run("SUNION", "a", "b"), `~4\r\n${["1", "2", "3", "4"].map(bulk).join("")}`);
  assertEquals(run("SINTER", "a", "none"), "~0\r\n");
});

Deno.test("SINTER looks at all types before it gives up on a key that does not exist", () => {
  const harness = makeHarness();
  for (const command of ["SINTER", "SUNION", "SDIFF"]) {
    assertEquals(harness.run(command, "none", "h"), WRONG_TYPE);
    assertEquals(harness.run(command, "a", "h"), WRONG_TYPE);
    assertEquals(harness.run(`${command}STORE`, "d", "none", "h"), WRONG_TYPE);
  }
  assertEquals(harness.run("SINTERCARD", "2", "none", "h"), WRONG_TYPE);
  assertEquals(harness.takePropagated(), []);
});

Deno.test("STORE overwrites a key of any type in its row, and lets it live for ever", () => {
  const harness = makeHarness();
  const { db } = harness.client;
  const row = 2;
  db.setExpiry(row, START + 1000);
  assertEquals(harness.run("SUNIONSTORE", "h", "a", "b"), ":4\r\n");
  assertEquals(db.lookupRead({ buffer: new Uint8Array([0x68]), start: 0, end: 1 }), row);
  assertEquals(harness.expiryOf("h"), null);
  assertEquals(harness.encodingOf("h"), "intset");
  assertEquals(harness.takeAllEvents(), ["sunionstore h"]);
  assertEquals(harness.takePropagated(), ["0 SUNIONSTORE h a b"]);
});

Deno.test("STORE takes its own destination as a source", () => {
  const { run } = makeHarness();
  assertEquals(run("SDIFFSTORE", "a", "a", "b"), ":1\r\n");
  assertEquals(run("SMEMBERS", "a"), array(bulk("1")));
  assertEquals(run("SINTERSTORE", "b", "b", "b"), ":3\r\n");
  assertEquals(run("SUNIONSTORE", "b", "a", "b"), ":4\r\n");
  assertEquals(run("SMEMBERS", "b"), array(...["1", "2", "3", "4"].map(bulk)));
});

Deno.test("STORE removes the destination when nothing is left, and is silent without one", () => {
  for (
    const command of [["SINTERSTORE", "d", "a", "none"], ["SDIFFSTORE", "d", "a", "a"], [
      "SUNIONSTORE",
      "d",
      "none",
    ]]
  ) {
    const harness = makeHarness();
    assertEquals(harness.run(...command), ":0\r\n");
    assertEquals([harness.takeEvents(), harness.takePropagated()], [[], []]);
    harness.run("SADD", "d", "x");
    harness.takeEvents();
    harness.takePropagated();
    assertEquals(harness.run(...command), ":0\r\n");
    assertEquals(harness.takeEvents(), ["del d"]);
    assertEquals(harness.takePropagated(), [`0 ${command.join(" ")}`]);
  }
});

Deno.test("set algebra keeps nothing in the database but what it stores", () => {
  const { run, client: { db } } = makeHarness();
  const before = db.store.allocatedBytes;
  for (const command of ["SINTER", "SUNION", "SDIFF"]) {
    run(command, "a", "b");
    run(`${command}STORE`, "d", "a", "b");
    run("SREM", "d", "1", "2", "3", "4");
    run(`${command}STORE`, "d", "none");
  }
  assertEquals(db.store.allocatedBytes, before);
});

Deno.test("SINTERCARD counts up to its limit", () => {
  const { run } = makeHarness();
  assertEquals(run("SINTERCARD", "2", "a", "b"), ":2\r\n");
  assertEquals(run("SINTERCARD", "2", "a", "b", "LIMIT", "1"), ":1\r\n");
  assertEquals(run("SINTERCARD", "2", "a", "b", "limit", "0"), ":2\r\n");
  assertEquals(run("SINTERCARD", "2", "a", "none"), ":0\r\n");
});
