import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { array, runCommands } from "../../support/command_harness.ts";

/** Asks for LPOS l 3 with options on a list; `none` is a list that does not exist. */
function position(options: string, key = "l"): string {
  const run = runCommands(LIST_COMMANDS);
  run("RPUSH", "l", ..."abcd12343ee33".split(""));
  return run("LPOS", key, "3", ...options.split(" ").filter((word) => word !== ""));
}

const integers = (...values: number[]) => array(...values.map((value) => `:${value}\r\n`));

Deno.test("LPOS finds matches by their rank, counted from either end", () => {
  assertEquals(position(""), ":6\r\n");
  assertEquals(position("RANK 2"), ":8\r\n");
  assertEquals(position("rank -1"), ":12\r\n");
  assertEquals(position("RANK -4"), ":6\r\n");
  assertEquals(position("RANK 5"), "$-1\r\n");
  assertEquals(position("RANK -9223372036854775808"), ":12\r\n");
});

Deno.test("LPOS replies an array when COUNT is given", () => {
  assertEquals(position("COUNT 0"), integers(6, 8, 11, 12));
  assertEquals(position("COUNT 2"), integers(6, 8));
  assertEquals(position("COUNT 2 RANK -2"), integers(11, 8));
  assertEquals(position("COUNT 1 RANK 9"), array());
  assertEquals(position("COUNT 1", "none"), array());
  assertEquals(position("", "none"), "$-1\r\n");
});

Deno.test("LPOS looks at no more than MAXLEN elements", () => {
  assertEquals(position("MAXLEN 6"), "$-1\r\n");
  assertEquals(position("MAXLEN 7"), ":6\r\n");
  assertEquals(position("MAXLEN 2 COUNT 0 RANK -1"), integers(12, 11));
  assertEquals(position("MAXLEN 0 RANK 4"), ":12\r\n");
});

Deno.test("LPOS names the option that is wrong, also when there is no list", () => {
  const zeroRank = "-ERR RANK can't be zero: use 1 to start from the first match, " +
    "2 from the second ... or use negative to start from the end of the list\r\n";
  assertEquals(position("RANK 0", "none"), zeroRank);
  assertEquals(position("RANK x"), "-ERR value is not an integer or out of range\r\n");
  assertEquals(position("COUNT -1"), "-ERR COUNT can't be negative\r\n");
  assertEquals(position("COUNT x"), "-ERR COUNT can't be negative\r\n");
  assertEquals(position("MAXLEN -1", "none"), "-ERR MAXLEN can't be negative\r\n");
  assertEquals(position("RANK"), "-ERR syntax error\r\n");
  assertEquals(position("FOO 1"), "-ERR syntax error\r\n");
});
