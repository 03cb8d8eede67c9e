import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** A harness with a list `l` of these elements, whose events and propagated commands are taken. */
function harnessWith(...elements: string[]): CommandHarness {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("RPUSH", "l", ...elements);
  harness.takeEvents();
  harness.takePropagated();
  return harness;
}

function all(harness: CommandHarness): string {
  return harness.run("LRANGE", "l", "0", "-1");
}

Deno.test("LSET replaces the element at an index", () => {
  const harness = harnessWith("a", "b", "c");
  const { run } = harness;
  assertEquals(run("LSET", "l", "-1", "x".repeat(9000)), "+OK\r\n");
  assertEquals(run("LSET", "l", "0", "1"), "+OK\r\n");
  assertEquals(all(harness), array(bulk("1"), bulk("b"), bulk("x".repeat(9000))));
  assertEquals(harness.takeEvents(), ["lset l", "lset l"]);
  assertEquals(run("LSET", "l", "3", "x"), "-ERR index out of range\r\n");
  assertEquals(run("LSET", "l", "-4", "x"), "-ERR index out of range\r\n");
  assertEquals(run("LSET", "l", "x", "x"), "-ERR value is not an integer or out of range\r\n");
  assertEquals(run("LSET", "none", "x", "x"), "-ERR no such key\r\n");
  assertEquals(harness.takePropagated().length, 2);
});

Deno.test("LINSERT inserts beside the first element that equals the pivot", () => {
  const harness = harnessWith("a", "1", "a");
  const { run } = harness;
  assertEquals(run("LINSERT", "l", "AFTER", "a", "b"), ":4\r\n");
  assertEquals(run("LINSERT", "l", "before", "1", "2"), ":5\r\n");
  assertEquals(all(harness), array(...["a", "b", "2", "1", "a"].map(bulk)));
  assertEquals(harness.takeEvents(), ["linsert l", "linsert l"]);
  assertEquals(run("LINSERT", "l", "BEFORE", "01", "x"), ":-1\r\n");
  assertEquals(run("LINSERT", "none", "BEFORE", "a", "x"), ":0\r\n");
  assertEquals(run("LINSERT", "none", "NEAR", "a", "x"), "-ERR syntax error\r\n");
  assertEquals(harness.takePropagated().length, 2);
});

Deno.test("LINSERT keeps all elements when the node is full", () => {
  const harness = harnessWith(...Array.from({ length: 100 }, (_, i) => String(i).padEnd(80, ".")));
  const pivot = "50".padEnd(80, ".");
  assertEquals(harness.encodingOf("l"), "quicklist");
  assertEquals(harness.run("LINSERT", "l", "BEFORE", pivot, "before"), ":101\r\n");
  assertEquals(harness.run("LINDEX", "l", "50"), bulk("before"));
  assertEquals(harness.run("LINDEX", "l", "51"), bulk(pivot));
});

Deno.test("LREM removes as many equal elements as asked for, from the end that is asked for", () => {
  const harness = harnessWith(..."abacada");
  const { run } = harness;
  assertEquals(run("LREM", "l", "1", "a"), ":1\r\n");
  assertEquals(run("LREM", "l", "-2", "a"), ":2\r\n");
  assertEquals(all(harness), array(..."bacd".split("").map(bulk)));
  assertEquals(harness.keyspace.dirty, 7 + 3);
  assertEquals(run("LREM", "l", "0", "nothing"), ":0\r\n");
  assertEquals(run("LREM", "none", "0", "a"), ":0\r\n");
  assertEquals(harness.takeEvents(), ["lrem l", "lrem l"]);
  for (const element of "bacd") run("LREM", "l", "0", element);
  assertEquals(harness.takeEvents(), ["lrem l", "lrem l", "lrem l", "lrem l", "del l"]);
  assertEquals(harness.encodingOf("l"), null);
});

Deno.test("LTRIM keeps a range, and tells an event even when that is all", () => {
  const harness = harnessWith(..."abcdef");
  const { run } = harness;
  assertEquals(run("LTRIM", "l", "1", "-2"), "+OK\r\n");
  assertEquals(all(harness), array(..."bcde".split("").map(bulk)));
  assertEquals(run("LTRIM", "l", "-100", "100"), "+OK\r\n");
  assertEquals(harness.takePropagated(), ["0 LTRIM l 1 -2"]);
  assertEquals(harness.takeEvents(), ["ltrim l", "ltrim l"]);
  assertEquals(run("LTRIM", "l", "2", "1"), "+OK\r\n");
  assertEquals(harness.takeEvents(), ["ltrim l", "del l"]);
  assertEquals(run("LTRIM", "l", "0", "1"), "+OK\r\n");
  assertEquals(run("LTRIM", "l", "0", "x"), "-ERR value is not an integer or out of range\r\n");
});
