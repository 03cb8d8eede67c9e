import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareIds, makeId, type StreamId } from "../../src/data/stream_id.ts";
import { IdIndex } from "../../src/data/stream_index.ts";

/** An ID for each number, so that neighbours differ in either part. */
function idOf(number: number): StreamId {
  return makeId(Math.floor(number / 3), number % 3);
}

function numberOf(id: StreamId | undefined): number | undefined {
  return id && Number(id.ms) * 3 + Number(id.seq);
}

/** Compares an index with the numbers that it should hold, in order. */
function assertHolds(index: IdIndex<StreamId>, numbers: readonly number[], probes: number[]): void {
  assertEquals(index.size, numbers.length);
  assertEquals([...index].map(numberOf), numbers);
  assertEquals(numberOf(index.first), numbers[0]);
  assertEquals(numberOf(index.last), numbers.at(-1));
  for (const probe of probes) {
    const id = idOf(probe);
    assertEquals(numberOf(index.get(id)), numbers.find((n) => n === probe));
    assertEquals(numberOf(index.ceiling(id)), numbers.find((n) => n >= probe));
    assertEquals(numberOf(index.after(id)), numbers.find((n) => n > probe));
    assertEquals(numberOf(index.floor(id)), numbers.findLast((n) => n <= probe));
    assertEquals(numberOf(index.before(id)), numbers.findLast((n) => n < probe));
  }
}

Deno.test("IdIndex finds what a sorted array holds when items come and go anywhere", () => {
  const batch = fc.record({
    remove: fc.boolean(),
    from: fc.integer({ min: 0, max: 1500 }),
    count: fc.integer({ min: 1, max: 700 }),
    step: fc.integer({ min: -3, max: 5 }).filter((step) => step !== 0),
  });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
      const index = new IdIndex<StreamId>();
      const numbers = new Set<number>();
      for (const { remove, from, count, step } of batches) {
        for (let i = 0; i < count; i++) {
          const number = from + i * step;
          if (number < 0) break;
          if (remove) {
            assertEquals(
              numberOf(index.remove(idOf(number))),
              numbers.has(number) ? number : undefined,
            );
            numbers.delete(number);
          } else if (!numbers.has(number)) {
            index.add(idOf(number));
            numbers.add(number);
          }
        }
        const sorted = [...numbers].sort((a, b) => a - b);
        assertHolds(
          index,
          sorted,
          [0, from, from + count * step, from + 1, 4000].filter((n) => n >= 0),
        );
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("IdIndex can be walked over while what was visited is removed", () => {
  const index = new IdIndex<StreamId>();
  for (let i = 0; i < 2000; i++) index.add(idOf(i));
  const visited: (number | undefined)[] = [];
  for (let item = index.ceiling(idOf(5)); item !== undefined; item = index.after(item)) {
    visited.push(numberOf(item));
    assertEquals(compareIds(index.remove(item) as StreamId, item), 0);
  }
  assertEquals(visited, Array.from({ length: 1995 }, (_, i) => i + 5));
  assertEquals(index.size, 5);
});
