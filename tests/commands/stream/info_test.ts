import { assertEquals } from "@std/assert";
import { array, bulk, START } from "../../support/command_harness.ts";
import { addEntries, entries, entry, streamHarness } from "./stream_harness.ts";

Deno.test("XINFO STREAM tells about the stream, nodes included", () => {
  const harness = streamHarness();
  const { run } = harness;
  harness.configuration.apply(["stream-node-max-entries", "2"]);
  addEntries(harness, "s", 5);
  run("XDEL", "s", "1-1", "4-1");
  run("XGROUP", "CREATE", "s", "g", "0");
  harness.client.protocol = 3;
  const pairs = [
    ["length", ":3\r\n"],
    ["radix-tree-keys", ":3\r\n"],
    ["radix-tree-nodes", ":8\r\n"],
    ["last-generated-id", bulk("5-1")],
    ["max-deleted-entry-id", bulk("4-1")],
    ["entries-added", ":5\r\n"],
    ["recorded-first-entry-id", bulk("2-1")],
    ["groups", ":1\r\n"],
    ["first-entry", entry("2-1", "f", "2")],
    ["last-entry", entry("5-1", "f", "5")],
  ];
  const body = pairs.map(([name, value]) => bulk(name) + value).join("");
  assertEquals(run("XINFO", "STREAM", "s"), `%10\r\n${body}`);
});

Deno.test("XINFO STREAM FULL tells ten entries, or as many as asked for", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 12);
  const shown = (...options: string[]) => {
    const reply = run("XINFO", "STREAM", "s", "FULL", ...options);
    return reply.slice(reply.indexOf(bulk("entries")) + bulk("entries").length);
  };
  const none = bulk("groups") + array();
  const upTo = (count: number) => entries(...Array.from({ length: count }, (_, i) => i + 1));
  assertEquals(shown(), upTo(10) + none);
  assertEquals(shown("COUNT", "3"), upTo(3) + none);
  assertEquals(shown("COUNT", "0"), upTo(12) + none);
  assertEquals(shown("COUNT", "-1"), upTo(10) + none);
});

Deno.test("XINFO STREAM FULL tells what is pending for whom", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 1);
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  harness.client.protocol = 3;
  const time = `:${START}\r\n`;
  const consumer = `%4\r\n${bulk("name")}${bulk("c")}${bulk("seen-time")}${time}` +
    `${bulk("pel-count")}:1\r\n${bulk("pending")}${array(array(bulk("1-1"), time, ":1\r\n"))}`;
  const group = `%7\r\n${bulk("name")}${bulk("g")}${bulk("last-delivered-id")}${bulk("1-1")}` +
    `${bulk("entries-read")}:1\r\n${bulk("lag")}:0\r\n${bulk("pel-count")}:1\r\n${
      bulk("pending")
    }` +
    array(array(bulk("1-1"), bulk("c"), time, ":1\r\n")) + bulk("consumers") + array(consumer);
  const reply = run("XINFO", "STREAM", "s", "FULL");
  assertEquals(reply.slice(reply.indexOf(bulk("groups"))), bulk("groups") + array(group));
});

Deno.test("XINFO GROUPS tells how far groups are, in order of their names", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "z", "2-1");
  run("XGROUP", "CREATE", "s", "a", "0");
  run("XREADGROUP", "GROUP", "a", "c", "COUNT", "2", "STREAMS", "s", ">");
  harness.client.protocol = 3;
  const group = (name: string, counts: [number, number], id: string, ...progress: string[]) =>
    `%6\r\n${bulk("name")}${bulk(name)}${bulk("consumers")}:${counts[0]}\r\n` +
    `${bulk("pending")}:${counts[1]}\r\n${bulk("last-delivered-id")}${bulk(id)}` +
    `${bulk("entries-read")}${progress[0]}${bulk("lag")}${progress[1]}`;
  assertEquals(
    run("XINFO", "GROUPS", "s"),
    array(
      group("a", [1, 2], "2-1", ":2\r\n", ":1\r\n"),
      group("z", [0, 0], "2-1", "_\r\n", "_\r\n"),
    ),
  );
});

Deno.test("XINFO CONSUMERS tells what they have pending and how long they are idle", () => {
  const harness = streamHarness();
  const { run, clock } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  clock.advance(30);
  run("XGROUP", "CREATECONSUMER", "s", "g", "b");
  clock.advance(5);
  harness.client.protocol = 3;
  const consumer = (name: string, pending: number, idle: number) =>
    `%3\r\n${bulk("name")}${bulk(name)}${bulk("pending")}:${pending}\r\n${
      bulk("idle")
    }:${idle}\r\n`;
  assertEquals(
    run("XINFO", "CONSUMERS", "s", "g"),
    array(consumer("b", 0, 5), consumer("c", 3, 35)),
  );
});

Deno.test("XINFO says what is missing and what makes no sense", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 1);
  for (const command of [["STREAM", "none"], ["GROUPS", "none"], ["CONSUMERS", "none", "g"]]) {
    assertEquals(run("XINFO", ...command), "-ERR no such key\r\n");
  }
  assertEquals(
    run("XINFO", "CONSUMERS", "s", "g"),
    "-NOGROUP No such consumer group 'g' for key name 's'\r\n",
  );
  for (const options of [["FOO"], ["FULL", "COUNT"], ["FULL", "FOO", "1"]]) {
    assertEquals(
      run("XINFO", "STREAM", "s", ...options),
      "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.\r\n",
    );
  }
});
