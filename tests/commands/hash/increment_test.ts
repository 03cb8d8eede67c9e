import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

const NOT_INTEGER = "-ERR value is not an integer or out of range\r\n";
const NOT_INTEGER_IN_HASH = "-ERR hash value is not an integer\r\n";
const OVERFLOW = "-ERR increment or decrement would overflow\r\n";

Deno.test("HINCRBY is exact when integers pass 2^53", () => {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    const { run } = harness;
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    assertEquals(run("HINCRBY", "h", "n", "9007199254740991"), ":9007199254740991\r\n");
    assertEquals(run("HINCRBY", "h", "n", "2"), ":9007199254740993\r\n");
    assertEquals(run("HGET", "h", "n"), bulk("9007199254740993"));
    run("HSET", "h", "n", "9223372036854775806");
    assertEquals(run("HINCRBY", "h", "n", "1"), ":9223372036854775807\r\n");
    assertEquals(run("HINCRBY", "h", "n", "1"), OVERFLOW);
    run("HSET", "h", "n", "-9223372036854775808");
    assertEquals(run("HINCRBY", "h", "n", "-1"), OVERFLOW);
    assertEquals(run("HGET", "h", "n"), bulk("-9223372036854775808"));
  }
});

Deno.test("HINCRBY refuses what is no integer", () => {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    const { run } = harness;
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    for (const text of ["", " 1", "1 ", "01", "+1", "1.0", "9223372036854775808", "x"]) {
      assertEquals(run("HINCRBY", "new", "f", text), NOT_INTEGER, text);
      run("HSET", "h", "f", text);
      assertEquals(run("HINCRBY", "h", "f", "1"), NOT_INTEGER_IN_HASH, text);
    }
    assertEquals(harness.encodingOf("new"), null);
  }
});

Deno.test("HINCRBY propagates and tells its event when it adds zero", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  assertEquals(harness.run("HINCRBY", "h", "n", "0"), ":0\r\n");
  assertEquals(harness.takeAllEvents(), ["new h", "hincrby h"]);
  assertEquals(harness.takePropagated(), ["0 HINCRBY h n 0"]);
  assertEquals(harness.keyspace.dirty, 1);
});

Deno.test("HINCRBY and HINCRBYFLOAT make a table when the result is too long for a listpack", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  harness.configuration.apply(["hash-max-listpack-value", "2"]);
  harness.run("HSET", "h", "n", "99");
  assertEquals(harness.encodingOf("h"), "listpack");
  assertEquals(harness.run("HINCRBY", "h", "n", "1"), ":100\r\n");
  assertEquals(harness.encodingOf("h"), "hashtable");
  assertEquals(harness.run("HGET", "h", "n"), bulk("100"));
  assertEquals(harness.run("HINCRBYFLOAT", "g", "n", "0.5"), bulk("0.5"));
  assertEquals(harness.encodingOf("g"), "hashtable");
});

Deno.test("HINCRBYFLOAT calculates with long doubles", () => {
  const run = runCommands(HASH_COMMANDS);
  assertEquals(run("HINCRBYFLOAT", "h", "f", "10.50"), bulk("10.5"));
  assertEquals(run("HINCRBYFLOAT", "h", "f", "0.1"), bulk("10.6"));
  assertEquals(run("HINCRBYFLOAT", "h", "f", "-5.6e0"), bulk("5"));
  run("HSET", "h", "f", "1e17");
  assertEquals(run("HINCRBYFLOAT", "h", "f", "0.1"), bulk("100000000000000000.1015625"));
});

Deno.test("HINCRBYFLOAT refuses what is no number or not finite", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  const { run } = harness;
  for (const text of ["", "x", " 1", "1 ", "nan", "1e5000"]) {
    assertEquals(run("HINCRBYFLOAT", "new", "f", text), "-ERR value is not a valid float\r\n");
    run("HSET", "h", "f", text);
    assertEquals(run("HINCRBYFLOAT", "h", "f", "1"), "-ERR hash value is not a float\r\n");
  }
  assertEquals(run("HINCRBYFLOAT", "new", "f", "inf"), "-ERR value is NaN or Infinity\r\n");
  run("HSET", "h", "f", "inf");
  assertEquals(
    run("HINCRBYFLOAT", "h", "f", "1"),
    "-ERR increment would produce NaN or Infinity\r\n",
  );
  assertEquals(harness.encodingOf("new"), null);
});

Deno.test("HINCRBYFLOAT propagates the result as HSET", () => {
  const harness = new CommandHarness(HASH_COMMANDS);
  harness.run("HSET", "h", "f", "1");
  harness.takePropagated();
  harness.takeEvents();
  harness.run("HINCRBYFLOAT", "h", "f", "0.25");
  assertEquals(harness.takePropagated(), ["0 HSET h f 1.25"]);
  assertEquals(harness.takeEvents(), ["hincrbyfloat h"]);
});
