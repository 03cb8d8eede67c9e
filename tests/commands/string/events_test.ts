import { assertEquals } from "@std/assert";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { CommandHarness } from "../../support/command_harness.ts";

/** Commands one after the other, and the events of each; the differential scripts have the same ones. */
const EVENTS: readonly (readonly [command: string, events: string])[] = [
  ["SET k v", "new set"],
  ["SET k v EX 100", "set expire"],
  ["SET k v GET KEEPTTL", "set"],
  ["SET n v GET", "keymiss new set"],
  ["SET k w NX", ""],
  ["GETSET k 5", "set"],
  ["SETEX k 100 5", "set expire"],
  ["PSETEX k 100000 5", "set expire"],
  ["SETNX k 5", ""],
  ["SETNX nx 5", "new set"],
  ["GET missing", "keymiss"],
  ["GETEX k", ""],
  ["GETEX k EX 100", "expire"],
  ["GETEX k PERSIST", "persist"],
  ["GETEX k PERSIST", ""],
  ["GETEX missing", "keymiss"],
  ["INCR k", "incrby"],
  ["DECRBY k 2", "incrby"],
  ["INCRBY i 0", "new incrby"],
  ["INCRBYFLOAT k 1", "incrbyfloat"],
  ["INCRBYFLOAT fl 1", "new incrbyfloat"],
  ["APPEND k x", "append"],
  ["APPEND ap x", "new append"],
  ["SETRANGE k 0 y", "setrange"],
  ["SETRANGE sr 1 y", "new setrange"],
  ["MSET a 1 k 2 a 3", "new set set set"],
  ["MSETNX a 1 q 2", ""],
  ["MSETNX p 1 q 2", "new set new set"],
  ["MGET k none", "keymiss"],
  ["STRLEN none", "keymiss"],
  ["GETRANGE none 0 1", "keymiss"],
  ["LCS k none", "keymiss"],
  ["GETDEL k", "del"],
  ["GETDEL k", "keymiss"],
  ["GETEX a EXAT 1", "del"],
];

Deno.test("string commands tell of each event in the order of redis-server", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  for (const [command, events] of EVENTS) {
    harness.run(...command.split(" "));
    const names = harness.takeAllEvents().map((event) => event.split(" ")[0]);
    assertEquals(names.join(" "), events, command);
  }
});
