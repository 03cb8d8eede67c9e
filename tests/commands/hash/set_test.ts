import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { array, bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

Deno.test("HSET replies how many fields are new when some exist", () => {
  const run = runCommands(HASH_COMMANDS);
  assertEquals(run("HSET", "h", "a", "1", "b", "2"), ":2\r\n");
  assertEquals(run("HSET", "h", "b", "3", "c", "4", "c", "5"), ":1\r\n");
  assertEquals(
    run("HGETALL", "h"),
    array(...["a", "1", "b", "3", "c", "5"].map(bulk)),
  );
});

Deno.test("HSET and HMSET refuse a field without a value", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  for (const name of ["hset", "hmset"]) {
    assertEquals(
      harness.run(name.toUpperCase(), "h", "a", "1", "b"),
      `-ERR wrong number of arguments for '${name}' command\r\n`,
    );
  }
  assertEquals(harness.encodingOf("h"), null);
  assertEquals(harness.takePropagated(), []);
});

Deno.test("HSET counts a change for each pair and tells one event", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  harness.run("HSET", "h", "a", "1", "b", "2");
  assertEquals(harness.keyspace.dirty, 2);
  harness.run("HMSET", "h", "a", "1");
  assertEquals(harness.keyspace.dirty, 3);
  assertEquals(harness.takeAllEvents(), ["new h", "hset h", "hset h"]);
  assertEquals(harness.takePropagated(), ["0 HSET h a 1 b 2", "0 HMSET h a 1"]);
});

Deno.test("HSET follows the limits when CONFIG SET changes them", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  const { run, configuration } = harness;
  run("HSET", "h", "a", "1", "b", "2");
  assertEquals(harness.encodingOf("h"), "listpack");
  configuration.apply(["hash-max-listpack-entries", "2"]);
  run("HSET", "h", "b", "3");
  assertEquals(harness.encodingOf("h"), "listpack");
  run("HSET", "h", "c", "3");
  assertEquals(harness.encodingOf("h"), "hashtable");
  configuration.apply(["hash-max-listpack-value", "3"]);
  run("HSET", "g", "abc", "123");
  assertEquals(harness.encodingOf("g"), "listpack");
  run("HSET", "g", "abc", "1234");
  assertEquals(harness.encodingOf("g"), "hashtable");
});

Deno.test("HSET keeps every pair when one call brings more than a listpack takes", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  const pairs = Array.from({ length: 600 }, (_, i) => [`f${i}`, `v${i}`]);
  assertEquals(harness.run("HSET", "h", ...pairs.flat()), ":600\r\n");
  assertEquals(harness.encodingOf("h"), "hashtable");
  for (const [field, value] of pairs) assertEquals(harness.run("HGET", "h", field), bulk(value));
});

Deno.test("HSETNX changes nothing when the field exists", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  assertEquals(harness.run("HSETNX", "h", "f", "v"), ":1\r\n");
  assertEquals(harness.run("HSETNX", "h", "f", "x".repeat(100)), ":0\r\n");
  assertEquals(harness.run("HGET", "h", "f"), bulk("v"));
  assertEquals(harness.encodingOf("h"), "listpack");
  assertEquals(harness.takePropagated(), ["0 HSETNX h f v"]);
  assertEquals(harness.takeEvents(), ["hset h"]);
});
