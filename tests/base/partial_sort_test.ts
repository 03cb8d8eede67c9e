import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { sortFirst } from "../../src/base/partial_sort.ts";

Deno.test("sortFirst puts the least elements first, and loses none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 }),
      fc.nat(220),
      (list, count) => {
        const sorted = list.toSorted((a, b) => a - b);
        const partly = [...list];
        sortFirst(partly, count, (a, b) => a - b);
        assertEquals(partly.slice(0, count), sorted.slice(0, count));
        assertEquals(partly.toSorted((a, b) => a - b), sorted);
      },
    ),
  );
});

Deno.test("sortFirst needs few comparisons when little is asked for", () => {
  const list = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_000);
  let comparisons = 0;
  sortFirst(list, 10, (a, b) => {
    comparisons++;
    return a - b;
  });
  assertEquals(list.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(comparisons < 400_000, true, `${comparisons} comparisons`);
});
