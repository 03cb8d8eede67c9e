/** Numbers for which redis-server itself ends or never comes back, so that no script can compare them. */

import { assertEquals } from "@std/assert";
import { BITMAP_COMMANDS } from "../../src/commands/bitmap/mod.ts";
import { HASH_COMMANDS } from "../../src/commands/hash/mod.ts";
import { SET_COMMANDS } from "../../src/commands/set/mod.ts";
import { SORTED_SET_COMMANDS } from "../../src/commands/sorted_set/mod.ts";
import { STRING_COMMANDS } from "../../src/commands/string/mod.ts";
import { bulk, CommandHarness } from "../support/command_harness.ts";

const LARGEST = "9223372036854775807";

Deno.test("A string command replies an error and changes nothing when there is no memory for the length", () => {
  const harness = new CommandHarness([...STRING_COMMANDS, ...BITMAP_COMMANDS]);
  const { run } = harness;
  harness.configuration.apply(["proto-max-bulk-len", LARGEST]);
  run("SET", "k", "abc");
  const calls = [
    ["SETRANGE", "k", "4611686018427387904", "x"],
    ["SETRANGE", "k", "9007199254740991", "x"],
    ["SETRANGE", "new", "4611686018427387904", "x"],
    ["SETRANGE", "new", "1125899906842624", "x"],
    ["SETBIT", "k", LARGEST, "1"],
    ["SETBIT", "new", "9007199254740993", "1"],
    ["BITFIELD", "k", "SET", "u8", "9223372036854775799", "1"],
    ["BITFIELD", "new", "INCRBY", "i64", "#144115188075855871", "1"],
  ];
  for (const call of calls) assertEquals(run(...call).slice(0, 5), "-OOM ", call.join(" "));
  assertEquals(run("GET", "k"), bulk("abc"));
  assertEquals(run("STRLEN", "new"), ":0\r\n");
  assertEquals(run("SETRANGE", "k", "1", "X"), ":3\r\n");
  assertEquals(run("GET", "k"), bulk("aXc"));
});

Deno.test("A command for random elements replies an error when no memory holds that many", () => {
  const { run } = new CommandHarness([...HASH_COMMANDS, ...SET_COMMANDS, ...SORTED_SET_COMMANDS]);
  run("HSET", "h", "f", "v");
  run("SADD", "s", "a");
  run("ZADD", "z", "1", "a");
  const calls = [
    ["SRANDMEMBER", "s", `-${LARGEST}`],
    ["HRANDFIELD", "h", `-${LARGEST}`],
    ["HRANDFIELD", "h", "-4611686018427387903", "WITHVALUES"],
    ["ZRANDMEMBER", "z", `-${LARGEST}`],
    ["ZRANDMEMBER", "z", "-4611686018427387903", "WITHSCORES"],
  ];
  for (const call of calls) assertEquals(run(...call).slice(0, 5), "-OOM ", call.join(" "));
  assertEquals(run("SRANDMEMBER", "s", LARGEST), `*1\r\n${bulk("a")}`);
});
