import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

Deno.test("LPUSH and RPUSH add elements one after the other at their end", () => {
  const run = runCommands(LIST_COMMANDS);
  assertEquals(run("RPUSH", "l", "a", "b"), ":2\r\n");
  assertEquals(run("LPUSH", "l", "1", "", "\xff"), ":5\r\n");
  assertEquals(run("LRANGE", "l", "0", "-1"), array(...["\xff", "", "1", "a", "b"].map(bulk)));
});

Deno.test("LPUSHX and RPUSHX create no list when there is none", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  const { run } = harness;
  assertEquals(run("LPUSHX", "l", "a"), ":0\r\n");
  assertEquals(run("RPUSHX", "l", "a"), ":0\r\n");
  assertEquals(harness.encodingOf("l"), null);
  run("RPUSH", "l", "b");
  harness.takePropagated();
  assertEquals(run("LPUSHX", "l", "a", "0"), ":3\r\n");
  assertEquals(run("RPUSHX", "l", "c"), ":4\r\n");
  assertEquals(harness.takePropagated(), ["0 LPUSHX l a 0", "0 RPUSHX l c"]);
});

Deno.test("RPUSH keeps every element when one call brings more than a node takes", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  const elements = Array.from({ length: 2000 }, (_, i) => `element ${i}`);
  assertEquals(harness.run("RPUSH", "l", ...elements), ":2000\r\n");
  assertEquals(harness.encodingOf("l"), "quicklist");
  assertEquals(harness.run("LRANGE", "l", "0", "-1"), array(...elements.map(bulk)));
});

Deno.test("LPUSH counts a change for each element and tells one event", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("LPUSH", "l", "a", "b");
  assertEquals(harness.keyspace.dirty, 2);
  harness.run("RPUSH", "l", "c");
  assertEquals(harness.takeAllEvents(), ["new l", "lpush l", "rpush l"]);
  assertEquals(harness.takePropagated(), ["0 LPUSH l a b", "0 RPUSH l c"]);
  assertEquals(harness.encodingOf("l"), "quicklist");
});

Deno.test("list commands refuse a key of another type", () => {
  const run = runCommands([...LIST_COMMANDS, ...STRING_COMMANDS]);
  run("SET", "s", "v");
  run("RPUSH", "l", "a");
  const calls = [
    ["LPUSH", "s", "a"],
    ["RPUSHX", "s", "a"],
    ["LPOP", "s"],
    ["RPOP", "s", "0"],
    ["LLEN", "s"],
    ["LINDEX", "s", "x"],
    ["LRANGE", "s", "0", "1"],
    ["LSET", "s", "x", "a"],
    ["LINSERT", "s", "BEFORE", "a", "b"],
    ["LREM", "s", "0", "a"],
    ["LTRIM", "s", "0", "1"],
    ["LPOS", "s", "a"],
    ["LMOVE", "s", "l", "LEFT", "LEFT"],
    ["LMOVE", "l", "s", "LEFT", "LEFT"],
    ["RPOPLPUSH", "l", "s"],
    ["LMPOP", "2", "none", "s", "LEFT"],
    ["BLPOP", "none", "s", "0"],
    ["BLMOVE", "l", "s", "LEFT", "LEFT", "0"],
    ["BLMPOP", "0", "1", "s", "LEFT"],
  ];
  for (const call of calls) assertEquals(run(...call), WRONG_TYPE, call.join(" "));
  assertEquals(run("LRANGE", "l", "0", "-1"), array(bulk("a")));
  assertEquals(run("LMOVE", "none", "s", "LEFT", "LEFT"), "$-1\r\n");
});
