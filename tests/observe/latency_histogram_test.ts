import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LatencyHistogram } from "../../src/observe/latency_histogram.ts";

const MICROSECOND = 1000;
const SECOND = 1_000_000_000;

Deno.test("LatencyHistogram percentile shows the end of the step that Redis shows", () => {
  // Pairs of a duration and what a redis-server 7.0.15 prints for it, both in µs.
  const shown: [number, number][] = [
    [0, 0.001],
    [1, 1.003],
    [2, 2.007],
    [3, 3.007],
    [5, 5.023],
    [6, 6.015],
    [11, 11.007],
    [15, 15.039],
    [16, 16.063],
    [71, 71.167],
    [133, 133.119],
    [382, 382.975],
  ];
  for (const [microseconds, text] of shown) {
    const histogram = new LatencyHistogram();
    histogram.record(microseconds * MICROSECOND);
    assertEquals(histogram.percentile(50) / MICROSECOND, text, `${microseconds} µs`);
  }
});

Deno.test("LatencyHistogram percentile 0 shows the beginning of the step", () => {
  const histogram = new LatencyHistogram();
  histogram.record(15 * MICROSECOND);
  assertEquals(histogram.percentile(0), 14_976);
});

Deno.test("LatencyHistogram percentile is 0 when nothing was recorded", () => {
  const histogram = new LatencyHistogram();
  assertEquals(histogram.percentile(99), 0);
  assertEquals(histogram.total, 0);
  histogram.record(5);
  histogram.reset();
  assertEquals([histogram.total, histogram.percentile(99), histogram.countUpTo(10)], [0, 0, 0]);
});

Deno.test("LatencyHistogram counts durations of more than a second as one second", () => {
  const histogram = new LatencyHistogram();
  histogram.record(60 * SECOND);
  histogram.record(SECOND);
  assertEquals(histogram.countUpTo(SECOND - 5_000_000), 0);
  assertEquals(histogram.countUpTo(2 * SECOND), 2);
  assertAlmostEquals(histogram.percentile(100), SECOND, SECOND / 100);
});

Deno.test("LatencyHistogram percentiles are within one percent of the sorted durations", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: SECOND }), { minLength: 1, maxLength: 200 }),
    fc.double({ min: 0.001, max: 100, noNaN: true }),
    (durations, percent) => {
      const histogram = new LatencyHistogram();
      for (const duration of durations) histogram.record(duration);
      const sorted = durations.toSorted((a, b) => a - b);
      const rank = Math.max(1, Math.floor(percent / 100 * durations.length + 0.5));
      const exact = sorted[rank - 1];
      const shown = histogram.percentile(percent);
      assert(shown >= exact && shown <= exact * 1.01 + 1, `${shown} for ${exact}`);
    },
  ));
});

Deno.test("LatencyHistogram countUpTo never counts less for more time", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 2 * SECOND }), { maxLength: 100 }),
    fc.integer({ min: 0, max: SECOND }),
    fc.integer({ min: 0, max: SECOND }),
    (durations, a, b) => {
      const histogram = new LatencyHistogram();
      for (const duration of durations) histogram.record(duration);
      assert(histogram.countUpTo(Math.min(a, b)) <= histogram.countUpTo(Math.max(a, b)));
      assertEquals(histogram.countUpTo(2 * SECOND), durations.length);
    },
  ));
});

Deno.test("LatencyHistogram tells up to where a duration is like others", () => {
  const histogram = new LatencyHistogram();
  assertEquals(histogram.highestLike(100), 100);
  // As redis-server shows them in µs: 1, 33 and, for all that took longest, 1073741.
  assertEquals(histogram.highestLike(1024), 1031);
  assertEquals(histogram.highestLike(32768), 33023);
  assertEquals(histogram.highestLike(2 ** 30), 2 ** 30 - 1);
});
