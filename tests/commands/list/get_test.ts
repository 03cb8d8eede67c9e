import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { array, bulk, runCommands } from "../../support/command_harness.ts";

const NOT_AN_INTEGER = "-ERR value is not an integer or out of range\r\n";

Deno.test("LLEN tells the number of elements, 0 when there is no list", () => {
  const run = runCommands(LIST_COMMANDS);
  assertEquals(run("LLEN", "l"), ":0\r\n");
  run("RPUSH", "l", ..."abc");
  assertEquals(run("LLEN", "l"), ":3\r\n");
});

Deno.test("LINDEX counts from either end, and replies null beyond them", () => {
  const run = runCommands(LIST_COMMANDS);
  run("RPUSH", "l", "a", "2", "c");
  assertEquals(run("LINDEX", "l", "0"), bulk("a"));
  assertEquals(run("LINDEX", "l", "1"), bulk("2"));
  assertEquals(run("LINDEX", "l", "-1"), bulk("c"));
  assertEquals(run("LINDEX", "l", "-3"), bulk("a"));
  assertEquals(run("LINDEX", "l", "3"), "$-1\r\n");
  assertEquals(run("LINDEX", "l", "-4"), "$-1\r\n");
  assertEquals(run("LINDEX", "l", "-9223372036854775808"), "$-1\r\n");
  assertEquals(run("LINDEX", "l", "x"), NOT_AN_INTEGER);
  assertEquals(run("LINDEX", "none", "x"), "$-1\r\n");
});

Deno.test("LRANGE replies what is within both ends when they are beyond the list", () => {
  const run = runCommands(LIST_COMMANDS);
  const elements = Array.from({ length: 1500 }, (_, i) => `element ${i}`);
  run("RPUSH", "l", ...elements);
  const range = (start: string, stop: string) => run("LRANGE", "l", start, stop);
  const replies = (from: number, to: number) => array(...elements.slice(from, to).map(bulk));
  assertEquals(range("0", "0"), replies(0, 1));
  assertEquals(range("700", "702"), replies(700, 703));
  assertEquals(range("-3", "-1"), replies(1497, 1500));
  assertEquals(range("-9223372036854775808", "1"), replies(0, 2));
  assertEquals(range("1498", "9223372036854775807"), replies(1498, 1500));
  assertEquals(range("5", "4"), array());
  assertEquals(range("1500", "1600"), array());
  assertEquals(range("0", "-1501"), array());
  assertEquals(range("0", "9223372036854775808"), NOT_AN_INTEGER);
  assertEquals(run("LRANGE", "none", "0", "x"), NOT_AN_INTEGER);
  assertEquals(run("LRANGE", "none", "0", "-1"), array());
});
