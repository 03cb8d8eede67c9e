import { assertEquals } from "@std/assert";
import { SystemClock } from "../../src/base/clock.ts";

Deno.test("SystemClock after does not call at once when the delay is longer than timers take", async () => {
  const clock = new SystemClock();
  const calls: string[] = [];
  const timers = [2 ** 31, 2 ** 40, 2 ** 63].map((delay) =>
    clock.after(delay, () => calls.push("late"))
  );
  // Timers that were due at once would come before this one.
  await new Promise<void>((resolve) => clock.after(5, resolve));
  for (const timer of timers) timer.cancel();
  assertEquals(calls, []);
});

Deno.test("SystemClock after calls nothing when it was cancelled", async () => {
  const clock = new SystemClock();
  const calls: string[] = [];
  clock.after(1, () => calls.push("cancelled")).cancel();
  await new Promise<void>((resolve) => clock.after(5, resolve));
  assertEquals(calls, []);
});
