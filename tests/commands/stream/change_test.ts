import { assertEquals } from "@std/assert";
import { addEntries, entries, forget, streamHarness } from "./stream_harness.ts";

Deno.test("XDEL deletes what is there, and tells of it only when something was", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 4);
  forget(harness);
  const { dirty } = harness.keyspace;
  assertEquals(run("XDEL", "s", "2-1", "9-9", "2-1", "4-1"), ":2\r\n");
  assertEquals(run("XDEL", "s", "2-1"), ":0\r\n");
  assertEquals(run("XDEL", "none", "x"), ":0\r\n");
  assertEquals(harness.keyspace.dirty, dirty + 2);
  assertEquals(harness.takePropagated(), ["0 XDEL s 2-1 9-9 2-1 4-1"]);
  assertEquals(harness.takeEvents(), ["xdel s"]);
  assertEquals(run("XRANGE", "s", "-", "+"), entries(1, 3));
});

Deno.test("XDEL checks all IDs before it deletes any", () => {
  const harness = streamHarness();
  addEntries(harness, "s", 2);
  assertEquals(
    harness.run("XDEL", "s", "1-1", "x"),
    "-ERR Invalid stream ID specified as stream command argument\r\n",
  );
  assertEquals(harness.run("XLEN", "s"), ":2\r\n");
});

Deno.test("XDEL of the last entry leaves the stream", () => {
  const harness = streamHarness();
  addEntries(harness, "s", 1);
  harness.run("XDEL", "s", "1-1");
  assertEquals(harness.run("EXISTS", "s"), ":1\r\n");
});

Deno.test("XTRIM counts what it removed, and propagates an approximate trim as an exact one", () => {
  const harness = streamHarness();
  const { run } = harness;
  harness.configuration.apply(["stream-node-max-entries", "3"]);
  addEntries(harness, "s", 11);
  forget(harness);
  assertEquals(run("XTRIM", "s", "MAXLEN", "~", "9"), ":0\r\n");
  assertEquals(run("XTRIM", "s", "MAXLEN", "~", "7"), ":3\r\n");
  assertEquals(run("XTRIM", "s", "MAXLEN", "7"), ":1\r\n");
  assertEquals(run("XTRIM", "s", "MINID", "~", "9", "LIMIT", "2"), ":2\r\n");
  assertEquals(run("XTRIM", "s", "MINID", "=", "9-1"), ":2\r\n");
  assertEquals(run("XRANGE", "s", "-", "+"), entries(9, 10, 11));
  assertEquals(harness.takePropagated(), [
    "0 XTRIM s MAXLEN = 8",
    "0 XTRIM s MAXLEN 7",
    "0 XTRIM s MINID = 7-1 LIMIT 2",
    "0 XTRIM s MINID = 9-1",
  ]);
  assertEquals(harness.takeEvents(), Array(4).fill("xtrim s"));
});

Deno.test("XTRIM removes no more than about a hundred nodes by itself when it is approximate", () => {
  const harness = streamHarness();
  const { run } = harness;
  harness.configuration.apply(["stream-node-max-entries", "1"]);
  addEntries(harness, "s", 150);
  assertEquals(run("XTRIM", "s", "MAXLEN", "~", "0"), ":100\r\n");
  assertEquals(run("XTRIM", "s", "MAXLEN", "~", "0", "LIMIT", "0"), ":50\r\n");
});

Deno.test("XSETID sets what the stream remembers, which is no change to those who watch", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 2);
  run("WATCH", "s");
  forget(harness);
  assertEquals(run("XSETID", "s", "9-9", "ENTRIESADDED", "7", "MAXDELETEDID", "1-5"), "+OK\r\n");
  assertEquals(harness.takeEvents(), ["xsetid s"]);
  assertEquals(harness.takePropagated(), ["0 XSETID s 9-9 ENTRIESADDED 7 MAXDELETEDID 1-5"]);
  run("MULTI");
  run("XADD", "s", "9-*", "f", "v");
  assertEquals(run("EXEC"), "*1\r\n$4\r\n9-10\r\n");
});

Deno.test("XSETID refuses what the stream's entries contradict", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  const refuse = (error: string, ...args: string[]) => {
    assertEquals(run("XSETID", ...args), `-ERR ${error}\r\n`);
  };
  refuse("The ID specified in XSETID is smaller than the target stream top item", "s", "3-0");
  refuse(
    "The entries_added specified in XSETID is smaller than the target stream length",
    ...["s", "3-1", "ENTRIESADDED", "2"],
  );
  refuse(
    "The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
    ...["s", "3-1", "MAXDELETEDID", "4-1"],
  );
  refuse("entries_added must be positive", "s", "3-1", "ENTRIESADDED", "-1");
  refuse("syntax error", "s", "3-1", "ENTRIESADDED");
  refuse("no such key", "none", "3-1");
});
