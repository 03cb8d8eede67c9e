import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { haveSameSlots, SlotSet, slotsOf } from "../../src/cluster/slot_set.ts";

const SLOT = fc.oneof(fc.integer({ min: 0, max: 16383 }), fc.integer({ min: 5, max: 20 }));

Deno.test("SlotSet has what was added and not deleted", () => {
  const step = fc.tuple(fc.boolean(), SLOT);
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const set = new SlotSet(), model = new Set<number>();
    for (const [adds, slot] of steps) {
      if (adds) {
        assertEquals(set.add(slot), !model.has(slot));
        model.add(slot);
      } else {
        assertEquals(set.delete(slot), model.delete(slot));
      }
      assertEquals(set.has(slot), adds);
    }
    const expected = [...model].sort((a, b) => a - b);
    assertEquals(set.size, expected.length);
    assertEquals([...set], expected);
    assertEquals([...slotsOf(set.bytes)], expected);
    const inRanges = [...set.ranges()].flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i)
    );
    assertEquals(inRanges, expected);
  }));
});

Deno.test("SlotSet joins neighbouring slots in one range", () => {
  const set = new SlotSet();
  for (const slot of [0, 1, 2, 7, 8, 10, 16383]) set.add(slot);
  assertEquals([...set.ranges()], [
    { first: 0, last: 2 },
    { first: 7, last: 8 },
    { first: 10, last: 10 },
    { first: 16383, last: 16383 },
  ]);
});

Deno.test("SlotSet has slot n in bit n % 8 of byte n / 8, as the bus sends it", () => {
  const set = new SlotSet();
  set.add(0);
  set.add(15);
  assertEquals([...set.bytes.subarray(0, 3)], [1, 0x80, 0]);
});

Deno.test("haveSameSlots() finds one slot more", () => {
  const a = new SlotSet(), b = new SlotSet();
  assert(haveSameSlots(a.bytes, b.bytes));
  b.add(16383);
  assertFalse(haveSameSlots(a.bytes, b.bytes));
});
