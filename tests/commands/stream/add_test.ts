import { assertEquals } from "@std/assert";
import { bulk, START } from "../../support/command_harness.ts";
import { addEntries, entries, forget, streamHarness } from "./stream_harness.ts";

const SMALL =
  "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n";
const INVALID = "-ERR Invalid stream ID specified as stream command argument\r\n";

Deno.test("XADD makes IDs of the clock, and counts on where it stands still or goes back", () => {
  const harness = streamHarness();
  const { run, clock } = harness;
  assertEquals(run("XADD", "s", "*", "f", "v"), bulk(`${START}-0`));
  assertEquals(run("XADD", "s", "*", "f", "v"), bulk(`${START}-1`));
  clock.advance(5);
  assertEquals(run("XADD", "s", "*", "f", "v"), bulk(`${START + 5}-0`));
  clock.set(START);
  assertEquals(run("XADD", "s", "*", "f", "v"), bulk(`${START + 5}-1`));
  assertEquals(harness.takePropagated().at(-1), `0 XADD s ${START + 5}-1 f v`);
});

Deno.test("XADD completes an ID that is a ms alone or ends in a star", () => {
  const { run } = streamHarness();
  assertEquals(run("XADD", "s", "5", "f", "v"), bulk("5-0"));
  assertEquals(run("XADD", "s", "5-*", "f", "v"), bulk("5-1"));
  assertEquals(run("XADD", "s", "6-*", "f", "v"), bulk("6-0"));
  assertEquals(run("XADD", "s", "5-*", "f", "v"), SMALL);
  assertEquals(run("XADD", "t", "0-*", "f", "v"), bulk("0-1"));
});

Deno.test("XADD reads IDs as far as a NUL byte, and not those of more than 127 bytes", () => {
  const { run } = streamHarness();
  assertEquals(run("XADD", "s", "700\0-1", "f", "v"), bulk("700-0"));
  assertEquals(run("XADD", "s", "701-1\0x", "f", "v"), bulk("701-1"));
  assertEquals(run("XADD", "s", "0".repeat(122) + "702-1", "f", "v"), bulk("702-1"));
  assertEquals(run("XADD", "s", "0".repeat(123) + "703-1", "f", "v"), INVALID);
  for (const id of ["-", "+", "", "1-", "-1", "1-x", "18446744073709551616", "x"]) {
    assertEquals(run("XADD", "s", id, "f", "v"), INVALID);
  }
});

Deno.test("XADD refuses what is no greater than the last ID, and all behind the greatest", () => {
  const { run } = streamHarness();
  const max = "18446744073709551615";
  assertEquals(
    run("XADD", "s", "0-0", "f", "v"),
    "-ERR The ID specified in XADD must be greater than 0-0\r\n",
  );
  assertEquals(run("EXISTS", "s"), ":0\r\n");
  run("XADD", "s", "5-5", "f", "v");
  assertEquals(run("XADD", "s", "5-5", "f", "v"), SMALL);
  assertEquals(run("XADD", "s", `9-${max}`, "f", "v"), bulk(`9-${max}`));
  assertEquals(run("XADD", "s", "9-*", "f", "v"), SMALL);
  assertEquals(run("XADD", "s", `${max}-${max}`, "f", "v"), bulk(`${max}-${max}`));
  const exhausted =
    "-ERR The stream has exhausted the last possible ID, unable to add more items\r\n";
  assertEquals(run("XADD", "s", "*", "f", "v"), exhausted);
  assertEquals(run("XADD", "s", "5", "f", "v"), exhausted);
});

Deno.test("XADD makes no stream with NOMKSTREAM", () => {
  const harness = streamHarness();
  assertEquals(harness.run("XADD", "s", "NOMKSTREAM", "1-1", "f", "v"), "$-1\r\n");
  assertEquals(harness.run("EXISTS", "s"), ":0\r\n");
  assertEquals(harness.takePropagated(), []);
  harness.run("XADD", "s", "1-1", "f", "v");
  assertEquals(harness.run("XADD", "s", "nomkstream", "1-2", "f", "v"), bulk("1-2"));
});

Deno.test("XADD trims after it has added, and propagates what an approximate trim came to", () => {
  const harness = streamHarness();
  const { run } = harness;
  harness.configuration.apply(["stream-node-max-entries", "2"]);
  addEntries(harness, "s", 5);
  forget(harness);
  run("XADD", "s", "MAXLEN", "~", "3", "6-1", "f", "6");
  assertEquals(run("XRANGE", "s", "-", "+"), entries(3, 4, 5, 6));
  run("XADD", "s", "MAXLEN", "3", "7-*", "f", "7");
  run("XADD", "s", "MINID", "~", "7", "LIMIT", "1", "8-1", "f", "8");
  assertEquals(harness.takePropagated(), [
    "0 XADD s MAXLEN = 4 6-1 f 6",
    "0 XADD s MAXLEN 3 7-0 f 7",
    "0 XADD s MINID = 5-1 LIMIT 1 8-1 f 8",
  ]);
  assertEquals(harness.takeEvents(), ["xadd s", "xtrim s", "xadd s", "xtrim s", "xadd s"]);
});

Deno.test("XADD refuses options that do not go together", () => {
  const { run } = streamHarness();
  const add = (...options: string[]) => run("XADD", "s", ...options, "1-1", "f", "v");
  assertEquals(
    add("MAXLEN", "5", "MINID", "5"),
    "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible\r\n",
  );
  assertEquals(
    add("LIMIT", "5"),
    "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy\r\n",
  );
  assertEquals(
    add("MAXLEN", "=", "5", "LIMIT", "5"),
    "-ERR syntax error, LIMIT cannot be used without the special ~ option\r\n",
  );
  assertEquals(add("MAXLEN", "-5"), "-ERR The MAXLEN argument must be >= 0.\r\n");
  assertEquals(add("MAXLEN", "~", "5", "LIMIT", "-5"), "-ERR The LIMIT argument must be >= 0.\r\n");
  assertEquals(add("f"), INVALID);
  assertEquals(
    run("XADD", "s", "1-1", "f", "v", "g"),
    "-ERR wrong number of arguments for 'xadd' command\r\n",
  );
  assertEquals(run("EXISTS", "s"), ":0\r\n");
});
