import { assert, assertEquals } from "@std/assert";
import { SET_COMMANDS } from "../../../src/commands/set/mod.ts";
import { CommandHarness } from "../../support/command_harness.ts";

/** The bulk strings of a reply, without what announces them. */
function texts(reply: string): string[] {
  return reply.split("\r\n").slice(0, -1).filter((line) => !/^[*$~]/.test(line));
}

function members(harness: CommandHarness, key: string): string[] {
  return texts(harness.run("SMEMBERS", key));
}

/** Members that lead to each of the encodings: intset, a small and a large hashtable. */
function* samples(): Generator<string[]> {
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  yield numbers.map((i) => String(i + 10));
  yield numbers.map((i) => `m${i + 10}`);
  yield numbers.map((i) => `m${i + 10}`.padEnd(70, "x"));
}

Deno.test("SPOP removes what it replies, and propagates that as SREM", () => {
  for (const all of samples()) {
    const harness = new CommandHarness(SET_COMMANDS);
    harness.run("SADD", "s", ...all);
    harness.takePropagated();
    harness.takeEvents();
    const left = new Set(all);
    for (let i = 1; i <= all.length; i++) {
      const [popped] = texts(harness.run("SPOP", "s"));
      assert(left.delete(popped));
      assertEquals(harness.takePropagated(), [`0 SREM s ${popped}`]);
      assertEquals(harness.takeEvents(), i < all.length ? ["spop s"] : ["spop s", "del s"]);
      assertEquals(new Set(members(harness, "s")), left);
    }
    assertEquals(harness.run("SPOP", "s"), "$-1\r\n");
    assertEquals(harness.takePropagated(), []);
  }
});

Deno.test("SPOP removes what it replies when a count is given, few members or most of them", () => {
  for (const all of samples()) {
    for (const count of [1, 2, 16, 17, 19]) {
      const harness = new CommandHarness(SET_COMMANDS);
      harness.run("SADD", "s", ...all);
      harness.takePropagated();
      harness.takeEvents();
      const dirty = harness.keyspace.dirty;
      const popped = texts(harness.run("SPOP", "s", String(count)));
      assertEquals(new Set(popped).size, count);
      assertEquals(harness.keyspace.dirty - dirty, count);
      assertEquals(harness.takeEvents(), ["spop s"]);
      const removals = popped.map((member) => `0 SREM s ${member}`);
      assertEquals(
        harness.takePropagated(),
        count === 1 ? removals : ["0 MULTI", ...removals, "0 EXEC"],
      );
      const rest = all.filter((member) => !popped.includes(member));
      assertEquals(new Set(members(harness, "s")), new Set(rest));
    }
  }
});

Deno.test("SPOP propagates DEL when a count takes everything", () => {
  for (const all of samples()) {
    for (const count of ["20", "21", "9223372036854775807"]) {
      const harness = new CommandHarness(SET_COMMANDS);
      harness.run("SADD", "s", ...all);
      harness.takePropagated();
      harness.takeEvents();
      assertEquals(new Set(texts(harness.run("SPOP", "s", count))), new Set(all));
      assertEquals(harness.takePropagated(), ["0 DEL s"]);
      assertEquals(harness.takeEvents(), ["spop s", "del s"]);
      assertEquals(harness.encodingOf("s"), null);
    }
  }
});

Deno.test("SPOP makes an intset of the integers that stay when most members go", () => {
  const harness = new CommandHarness(SET_COMMANDS);
  const numbers = Array.from({ length: 12 }, (_, i) => String(i));
  harness.run("SADD", "s", "x", ...numbers);
  harness.run("SREM", "s", "x");
  harness.run("SPOP", "s", "2");
  assertEquals(harness.encodingOf("s"), "hashtable");
  harness.run("SPOP", "s", "9");
  assertEquals(harness.encodingOf("s"), "intset");
});

Deno.test("SPOP takes each member as often as the others", () => {
  for (const all of samples()) {
    const harness = new CommandHarness(SET_COMMANDS);
    const counts = new Map(all.map((member) => [member, 0]));
    for (const args of [[], ["3"], ["17"]]) {
      for (let round = 0; round < 300; round++) {
        harness.run("SADD", "s", ...all);
        for (const popped of texts(harness.run("SPOP", "s", ...args))) {
          counts.set(popped, (counts.get(popped) ?? 0) + 1);
        }
      }
    }
    const mean = 300 * (1 + 3 + 17) / all.length;
    for (const count of counts.values()) assert(Math.abs(count - mean) < 7 * Math.sqrt(mean));
  }
});
