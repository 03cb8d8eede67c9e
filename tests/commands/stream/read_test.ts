import { assertEquals } from "@std/assert";
import { array, bulk, START } from "../../support/command_harness.ts";
import { addEntries, entries, entry, forget, streamHarness } from "./stream_harness.ts";

/** What one stream's entries are replied as in RESP2. */
function streams(...replies: [key: string, entries: string][]): string {
  return array(...replies.map(([key, found]) => array(bulk(key), found)));
}

/** How the delivery of an entry is propagated. */
function claim(id: string, count: number, last: string, time = START): string {
  return `0 XCLAIM s g c 0 ${id} TIME ${time} RETRYCOUNT ${count} FORCE JUSTID LASTID ${last}`;
}

Deno.test("XREAD replies what comes behind each ID, and nothing of streams without more", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  addEntries(harness, "t", 2);
  assertEquals(
    run("XREAD", "COUNT", "2", "STREAMS", "s", "none", "t", "0", "0", "2-1"),
    streams(["s", entries(1, 2)]),
  );
  assertEquals(run("XREAD", "STREAMS", "s", "t", "$", "$"), "*-1\r\n");
  harness.client.protocol = 3;
  assertEquals(
    run("XREAD", "STREAMS", "s", "t", "2-1", "1-1"),
    `%2\r\n${bulk("s")}${entries(3)}${bulk("t")}${entries(2)}`,
  );
  assertEquals(run("XREAD", "STREAMS", "s", "$"), "_\r\n");
});

Deno.test("XREAD waits for what is added behind the last ID at the time of the call", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  assertEquals(run("XREAD", "BLOCK", "0", "STREAMS", "s", "none", "$", "$"), "");
  assertEquals(
    run("XADD", "s", "4-1", "f", "4"),
    bulk("4-1") + streams(["s", entries(4)]),
  );
  assertEquals(run("XADD", "s", "5-1", "f", "5"), bulk("5-1"));
});

Deno.test("XREAD waits on when its stream goes, and is served from the one that comes", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  assertEquals(run("DEL", "s"), ":1\r\n");
  assertEquals(run("SET", "s", "v"), "+OK\r\n");
  assertEquals(run("DEL", "s"), ":1\r\n");
  assertEquals(run("XADD", "s", "1-1", "f", "1"), bulk("1-1"));
  assertEquals(run("XADD", "s", "4-1", "f", "4"), bulk("4-1") + streams(["s", entries(4)]));
});

Deno.test("XREAD replies nothing when its time is over, and within a transaction at once", () => {
  const harness = streamHarness();
  const { run } = harness;
  run("XREAD", "BLOCK", "500", "STREAMS", "s", "$");
  harness.clock.advance(499);
  assertEquals(run("EXISTS", "s"), ":0\r\n");
  harness.clock.advance(1);
  assertEquals(run("EXISTS", "s"), "*-1\r\n:0\r\n");
  run("MULTI");
  run("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  assertEquals(run("EXEC"), array("*-1\r\n"));
});

Deno.test("XREADGROUP delivers each new entry once, and propagates it as a claim", () => {
  const harness = streamHarness();
  const { run, clock } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "g", "0");
  forget(harness);
  const read = (...options: string[]) =>
    run("XREADGROUP", "GROUP", "g", "c", ...options, "STREAMS", "s", ">");
  assertEquals(read("COUNT", "2"), streams(["s", entries(1, 2)]));
  assertEquals(harness.takePropagated(), [
    "0 MULTI",
    claim("1-1", 1, "1-1"),
    claim("2-1", 1, "2-1"),
    "0 EXEC",
  ]);
  assertEquals(harness.takeEvents(), ["xgroup-createconsumer s"]);
  clock.advance(10);
  assertEquals(read(), streams(["s", entries(3)]));
  assertEquals(read(), "*-1\r\n");
  assertEquals(harness.takePropagated(), [claim("3-1", 1, "3-1", START + 10)]);
});

Deno.test("XREADGROUP keeps nothing pending with NOACK, and propagates how far the group is", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "g", "0");
  forget(harness);
  run("XREADGROUP", "GROUP", "g", "c", "NOACK", "COUNT", "2", "STREAMS", "s", ">");
  assertEquals(harness.takePropagated(), [
    "0 MULTI",
    "0 XGROUP CREATECONSUMER s g c",
    "0 XGROUP SETID s g 2-1 ENTRIESREAD 2",
    "0 EXEC",
  ]);
  assertEquals(run("XPENDING", "s", "g"), "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");
});

