import { assertEquals } from "@std/assert";
import { spanString } from "../../src/base/span.ts";
import { GENERIC_COMMANDS } from "../../src/commands/generic/mod.ts";
import { LIST_COMMANDS } from "../../src/commands/list/mod.ts";
import { SET_COMMANDS } from "../../src/commands/set/mod.ts";
import { dumpKeyspace } from "../../src/persistence/dump.ts";
import { CommandHarness, START } from "../support/command_harness.ts";

/** The commands that a dump of the keyspace holds, as byte strings. */
function dump({ keyspace }: CommandHarness): string[][] {
  return Array.from(
    dumpKeyspace(keyspace),
    ({ args }) => args.map((arg) => typeof arg === "string" ? arg : spanString(arg)),
  );
}

Deno.test("dump adds the members of a set 64 at a time, whatever its encoding", () => {
  const numbers = Array.from({ length: 129 }, (_, i) => String(i));
  for (const prefix of ["", "m", "m".repeat(65)]) {
    const members = numbers.map((number) => prefix + number);
    const harness = new CommandHarness(SET_COMMANDS);
    harness.run("SADD", "s", ...members);
    assertEquals(dump(harness), [
      ["SADD", "s", ...members.slice(0, 64)],
      ["SADD", "s", ...members.slice(64, 128)],
      ["SADD", "s", members[128]],
    ]);
  }
});

Deno.test("dump gives a set its time to live after its members", () => {
  const harness = new CommandHarness([...SET_COMMANDS, ...GENERIC_COMMANDS]);
  harness.run("SADD", "s", "a", "1");
  harness.run("PEXPIREAT", "s", String(START + 5000));
  assertEquals(dump(harness), [
    ["SADD", "s", "a", "1"],
    ["PEXPIREAT", "s", String(START + 5000)],
  ]);
});

Deno.test("dump appends the elements of a list 64 at a time, in their order", () => {
  for (const suffix of ["", "x".repeat(100)]) {
    const elements = Array.from({ length: 129 }, (_, i) => `${i}${suffix}`);
    const harness = new CommandHarness(LIST_COMMANDS);
    harness.run("RPUSH", "l", ...elements);
    assertEquals(dump(harness), [
      ["RPUSH", "l", ...elements.slice(0, 64)],
      ["RPUSH", "l", ...elements.slice(64, 128)],
      ["RPUSH", "l", elements[128]],
    ]);
  }
});
