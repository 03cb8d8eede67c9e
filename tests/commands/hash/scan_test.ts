import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { array, bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

const SYNTAX = "-ERR syntax error\r\n";
const EMPTY_SCAN = array(bulk("0"), array());

Deno.test("HSCAN replies a listpack as a whole, whatever the cursor and COUNT", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "a", "1", "b", "2");
  const all = array(bulk("0"), array(...["a", "1", "b", "2"].map(bulk)));
  assertEquals(run("HSCAN", "h", "0"), all);
  assertEquals(run("HSCAN", "h", "5", "COUNT", "1"), all);
  assertEquals(run("HSCAN", "h", "18446744073709551615"), all);
});

Deno.test("HSCAN goes down a table in steps of COUNT", () => {
  const { run, configuration } = new CommandHarness(HASH_COMMANDS);
  configuration.apply(["hash-max-listpack-entries", "0"]);
  run("HSET", "h", "a", "1", "b", "2", "c", "3");
  assertEquals(
    run("HSCAN", "h", "0", "COUNT", "2"),
    array(bulk("1"), array(...["c", "3", "b", "2"].map(bulk))),
  );
  assertEquals(
    run("HSCAN", "h", "1", "count", "2"),
    array(bulk("0"), array(...["a", "1"].map(bulk))),
  );
  assertEquals(
    run("HSCAN", "h", "0", "COUNT", "9223372036854775807", "MATCH", "[bc]"),
    array(bulk("0"), array(...["c", "3", "b", "2"].map(bulk))),
  );
  const beyond = run("HSCAN", "h", "18446744073709551615", "COUNT", "1");
  assertEquals(beyond, array(bulk("2"), array(bulk("c"), bulk("3"))));
});

Deno.test("HSCAN MATCH looks at fields, also those stored as integers", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "123", "a", "abc", "123", "", "empty");
  const found = (...texts: string[]) => array(bulk("0"), array(...texts.map(bulk)));
  assertEquals(run("HSCAN", "h", "0", "MATCH", "1*"), found("123", "a"));
  assertEquals(run("HSCAN", "h", "0", "MATCH", ""), found("", "empty"));
  assertEquals(
    run("HSCAN", "h", "0", "MATCH", "*"),
    found("123", "a", "abc", "123", "", "empty"),
  );
  assertEquals(run("HSCAN", "h", "0", "MATCH", "x", "MATCH", "a??"), found("abc", "123"));
});

Deno.test("HSCAN refuses bad options only when there is a hash", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "a", "1");
  for (const options of [["COUNT", "0"], ["COUNT"], ["MATCH"], ["FOO", "1"], ["TYPE", "hash"]]) {
    assertEquals(run("HSCAN", "h", "0", ...options), SYNTAX, options.join(" "));
    assertEquals(run("HSCAN", "none", "0", ...options), EMPTY_SCAN);
  }
  assertEquals(
    run("HSCAN", "h", "0", "COUNT", "x"),
    "-ERR value is not an integer or out of range\r\n",
  );
  assertEquals(run("HSCAN", "none", "x"), "-ERR invalid cursor\r\n");
});
