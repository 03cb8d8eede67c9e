import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizeInteger } from "../../src/base/numbers.ts";
import { compareIds, makeId, type StreamId } from "../../src/data/stream_id.ts";
import { countRadixNodes } from "../../src/data/stream_radix.ts";

/** The nodes below a place that these keys, without what is above it, share. */
function countNaively(keys: readonly string[]): number {
  if (keys.length === 1) return keys[0] === "" ? 1 : 2;
  let shared = 0;
  while (keys.every((key) => key.slice(0, shared + 2) === keys[0].slice(0, shared + 2))) {
    shared += 2;
  }
  const children = Map.groupBy(keys, (key) => key.slice(shared, shared + 2));
  let nodes = shared > 0 ? 2 : 1;
  for (const below of children.values()) {
    nodes += countNaively(below.map((key) => key.slice(shared + 2)));
  }
  return nodes;
}

function keyOf({ ms, seq }: StreamId): string {
  return BigInt(ms).toString(16).padStart(16, "0") + BigInt(seq).toString(16).padStart(16, "0");
}

Deno.test("countRadixNodes counts the root alone when there are no keys", () => {
  assertEquals(countRadixNodes([]), 1);
});

Deno.test("countRadixNodes counts the nodes of a tree that is built in a naive way", () => {
  const part = fc.oneof(
    fc.bigInt(0n, 3n),
    fc.bigInt(0n, 1000n),
    fc.constantFrom(0x0101010101n, 0x0101020101n, 0xff01010101010101n, 2n ** 64n - 1n),
  );
  const ids = fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(ids, (pairs) => {
    const sorted = pairs
      .map(([ms, seq]) => makeId(normalizeInteger(ms), normalizeInteger(seq)))
      .sort(compareIds)
      .filter((id, i, all) => i === 0 || compareIds(all[i - 1], id) !== 0);
    assertEquals(countRadixNodes(sorted), countNaively(sorted.map(keyOf)));
  }));
});
