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
