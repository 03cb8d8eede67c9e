import { assertEquals } from "@std/assert";
import { array, bulk, type CommandHarness, START } from "../../support/command_harness.ts";
import { addEntries, entries, forget, streamHarness } from "./stream_harness.ts";

/** A stream of four entries, the first three of which are pending for `a` of the group `g`. */
function pendingHarness(): CommandHarness {
  const harness = streamHarness();
  addEntries(harness, "s", 4);
  harness.run("XGROUP", "CREATE", "s", "g", "0");
  harness.run("XREADGROUP", "GROUP", "g", "a", "COUNT", "3", "STREAMS", "s", ">");
  forget(harness);
  return harness;
}

function pendingLine(id: string, consumer: string, idle: number, count: number): string {
  return `*4\r\n${bulk(id)}${bulk(consumer)}:${idle}\r\n:${count}\r\n`;
}

function propagated(id: string, consumer: string, time: number, count: number, last: string) {
  return `0 XCLAIM s g ${consumer} 0 ${id} TIME ${time} RETRYCOUNT ${count} FORCE JUSTID ` +
    `LASTID ${last}`;
}

Deno.test("XCLAIM takes over what was pending for long enough, and counts a delivery", () => {
  const harness = pendingHarness();
  const { run, clock } = harness;
  clock.advance(50);
  assertEquals(run("XCLAIM", "s", "g", "b", "51", "1-1"), array());
  assertEquals(run("XCLAIM", "s", "g", "b", "50", "1-1", "4-1"), entries(1));
  assertEquals(run("XCLAIM", "s", "g", "b", "0", "2-1", "JUSTID"), array(bulk("2-1")));
  assertEquals(
    run("XPENDING", "s", "g", "-", "+", "9"),
    array(
      pendingLine("1-1", "b", 0, 2),
      pendingLine("2-1", "b", 0, 1),
      pendingLine("3-1", "a", 50, 1),
    ),
  );
  assertEquals(harness.takePropagated(), [
    propagated("1-1", "b", START + 50, 2, "3-1"),
    propagated("2-1", "b", START + 50, 1, "3-1"),
  ]);
  assertEquals(harness.takeEvents(), ["xgroup-createconsumer s"]);
});

Deno.test("XCLAIM sets what its options say, and makes entries pending with FORCE", () => {
  const harness = pendingHarness();
  const { run } = harness;
  run("XCLAIM", "s", "g", "b", "0", "1", "IDLE", "100");
  run("XCLAIM", "s", "g", "b", "0", "1-1", "IDLE", "100", "RETRYCOUNT", "9");
  run("XCLAIM", "s", "g", "b", "0", "2-1", "TIME", String(START - 7), "JUSTID");
  run("XCLAIM", "s", "g", "b", "0", "4-1", "FORCE", "TIME", String(START + 7));
  run("XCLAIM", "s", "g", "b", "0", "9-9", "FORCE");
  assertEquals(
    run("XPENDING", "s", "g", "-", "+", "9", "b"),
    array(
      pendingLine("1-1", "b", 100, 9),
      pendingLine("2-1", "b", 7, 1),
      pendingLine("4-1", "b", 0, 2),
    ),
  );
  assertEquals(harness.takePropagated(), [
    propagated("1-1", "b", START - 100, 9, "3-1"),
    propagated("2-1", "b", START - 7, 1, "3-1"),
    propagated("4-1", "b", START, 2, "3-1"),
  ]);
});

Deno.test("XCLAIM moves the group on with LASTID, and propagates that where nothing else tells it", () => {
  const harness = pendingHarness();
  const { run } = harness;
  assertEquals(run("XCLAIM", "s", "g", "a", "0", "9-9", "LASTID", "3-5"), array());
  assertEquals(run("XCLAIM", "s", "g", "a", "0", "9-9", "LASTID", "3-5"), array());
  run("XCLAIM", "s", "g", "a", "0", "1-1", "JUSTID", "LASTID", "3-6");
  assertEquals(harness.takePropagated(), [
    "0 XGROUP SETID s g 3-5 ENTRIESREAD 3",
    propagated("1-1", "a", START, 1, "3-6"),
  ]);
});

Deno.test("XCLAIM drops what was deleted from the stream", () => {
  const harness = pendingHarness();
  const { run } = harness;
  run("XDEL", "s", "1-1");
  forget(harness);
  assertEquals(run("XCLAIM", "s", "g", "b", "9999", "1-1"), array());
  assertEquals(harness.takePropagated(), [propagated("1-1", "a", START, 1, "3-1")]);
  assertEquals(harness.takeEvents(), []);
  assertEquals(run("XPENDING", "s", "g", "-", "+", "1"), array(pendingLine("2-1", "a", 0, 1)));
});

