import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DescriptorReserve, isOutOfDescriptors } from "../../src/base/descriptor_reserve.ts";

const EMFILE = new Error("Too many open files (os error 24)");

/** Opens something at the second attempt. */
function secondAttempt(): () => string {
  let attempts = 0;
  return () => {
    if (attempts++ === 0) throw EMFILE;
    return "opened";
  };
}

Deno.test("DescriptorReserve is given up once, for what could not be opened without it", async () => {
  const reserve = new DescriptorReserve();
  let times = 0;
  reserve.givenUp = () => times++;
  // Nothing is held yet.
  assertThrows(() => reserve.opening(secondAttempt()), Error, EMFILE.message);
  await assertRejects(
    () => reserve.openingLater(() => Promise.reject(EMFILE)),
    Error,
    EMFILE.message,
  );
  assertEquals(reserve.hold(), true);
  assertThrows(() => reserve.opening(() => Deno.openSync("/no/such/file")), Deno.errors.NotFound);
  assertEquals(times, 0);
  assertEquals(reserve.opening(secondAttempt()), "opened");
  assertEquals([times, reserve.giveUp()], [1, false]);
  assertEquals(reserve.hold(), true);
  const later = secondAttempt();
  assertEquals(
    await reserve.openingLater(async () => await Promise.resolve().then(later)),
    "opened",
  );
  assertEquals(times, 2);
  assertEquals(reserve.hold(), true);
  reserve.release();
  assertEquals([times, reserve.giveUp()], [2, false]);
});

Deno.test("isOutOfDescriptors knows what the system says for the process and for itself", () => {
  assertEquals(isOutOfDescriptors(EMFILE), true);
  assertEquals(isOutOfDescriptors(new Error("Too many open files in system (os error 23)")), true);
  assertEquals(isOutOfDescriptors(new Error("No space left on device (os error 28)")), false);
  assertEquals(isOutOfDescriptors("24"), false);
});
