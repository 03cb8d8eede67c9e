import { assertEquals } from "@std/assert";
import { array, bulk } from "../../support/command_harness.ts";
import { addEntries, entries, entry, streamHarness } from "./stream_harness.ts";

Deno.test("XRANGE and XREVRANGE include their ends, and exclude those behind a parenthesis", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 6);
  assertEquals(run("XRANGE", "s", "2-1", "4-1"), entries(2, 3, 4));
  assertEquals(run("XRANGE", "s", "(2-1", "(4-1"), entries(3));
  assertEquals(run("XRANGE", "s", "2", "4"), entries(2, 3, 4));
  assertEquals(run("XRANGE", "s", "-", "(3"), entries(1, 2, 3));
  assertEquals(run("XREVRANGE", "s", "4", "(2-1"), entries(4, 3));
  assertEquals(run("XREVRANGE", "s", "+", "-", "COUNT", "2"), entries(6, 5));
  assertEquals(run("XRANGE", "s", "4", "2"), array());
  assertEquals(
    run("XRANGE", "s", "(18446744073709551615", "+"),
    array(),
  );
  assertEquals(
    run("XRANGE", "s", "(18446744073709551615-18446744073709551615", "+"),
    "-ERR invalid start ID for the interval\r\n",
  );
  assertEquals(run("XRANGE", "s", "-", "(0-0"), "-ERR invalid end ID for the interval\r\n");
});

Deno.test("XRANGE replies nothing at all when COUNT is not positive and the stream exists", () => {
  const harness = streamHarness();
  addEntries(harness, "s", 1);
  assertEquals(harness.run("XRANGE", "s", "-", "+", "COUNT", "0"), "*-1\r\n");
  assertEquals(harness.run("XRANGE", "s", "-", "+", "COUNT", "-3"), "*-1\r\n");
  assertEquals(harness.run("XRANGE", "none", "-", "+", "COUNT", "0"), "*0\r\n");
});

Deno.test("XRANGE leaves out deleted entries, and reads fields that differ from the first ones", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XADD", "s", "4-1", "f", "4", "g", "5");
  run("XADD", "s", "5-1", "g", "5");
  run("XDEL", "s", "2-1");
  const replies = [entry("1-1", "f", "1"), entry("3-1", "f", "3")];
  replies.push(entry("4-1", "f", "4", "g", "5"), entry("5-1", "g", "5"));
  assertEquals(run("XRANGE", "s", "-", "+"), array(...replies));
  assertEquals(run("XREVRANGE", "s", "+", "-"), array(...replies.toReversed()));
});

Deno.test("XLEN counts what is there, and refuses another type", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XDEL", "s", "2-1");
  assertEquals(run("XLEN", "s"), ":2\r\n");
  assertEquals(run("XLEN", "none"), ":0\r\n");
  run("SET", "str", "v");
  const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
  assertEquals(run("XLEN", "str"), wrongType);
  assertEquals(run("XRANGE", "str", "-", "+"), wrongType);
  assertEquals(run("XADD", "str", "1-1", "f", "v"), wrongType);
  assertEquals(run("OBJECT", "ENCODING", "s"), bulk("stream"));
});
