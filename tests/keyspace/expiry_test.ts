import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExpiryIndex, NO_EXPIRY } from "../../src/keyspace/expiry.ts";

const row = fc.nat(300);
const time = fc.oneof(
  fc.nat(1000),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), row, time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), row }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move" as const), row, to: row }) },
);

Deno.test("ExpiryIndex behaves as a map from rows to times", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new ExpiryIndex();
      const model = new Map<number, number | bigint>();
      for (const act of steps) {
        if (act.kind === "set") {
          index.set(act.row, act.time);
          model.set(act.row, act.time);
        } else if (act.kind === "delete") {
          assertEquals(index.delete(act.row), model.delete(act.row));
        } else if (!model.has(act.to)) {
          index.moveRow(act.row, act.to);
          const moved = model.get(act.row);
          if (moved !== undefined && model.delete(act.row)) model.set(act.to, moved);
        }
      }
      assertEquals(index.size, model.size);
      for (let at = 0; at <= 300; at++) {
        const expected = model.get(at);
        assertEquals(index.exactAt(at), expected ?? NO_EXPIRY);
        assertEquals(index.at(at), Number(expected ?? NO_EXPIRY));
      }
      const listed = Array.from({ length: index.size }, (_, place) => index.rowAt(place));
      assertEquals(listed.sort(), [...model.keys()].sort());
      for (let place = 0; place < index.size; place++) {
        assertEquals(index.timeAt(place), Number(model.get(index.rowAt(place))));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("ExpiryIndex gives its memory back when nothing expires any more", () => {
  const index = new ExpiryIndex();
  for (let at = 0; at < 200_000; at++) index.set(at, at);
  const full = index.memoryBytes;
  for (let at = 0; at < 199_000; at++) index.delete(at);
  assertEquals(index.memoryBytes < full, true);
  for (let at = 199_000; at < 200_000; at++) index.delete(at);
  assertEquals(index.memoryBytes, 0);
  index.set(7, 70);
  assertEquals([index.at(6), index.at(7), index.at(199_999)], [NO_EXPIRY, 70, NO_EXPIRY]);
});
