import { assert, assertEquals } from "@std/assert";
import { Hold } from "../../src/base/hold.ts";

Deno.test("Hold is held until the last of its holders has let go", () => {
  const hold = new Hold();
  assert(!hold.isHeld);
  const first = hold.hold(), second = hold.hold();
  first();
  assert(hold.isHeld);
  second();
  assert(!hold.isHeld);
});

Deno.test("Hold counts a holder once who lets go twice", () => {
  const hold = new Hold();
  const first = hold.hold(), second = hold.hold();
  first();
  first();
  assert(hold.isHeld);
  second();
  assert(!hold.isHeld);
});

Deno.test("Hold tells its listeners when it begins and ends, and of nothing between", () => {
  const hold = new Hold(), told: boolean[] = [];
  hold.onChange((isHeld) => {
    assertEquals(isHeld, hold.isHeld);
    told.push(isHeld);
  });
  const first = hold.hold(), second = hold.hold();
  assertEquals(told, [true]);
  first();
  assertEquals(told, [true]);
  second();
  second();
  assertEquals(told, [true, false]);
  hold.hold()();
  assertEquals(told, [true, false, true, false]);
});
