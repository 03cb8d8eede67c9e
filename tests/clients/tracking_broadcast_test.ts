import { assertEquals } from "@std/assert";
import { Span } from "../../src/base/span.ts";
import { BroadcastPrefixes } from "../../src/clients/tracking_broadcast.ts";

const span = (text: string) => Span.ofString(text);

/** What listeners are told: `listener: key by …`. */
function take(prefixes: BroadcastPrefixes<string>): string[] {
  const told: string[] = [];
  prefixes.takeNoted((listener, changes) => {
    told.push(`${listener}: ${changes.map(({ key, by }) => `${key} by ${by}`).join(", ")}`);
  });
  return told;
}

Deno.test("BroadcastPrefixes tells listeners of what begins with their prefixes, in order", () => {
  const prefixes = new BroadcastPrefixes<string>();
  prefixes.add("b", "one");
  prefixes.add("a", "one");
  prefixes.add("a", "two");
  prefixes.add("", "three");
  assertEquals(prefixes.size, 3);
  for (const key of ["a2", "b1", "a1", "c"]) assertEquals(prefixes.note(span(key), "x"), true);
  prefixes.note(span("a1"), null);
  assertEquals(take(prefixes), [
    "three: a1 by null, a2 by x, b1 by x, c by x",
    "one: a1 by null, a2 by x",
    "two: a1 by null, a2 by x",
    "one: b1 by x",
  ]);
  assertEquals(take(prefixes), []);
});

Deno.test("BroadcastPrefixes notes nothing that nobody wants to hear", () => {
  const prefixes = new BroadcastPrefixes<string>();
  assertEquals(prefixes.note(span("a"), null), false);
  prefixes.add("a", "one");
  assertEquals(prefixes.note(span("b"), null), false);
  assertEquals(prefixes.note(span("a"), null), true);
  prefixes.remove("a", "one");
  assertEquals([prefixes.size, take(prefixes)], [0, []]);
});

Deno.test("BroadcastPrefixes looks up a key's prefixes by their lengths when there are 20,000 of them", () => {
  const prefixes = new BroadcastPrefixes<string>();
  for (let i = 0; i < 20_000; i++) prefixes.add(`user:${i}:`, "one");
  // From `user:0:` to `user:19999:`.
  assertEquals([prefixes.size, prefixes.lookUps], [20_000, 5]);
  assertEquals(prefixes.note(span("user:777:name"), null), true);
  assertEquals(prefixes.note(span("user:20000:name"), null), false);
  assertEquals(prefixes.note(span("user"), null), false);
  assertEquals(take(prefixes), ["one: user:777:name by null"]);
  for (let i = 0; i < 20_000; i++) prefixes.remove(`user:${i}:`, "one");
  assertEquals([prefixes.size, prefixes.lookUps], [0, 0]);
});

Deno.test("BroadcastPrefixes finds what a comparison with each prefix finds, while these come and go", () => {
  const prefixes = new BroadcastPrefixes<string>();
  const present = new Set<string>();
  let seed = 99;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  const text = () => Array.from({ length: random(6) }, () => "ab"[random(2)]).join("");
  let found = 0;
  for (let round = 0; round < 3000; round++) {
    const prefix = text(), key = text();
    if (present.delete(prefix)) prefixes.remove(prefix, prefix);
    else {
      present.add(prefix);
      prefixes.add(prefix, prefix);
    }
    const expected = [...present].filter((one) => key.startsWith(one)).sort();
    assertEquals(prefixes.note(span(key), "x"), expected.length > 0);
    assertEquals(take(prefixes), expected.map((one) => `${one}: ${key} by x`));
    found += expected.length;
  }
  if (found < 1000) throw new Error(`hardly anything was found: ${found}`);
});
