import { assertEquals } from "@std/assert";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { bulk, CommandHarness, runCommands, START } from "../../support/command_harness.ts";

const TOO_LONG = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";

Deno.test("APPEND adds to the end and keeps the time to live", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("SET", "k", "ab", "PX", "50");
  harness.takePropagated();
  harness.takeEvents();
  assertEquals(run("APPEND", "k", "cd"), ":4\r\n");
  assertEquals(run("APPEND", "k", ""), ":4\r\n");
  assertEquals(run("APPEND", "new", ""), ":0\r\n");
  assertEquals(run("GET", "k"), bulk("abcd"));
  assertEquals(run("STRLEN", "k"), ":4\r\n");
  assertEquals(run("STRLEN", "none"), ":0\r\n");
  assertEquals(harness.expiryOf("k"), START + 50);
  assertEquals(harness.takePropagated(), ["0 APPEND k cd", "0 APPEND k ", "0 APPEND new "]);
  assertEquals(harness.takeEvents(), ["append k", "append k", "append new"]);
});

Deno.test("APPEND makes a string raw when it was there, and names it afresh when it is new", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("APPEND", "n", "12");
  run("APPEND", "s", "ab");
  run("SET", "k", "12");
  run("APPEND", "k", "");
  assertEquals(["n", "s", "k"].map((key) => harness.encodingOf(key)), ["int", "embstr", "raw"]);
});

Deno.test("SETRANGE overwrites, pads with zeros and leaves what nothing is written to", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  assertEquals(run("SETRANGE", "k", "3", "abc"), ":6\r\n");
  assertEquals(run("SETRANGE", "k", "1", "X"), ":6\r\n");
  assertEquals(run("GET", "k"), bulk("\0X\0abc"));
  assertEquals(run("SETRANGE", "none", "9", ""), ":0\r\n");
  run("SET", "n", "12");
  assertEquals(run("SETRANGE", "n", "999999999999", ""), ":2\r\n");
  assertEquals(harness.encodingOf("n"), "int");
  assertEquals(run("SETRANGE", "n", "0", "3"), ":2\r\n");
  assertEquals(harness.encodingOf("n"), "raw");
  assertEquals(harness.encodingOf("none"), null);
  assertEquals(harness.takeEvents(), ["setrange k", "setrange k", "set n", "setrange n"]);
});

Deno.test("SETRANGE refuses offsets that are no integer, negative or too large", () => {
  const { run } = new CommandHarness(STRING_COMMANDS);
  assertEquals(run("SETRANGE", "k", "-1", ""), "-ERR offset is out of range\r\n");
  assertEquals(run("SETRANGE", "k", "x", ""), "-ERR value is not an integer or out of range\r\n");
  assertEquals(run("SETRANGE", "k", "536870912", "a"), TOO_LONG);
  assertEquals(run("SETRANGE", "k", "9223372036854775807", "a"), TOO_LONG);
});

Deno.test("APPEND and SETRANGE stop at proto-max-bulk-len", () => {
  const { run, configuration } = new CommandHarness(STRING_COMMANDS);
  configuration.assign("proto-max-bulk-len", 1024);
  assertEquals(run("SETRANGE", "k", "1020", "abcd"), ":1024\r\n");
  assertEquals(run("APPEND", "k", ""), ":1024\r\n");
  assertEquals(run("APPEND", "k", "e"), TOO_LONG);
  assertEquals(run("SETRANGE", "k", "1023", "de"), TOO_LONG);
  assertEquals(run("STRLEN", "k"), ":1024\r\n");
});

Deno.test("GETRANGE and SUBSTR reply the part between two indexes", () => {
  const run = runCommands(STRING_COMMANDS);
  run("SET", "k", "Hello, World");
  const cases: [string, string, string][] = [
    ["0", "4", "Hello"],
    ["0", "-1", "Hello, World"],
    ["-5", "-1", "World"],
    ["-100", "4", "Hello"],
    ["7", "100", "World"],
    ["12", "12", ""],
    ["5", "3", ""],
    ["-1", "-5", ""],
    ["-100", "-50", "H"],
    ["-50", "-100", ""],
    ["-9223372036854775808", "9223372036854775807", "Hello, World"],
    ["-9223372036854775807", "-9223372036854775808", ""],
    ["9223372036854775807", "-1", ""],
  ];
  for (const [first, last, part] of cases) {
    assertEquals(run("GETRANGE", "k", first, last), bulk(part), `${first} ${last}`);
    assertEquals(run("SUBSTR", "k", first, last), bulk(part), `${first} ${last}`);
  }
  assertEquals(run("GETRANGE", "none", "0", "-1"), bulk(""));
});
