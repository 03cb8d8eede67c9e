import { assert, assertEquals } from "@std/assert";
import { SET_COMMANDS } from "../../../src/commands/set/mod.ts";
import { CommandHarness } from "../../support/command_harness.ts";

const SAMPLES = [
  ["1", "2", "3", "4", "5", "6"],
  ["a", "b", "c", "d", "e", "6"],
  ["a", "b", "c", "d", "e", "x".repeat(65)],
];

function texts(reply: string): string[] {
  return reply.split("\r\n").slice(0, -1).filter((line) => !/^[*$~]/.test(line));
}

/** Fails unless the command replies each member as often as the others, by far more than chance. */
function assertUniform(harness: CommandHarness, rounds: number, ...args: string[]): void {
  const counts = new Map<string, number>();
  for (let i = 0; i < rounds; i++) {
    for (const member of texts(harness.run("SRANDMEMBER", "s", ...args))) {
      counts.set(member, (counts.get(member) ?? 0) + 1);
    }
  }
  const all = [...counts.values()];
  const mean = all.reduce((sum, count) => sum + count) / 6;
  assertEquals(all.length, 6);
  for (const count of all) assert(Math.abs(count - mean) < 7 * Math.sqrt(mean), `${all}`);
}

Deno.test("SRANDMEMBER is uniform when it replies one, some or many members", () => {
  for (const members of SAMPLES) {
    const harness = new CommandHarness(SET_COMMANDS);
    harness.run("SADD", "s", ...members);
    assertUniform(harness, 3000);
    assertUniform(harness, 3000, "1");
    assertUniform(harness, 1000, "4");
    assertUniform(harness, 30, "-100");
  }
});

Deno.test("SRANDMEMBER replies different members when the count is positive", () => {
  for (const members of SAMPLES) {
    const { run } = new CommandHarness(SET_COMMANDS);
    run("SADD", "s", ...members);
    for (const count of [1, 2, 5, 6, 7, 9223372036854775807n]) {
      const found = texts(run("SRANDMEMBER", "s", String(count)));
      assertEquals(found.length, Math.min(Number(count), 6));
      assertEquals(new Set(found).size, found.length);
    }
  }
});

Deno.test("SRANDMEMBER changes nothing", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  harness.run("SADD", "s", "a", "b");
  harness.takePropagated();
  harness.takeEvents();
  for (const args of [[], ["1"], ["-5"], ["0"]]) harness.run("SRANDMEMBER", "s", ...args);
  assertEquals(harness.run("SCARD", "s"), ":2\r\n");
  assertEquals([harness.takePropagated(), harness.takeEvents()], [[], []]);
});
