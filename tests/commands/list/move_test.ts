import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

function elements(harness: CommandHarness, key: string): string {
  return harness.run("LRANGE", key, "0", "-1");
}

Deno.test("LMOVE takes from one end and adds at the other for all four directions", () => {
  const results: [string, string, string, string][] = [
    ["LEFT", "LEFT", "1", "bc 1yz"],
    ["LEFT", "RIGHT", "1", "bc yz1"],
    ["RIGHT", "LEFT", "c", "1b cyz"],
    ["right", "right", "c", "1b yzc"],
  ];
  for (const [from, to, moved, lists] of results) {
    const harness = new CommandHarness(LIST_COMMANDS);
    harness.run("RPUSH", "s", "1", "b", "c");
    harness.run("RPUSH", "d", "y", "z");
    assertEquals(harness.run("LMOVE", "s", "d", from, to), bulk(moved));
    const [source, destination] = lists.split(" ");
    assertEquals(elements(harness, "s"), array(...source.split("").map(bulk)));
    assertEquals(elements(harness, "d"), array(...destination.split("").map(bulk)));
  }
});

Deno.test("LMOVE creates the destination and removes an empty source", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("RPUSH", "s", "x".repeat(5000));
  harness.takeAllEvents();
  assertEquals(harness.run("LMOVE", "s", "d", "LEFT", "RIGHT"), bulk("x".repeat(5000)));
  assertEquals(harness.encodingOf("s"), null);
  assertEquals(elements(harness, "d"), array(bulk("x".repeat(5000))));
  assertEquals(harness.takeAllEvents(), ["new d", "rpush d", "lpop s", "del s"]);
  assertEquals(harness.keyspace.dirty, 2);
  assertEquals(harness.run("LMOVE", "s", "d", "LEFT", "RIGHT"), "$-1\r\n");
  assertEquals(harness.run("LMOVE", "d", "s", "LEFT", "UP"), "-ERR syntax error\r\n");
});

Deno.test("RPOPLPUSH rotates a list when both keys are the same", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  const { run } = harness;
  run("RPUSH", "l", "a", "b", "3");
  harness.takeEvents();
  harness.takePropagated();
  assertEquals(run("RPOPLPUSH", "l", "l"), bulk("3"));
  assertEquals(elements(harness, "l"), array(bulk("3"), bulk("a"), bulk("b")));
  assertEquals(harness.takeEvents(), ["lpush l", "rpop l"]);
  assertEquals(harness.takePropagated(), ["0 RPOPLPUSH l l"]);
  run("LTRIM", "l", "0", "0");
  harness.takeEvents();
  assertEquals(run("RPOPLPUSH", "l", "l"), bulk("3"));
  assertEquals(harness.takeEvents(), ["lpush l", "rpop l"]);
  assertEquals(elements(harness, "l"), array(bulk("3")));
});

Deno.test("LMOVE finds its source again when the destination has expired", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("RPUSH", "d", "old");
  harness.run("RPUSH", "other", "x");
  harness.run("RPUSH", "s", "a", "b");
  const { db } = harness.client;
  db.setExpiry(0, harness.clock.now() + 10);
  harness.clock.advance(20);
  assertEquals(harness.run("LMOVE", "s", "d", "RIGHT", "LEFT"), bulk("b"));
  assertEquals(elements(harness, "s"), array(bulk("a")));
  assertEquals(elements(harness, "d"), array(bulk("b")));
  assertEquals(elements(harness, "other"), array(bulk("x")));
});