Deno.test("XCLAIM says what is wrong", () => {
  const { run } = pendingHarness();
  const claim = (...args: string[]) => run("XCLAIM", "s", "g", "b", ...args);
  assertEquals(claim("x", "1-1"), "-ERR Invalid min-idle-time argument for XCLAIM\r\n");
  assertEquals(claim("0", "1-1", "FOO"), "-ERR Unrecognized XCLAIM option 'FOO'\r\n");
  assertEquals(claim("0", "1-1", "LASTID"), "-ERR Unrecognized XCLAIM option 'LASTID'\r\n");
  assertEquals(claim("0", "1", "IDLE", "x"), "-ERR Invalid IDLE option argument for XCLAIM\r\n");
  assertEquals(
    run("XCLAIM", "s", "h", "b", "x", "1-1"),
    "-NOGROUP No such key 's' or consumer group 'h'\r\n",
  );
});

Deno.test("XAUTOCLAIM goes through what is pending, and tells where to go on", () => {
  const harness = pendingHarness();
  const { run } = harness;
  assertEquals(
    run("XAUTOCLAIM", "s", "g", "b", "0", "-", "COUNT", "2"),
    array(bulk("3-1"), entries(1, 2), array()),
  );
  assertEquals(
    run("XAUTOCLAIM", "s", "g", "b", "0", "3-1", "JUSTID"),
    array(bulk("0-0"), array(bulk("3-1")), array()),
  );
  assertEquals(harness.takePropagated(), [
    "0 MULTI",
    propagated("1-1", "b", START, 2, "3-1"),
    propagated("2-1", "b", START, 2, "3-1"),
    "0 EXEC",
    propagated("3-1", "b", START, 1, "3-1"),
  ]);
});

Deno.test("XAUTOCLAIM drops what was deleted, and makes no consumer that claims nothing", () => {
  const harness = pendingHarness();
  const { run } = harness;
  run("XDEL", "s", "1-1", "2-1");
  assertEquals(
    run("XAUTOCLAIM", "s", "g", "b", "9999", "-", "COUNT", "1"),
    array(bulk("2-1"), array(), array(bulk("1-1"))),
  );
  assertEquals(
    run("XAUTOCLAIM", "s", "g", "b", "9999", "-"),
    array(bulk("0-0"), array(), array(bulk("2-1"))),
  );
  assertEquals(run("XGROUP", "CREATECONSUMER", "s", "g", "b"), ":1\r\n");
});

Deno.test("XAUTOCLAIM looks at ten entries for each that it may claim", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 25);
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "a", "STREAMS", "s", ">");
  assertEquals(
    run("XAUTOCLAIM", "s", "g", "b", "9999", "-", "COUNT", "2"),
    array(bulk("21-1"), array(), array()),
  );
});

Deno.test("XACK acknowledges what is pending, and propagates only then", () => {
  const harness = pendingHarness();
  const { run } = harness;
  assertEquals(run("XACK", "s", "g", "1-1", "4-1", "2"), ":1\r\n");
  assertEquals(run("XACK", "s", "g", "1-1"), ":0\r\n");
  assertEquals(run("XACK", "s", "none", "x"), ":0\r\n");
  assertEquals(harness.takePropagated(), ["0 XACK s g 1-1 4-1 2"]);
  assertEquals(
    run("XPENDING", "s", "g"),
    array(":2\r\n", bulk("2-1"), bulk("3-1"), array(array(bulk("a"), bulk("2")))),
  );
});

Deno.test("XPENDING filters by range, consumer and idle time", () => {
  const { run, clock } = pendingHarness();
  clock.advance(20);
  run("XCLAIM", "s", "g", "b", "0", "2-1", "JUSTID");
  assertEquals(
    run("XPENDING", "s", "g", "IDLE", "20", "-", "+", "9"),
    array(pendingLine("1-1", "a", 20, 1), pendingLine("3-1", "a", 20, 1)),
  );
  assertEquals(
    run("XPENDING", "s", "g", "(1-1", "3-1", "1"),
    array(pendingLine("2-1", "b", 0, 1)),
  );
  assertEquals(run("XPENDING", "s", "g", "-", "+", "9", "none"), array());
  assertEquals(run("XPENDING", "s", "g", "-", "+"), "-ERR syntax error\r\n");
});