Deno.test("XREADGROUP replies what is pending again, and the ID alone of what was deleted", () => {
  const harness = streamHarness();
  const { run, clock } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  run("XDEL", "s", "2-1");
  forget(harness);
  clock.advance(7);
  assertEquals(
    run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", "1-1"),
    streams(["s", array(array(bulk("2-1"), "*-1\r\n"), entry("3-1", "f", "3"))]),
  );
  assertEquals(run("XREADGROUP", "GROUP", "g", "d", "STREAMS", "s", "0"), streams(["s", array()]));
  assertEquals(harness.takePropagated(), []);
  assertEquals(
    run("XPENDING", "s", "g", "-", "+", "9"),
    array(
      `*4\r\n${bulk("1-1")}${bulk("c")}:7\r\n:1\r\n`,
      `*4\r\n${bulk("2-1")}${bulk("c")}:7\r\n:1\r\n`,
      `*4\r\n${bulk("3-1")}${bulk("c")}:0\r\n:2\r\n`,
    ),
  );
});

Deno.test("XREADGROUP waits, and is served what nobody else of its group was given", () => {
  const harness = streamHarness();
  const { run } = harness;
  run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  run("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
  forget(harness);
  harness.clock.advance(3);
  assertEquals(run("XADD", "s", "1-1", "f", "1"), bulk("1-1") + streams(["s", entries(1)]));
  assertEquals(harness.takePropagated(), [
    "0 XADD s 1-1 f 1",
    claim("1-1", 1, "1-1", START + 3),
  ]);
});

Deno.test("XREADGROUP that waits is told when its group or its stream goes", () => {
  const gone = "-UNBLOCKED the stream key no longer exists\r\n";
  const noGroup = "-NOGROUP the consumer group this client was blocked on no longer exists\r\n";
  const ends: [string[], string, string][] = [
    [["XGROUP", "DESTROY", "s", "g"], ":1\r\n", noGroup],
    [["DEL", "s"], ":1\r\n", gone],
    [["SET", "s", "v"], "+OK\r\n", gone],
    [["RENAME", "s", "t"], "+OK\r\n", gone],
    [["RENAME", "str", "s"], "+OK\r\n", gone],
    [["COPY", "other", "s", "REPLACE"], ":1\r\n", noGroup],
    [["MOVE", "s", "1"], ":1\r\n", gone],
  ];
  for (const [command, reply, told] of ends) {
    const harness = streamHarness();
    const { run } = harness;
    run("SET", "str", "v");
    addEntries(harness, "other", 1);
    run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    run("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
    assertEquals(run(...command), reply + told);
  }
});

Deno.test("XREADGROUP that waits is told when its stream expires", () => {
  const harness = streamHarness();
  const { run } = harness;
  run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  run("PEXPIRE", "s", "10");
  run("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
  harness.clock.advance(11);
  assertEquals(run("EXISTS", "s"), ":0\r\n-UNBLOCKED the stream key no longer exists\r\n");
});

Deno.test("XREAD and XREADGROUP say what is wrong", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 1);
  run("XGROUP", "CREATE", "s", "g", "0");
  const group = ["XREADGROUP", "GROUP", "g", "c"];
  const wrong: [string[], string][] = [
    [
      ["XREAD", "COUNT", "1", "STREAMS", "s"],
      "ERR Unbalanced XREAD list of streams: for each " +
      "stream key an ID or '$' must be specified.",
    ],
    [["XREAD", "BLOCK", "-1", "STREAMS", "s", "0"], "ERR timeout is negative"],
    [["XREAD", "BLOCK", "x", "STREAMS", "s", "0"], "ERR timeout is not an integer or out of range"],
    [
      ["XREAD", "NOACK", "STREAMS", "s", "0"],
      "ERR The NOACK option is only supported by " +
      "XREADGROUP. You called XREAD instead.",
    ],
    [
      ["XREAD", "GROUP", "g", "c", "STREAMS", "s", "0"],
      "ERR The GROUP option is only supported " +
      "by XREADGROUP. You called XREAD instead.",
    ],
    [
      ["XREADGROUP", "COUNT", "1", "COUNT", "1", "STREAMS", "s", "0"],
      "ERR Missing GROUP option " +
      "for XREADGROUP",
    ],
    [["XREAD", "COUNT", "1", "COUNT", "1"], "ERR syntax error"],
    [
      [...group, "STREAMS", "none", ">"],
      "NOGROUP No such key 'none' or consumer group 'g' in " +
      "XREADGROUP with GROUP option",
    ],
    [[...group, "STREAMS", "s", "x"], "ERR Invalid stream ID specified as stream command argument"],
  ];
  for (const [command, error] of wrong) assertEquals(run(...command), `-${error}\r\n`);
});
