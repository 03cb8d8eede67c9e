import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PrefixSet } from "../../../src/commands/connection/prefix_overlap.ts";
import { CONNECTION_COMMANDS } from "../../../src/commands/connection/mod.ts";
import { runCommands } from "../../support/command_harness.ts";

Deno.test("PrefixSet finds the first text that overlaps, as a comparison with all of them does", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\xff"), maxLength: 4 });
  fc.assert(fc.property(fc.array(text, { maxLength: 8 }), text, (texts, prefix) => {
    const expected = texts.find((other) => other.startsWith(prefix) || prefix.startsWith(other));
    assertEquals(new PrefixSet(texts).firstOverlapping(prefix), expected);
    texts.forEach((own, i) => {
      const behind = texts.slice(i + 1);
      const found = new PrefixSet(texts).firstOverlapping(own, i + 1, 1);
      const first = behind.find((other) => other.startsWith(own) || own.startsWith(other));
      assertEquals(found, first);
    });
  }));
});

Deno.test("CLIENT TRACKING takes very many prefixes without comparing all with all", () => {
  const run = runCommands(CONNECTION_COMMANDS);
  const prefixes = Array.from({ length: 50_000 }, (_, i) => ["PREFIX", `p:${1_000_000 + i}:`]);
  run("HELLO", "3");
  // Compared one by one, they would take minutes.
  assertEquals(run("CLIENT", "TRACKING", "ON", "BCAST", ...prefixes.flat()), "+OK\r\n");
});
