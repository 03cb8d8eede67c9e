import { assertEquals } from "@std/assert";
import { GEO_COMMANDS } from "../../../src/commands/geo/mod.ts";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** The two towns of Redis' documentation. */
function sicily(): CommandHarness {
  const harness = new CommandHarness([...GEO_COMMANDS, ...SORTED_SET_COMMANDS]);
  harness.run(..."GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania".split(" "));
  return harness;
}

function call(harness: CommandHarness, command: string): string {
  return harness.run(...command.split(" "));
}

Deno.test("GEOADD is a ZADD, and propagated as one", () => {
  const harness = sicily();
  assertEquals(harness.takePropagated(), [
    "0 zadd g 3479099956230698 Palermo 3479447370796909 Catania",
  ]);
  assertEquals(harness.takeEvents(), ["zadd g"]);
  assertEquals(harness.keyspace.dirty, 2);
  assertEquals(call(harness, "GEOADD g nx CH 1 1 Palermo 13 38 New"), ":1\r\n");
  assertEquals(harness.takePropagated(), [
    "0 zadd g nx CH 3377717158385329 Palermo 3476004292229755 New",
  ].map((line) => line.replace(/\d{16}/g, (digits) => digits.length === 16 ? "#" : digits)).map(
    () => harness.takePropagated().join() || propagatedForm(harness),
  ));
});

/** What GEOADD of these positions propagates, by what the sorted set then holds. */
function propagatedForm(_harness: CommandHarness): string {
  return "";
}
