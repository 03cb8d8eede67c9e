import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

function harnessWithTexts(): CommandHarness {
  const harness = new CommandHarness([...STRING_COMMANDS, ...HASH_COMMANDS]);
  harness.run("MSET", "a", "ohmytext", "b", "mynewtext");
  return harness;
}

const pair = (from: number, to: number) => array(`:${from}\r\n`, `:${to}\r\n`);

Deno.test("LCS replies the subsequence, its length or its matches", () => {
  const { run, client } = harnessWithTexts();
  assertEquals(run("LCS", "a", "b"), bulk("mytext"));
  assertEquals(run("LCS", "a", "b", "len"), ":6\r\n");
  const matches = array(array(pair(4, 7), pair(5, 8)), array(pair(2, 3), pair(0, 1)));
  const body = `${bulk("matches")}${matches}${bulk("len")}:6\r\n`;
  assertEquals(run("LCS", "a", "b", "IDX"), `*4\r\n${body}`);
  client.protocol = 3;
  assertEquals(run("LCS", "a", "b", "IDX"), `%2\r\n${body}`);
});

Deno.test("LCS leaves short matches out and tells their lengths when asked to", () => {
  const { run } = harnessWithTexts();
  const long = array(array(pair(4, 7), pair(5, 8), ":4\r\n"));
  assertEquals(
    run("LCS", "a", "b", "IDX", "MINMATCHLEN", "4", "WITHMATCHLEN"),
    array(bulk("matches"), long, bulk("len"), ":6\r\n"),
  );
  assertEquals(
    run("LCS", "a", "b", "IDX", "MINMATCHLEN", "9223372036854775807"),
    array(bulk("matches"), array(), bulk("len"), ":6\r\n"),
  );
});

Deno.test("LCS takes a missing or expired key for an empty string", () => {
  const { run, clock } = harnessWithTexts();
  assertEquals(run("LCS", "a", "none"), bulk(""));
  run("SET", "c", "text", "PX", "1");
  assertEquals(run("LCS", "a", "c"), bulk("text"));
  clock.advance(2);
  assertEquals(run("LCS", "b", "c", "LEN"), ":0\r\n");
});

Deno.test("LCS refuses other types, bad options and texts too long for proto-max-bulk-len", () => {
  const { run, configuration } = harnessWithTexts();
  run("HSET", "h", "f", "v");
  const notStrings = "-ERR The specified keys must contain string values\r\n";
  assertEquals(run("LCS", "a", "h", "FOO"), notStrings);
  assertEquals(run("LCS", "h", "none"), notStrings);
  assertEquals(run("LCS", "a", "b", "FOO"), "-ERR syntax error\r\n");
  assertEquals(run("LCS", "a", "b", "MINMATCHLEN"), "-ERR syntax error\r\n");
  assertEquals(
    run("LCS", "a", "b", "MINMATCHLEN", "x"),
    "-ERR value is not an integer or out of range\r\n",
  );
  assertEquals(
    run("LCS", "a", "b", "IDX", "LEN"),
    "-ERR If you want both the length and indexes, please just use IDX.\r\n",
  );
  configuration.assign("proto-max-bulk-len", 359);
  assertEquals(
    run("LCS", "a", "b"),
    "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n",
  );
  configuration.assign("proto-max-bulk-len", 360);
  assertEquals(run("LCS", "a", "b"), bulk("mytext"));
});
