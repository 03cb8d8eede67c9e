import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

Deno.test("HDEL counts fields once when they are named twice", () => {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    const { run } = harness;
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    run("HSET", "h", "a", "1", "b", "2", "c", "3");
    assertEquals(run("HDEL", "h", "a", "none", "a", "b"), ":2\r\n");
    assertEquals(run("HGETALL", "h"), array(bulk("c"), bulk("3")));
    assertEquals(harness.keyspace.dirty, 5);
  }
});

Deno.test("HDEL removes the key when no field is left", () => {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    const { run } = harness;
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    run("HSET", "h", "a", "1", "b", "2");
    harness.takeEvents();
    harness.takePropagated();
    assertEquals(run("HDEL", "h", "a", "b", "a"), ":2\r\n");
    assertEquals(harness.encodingOf("h"), null);
    assertEquals(harness.takeEvents(), ["hdel h", "del h"]);
    assertEquals(harness.takePropagated(), ["0 HDEL h a b a"]);
  }
});

Deno.test("HDEL changes nothing when no field is there", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  harness.run("HSET", "h", "a", "1");
  harness.takeEvents();
  harness.takePropagated();
  assertEquals(harness.run("HDEL", "h", "b"), ":0\r\n");
  assertEquals(harness.run("HDEL", "none", "b"), ":0\r\n");
  assertEquals(harness.takeEvents(), []);
  assertEquals(harness.takePropagated(), []);
});

Deno.test("HDEL gives the store its bytes back", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  const { store } = harness.client.db;
  harness.run("HSET", "h", "a", "1", "b", "x".repeat(60));
  harness.run("HDEL", "h", "a", "b");
  assertEquals(store.allocatedBytes, 0);
});
