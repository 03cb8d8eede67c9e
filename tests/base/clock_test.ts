import { assert, assertEquals, assertThrows } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { ManualClock, SystemClock, type TimeSource } from "../../src/base/clock.ts";

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

/** A system clock that the test sets, beside the runtime's own monotonic one. */
class SteppedTime implements TimeSource {
  step = 0;

  wall(): number {
    return Date.now() + this.step;
  }

  monotonic(): number {
    return performance.now();
  }
}

const HOUR = 3_600_000;

Deno.test("SystemClock micros stays within the ms that now shows when the system's clock is set", () => {
  let wall = 1_700_000_000_000, monotonic = 12.3456;
  const clock = new SystemClock({ wall: () => wall, monotonic: () => monotonic });
  const within = () => {
    const micros = clock.micros();
    assertEquals(Math.floor(micros / 1000), wall);
    return micros;
  };
  const first = within();
  monotonic += 0.25;
  assertEquals(within(), first + 250);
  // The monotonic clock is ahead, or behind, by a little.
  monotonic += 2;
  assertEquals(within() % 1000, 999);
  monotonic += 0.5;
  wall += 5;
  assertEquals(within() % 1000, 0);
  for (const step of [HOUR, -2 * HOUR, 1, -1]) {
    wall += step;
    const stepped = within();
    monotonic += 0.001;
    assertEquals(within(), Math.min(stepped + 1, wall * 1000 + 999));
  }
});

Deno.test("SystemClock micros does not go back when the system's clock does not", () => {
  const clock = new SystemClock();
  const distinct = new Set<number>();
  let last = 0, lastNow = 0;
  for (let i = 0; i < 20_000; i++) {
    const now = clock.now(), micros = clock.micros();
    if (now >= lastNow) assert(micros >= last, `${micros} after ${last}`);
    assert(micros >= now * 1000);
    distinct.add(micros);
    last = micros;
    lastNow = now;
  }
  assert(distinct.size > 100, "there is nothing between the ms");
});

Deno.test("SystemClock at calls when the time has come, and not when it was cancelled", async () => {
  const clock = new SystemClock();
  const calls: string[] = [];
  const time = clock.now() + 10;
  clock.at(time, () => calls.push("cancelled")).cancel();
  await new Promise<void>((resolve) => clock.at(time, resolve));
  assert(clock.now() >= time);
  await new Promise<void>((resolve) => clock.at(0, resolve));
  assertEquals(calls, []);
});

Deno.test("SystemClock at follows the system's clock when that is set, after does not", async () => {
  const source = new SteppedTime();
  const clock = new SystemClock(source);
  const calls: string[] = [];
  const cron = clock.every(5, () => {});
  const later = clock.after(HOUR, () => calls.push("after"));
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.at(clock.now() + HOUR - 1000, resolve);
  source.step += HOUR;
  await promise;
  // Back again: what is due in 10 ms has to wait for an hour.
  const time = clock.now() + 10;
  const { promise: due, resolve: come } = Promise.withResolvers<void>();
  clock.at(time, () => {
    calls.push("at");
    come();
  });
  source.step -= HOUR;
  await new Promise<void>((resolve) => clock.after(30, resolve));
  assertEquals(calls, []);
  source.step += HOUR;
  await due;
  assert(clock.now() >= time);
  assertEquals(calls, ["at"]);
  cron.cancel();
  later.cancel();
});

Deno.test("ManualClock set moves what waits for as long with it, and not what waits for a time", () => {
  const clock = new ManualClock(10_000);
  const calls: string[] = [];
  clock.after(500, () => calls.push("after"));
  clock.at(10_500, () => calls.push("at"));
  clock.at(90_000, () => calls.push("cancelled")).cancel();
  clock.set(20_000);
  assertEquals(calls, []);
  clock.advance(0);
  assertEquals([calls, clock.now()], [["at"], 20_000]);
  clock.at(20_100, () => calls.push("late"));
  clock.set(5000);
  clock.advance(500);
  assertEquals(calls, ["at", "after"]);
  clock.advance(14_600);
  assertEquals(calls, ["at", "after", "late"]);
});

Deno.test("ManualClock throws RangeError, and stands still, when it is moved by no time", () => {
  const clock = new ManualClock(1000);
  let calls = 0;
  clock.every(10, () => calls++);
  for (const ms of [NaN, -1, -Infinity, Infinity]) {
    assertThrows(() => clock.advance(ms), RangeError);
  }
  for (const time of [NaN, Infinity, -Infinity]) {
    assertThrows(() => clock.set(time), RangeError);
    assertThrows(() => new ManualClock(time), RangeError);
  }
  assertEquals(clock.now(), 1000);
  assertEquals(calls, 0);
  clock.set(500);
  clock.advance(0);
  assertEquals(clock.now(), 500);
});

/** The system's clocks in the hands of a test. */
class HeldTime implements TimeSource {
  elapsed = 0;

  wall(): number {
    return 1_700_000_000_000 + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }
}

Deno.test("ManualClock goes on with the system's time while it runs, and stands still when it is paused", () => {
  const time = new HeldTime(), clock = new ManualClock(1000, time);
  time.elapsed = 5;
  assertEquals([clock.now(), clock.isRunning], [1000, false]);
  clock.run();
  clock.run();
  time.elapsed = 12.5;
  assertEquals([clock.now(), clock.micros(), clock.isRunning], [1007, 1_007_500, true]);
  clock.advance(100);
  time.elapsed = 13;
  assertEquals(clock.micros(), 1_108_000);
  clock.set(5000);
  time.elapsed = 14;
  assertEquals(clock.now(), 5001);
  clock.pause();
  time.elapsed = 1000;
  assertEquals([clock.now(), clock.isRunning], [5001, false]);
});

Deno.test("ManualClock calls by itself what falls due while it runs", async () => {
  const clock = new ManualClock(1_700_000_000_000);
  const calls: string[] = [];
  const every = clock.every(2, () => calls.push("every"));
  clock.after(HOUR, () => calls.push("late"));
  const cancelled = clock.after(4, () => calls.push("cancelled"));
  clock.run();
  cancelled.cancel();
  await new Promise<void>((resolve) => clock.at(clock.now() + 20, resolve));
  assert(calls.length >= 5 && calls.every((call) => call === "every"), calls.join());
  every.cancel();
  clock.advance(HOUR);
  assertEquals(calls.at(-1), "late");
  const { length } = calls;
  clock.after(1, () => calls.push("never"));
  clock.pause();
  await new Promise<void>((resolve) => setTimeout(resolve, 5));
  assertEquals(calls.length, length);
});

Deno.test("ManualClock goes with the system's clock when that is set while it runs", async () => {
  const time = new SteppedTime(), clock = new ManualClock(1_700_000_000_000, time);
  clock.run();
  let ticks = 0;
  clock.every(1, () => ticks++);
  const calls: string[] = [];
  clock.at(clock.now() + HOUR, () => calls.push("at"));
  clock.after(HOUR, () => calls.push("after"));
  time.step = 2 * HOUR;
  await waitFor("the clock to follow", () => clock.now() > 1_700_000_000_000 + HOUR);
  await waitFor("the deadline", () => calls.length > 0);
  assertEquals(calls, ["at"]);
  time.step = -2 * HOUR;
  await waitFor("the clock to follow", () => clock.now() < 1_700_000_000_000);
  const before = ticks;
  await waitFor("the timers to go on", () => ticks > before);
  clock.pause();
});

Deno.test("ManualClock shows the later time when what it calls moves it too", () => {
  const clock = new ManualClock(0);
  const seen: number[] = [];
  clock.after(10, () => {
    clock.advance(100);
    seen.push(clock.now());
  });
  clock.after(60, () => seen.push(clock.now()));
  clock.advance(20);
  assertEquals([seen, clock.now()], [[60, 110], 110]);
});
