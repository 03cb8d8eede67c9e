import { assert, assertEquals } from "@std/assert";
import { getHeapStatistics } from "node:v8";
import { heapGauge, heapLimit } from "../../src/observe/process.ts";

const GARBAGE = 40_000_000;

function used(): number {
  return getHeapStatistics().used_heap_size;
}

/** Leaves garbage in the heap. */
function litter(): void {
  const kept: number[][] = [];
  for (let bytes = 0; bytes < GARBAGE; bytes += 8_000) {
    kept.push(new Array<number>(1000).fill(1.5));
  }
}

Deno.test("heapGauge says what is in use while there is room", () => {
  const gauge = heapGauge(heapLimit());
  const before = used();
  assert(Math.abs(gauge(0) - before) < 10_000_000);
  assertEquals(gauge(heapLimit()), Infinity);
});

Deno.test("heapGauge collects garbage before it says that the heap is full", () => {
  // A heap that is full is collected first.
  assertEquals(heapGauge(0)(0), Infinity);
  const gauge = heapGauge(1.5 * used() + GARBAGE / 2);
  for (let i = 0; i < 5; i++) {
    litter();
    assert(gauge(GARBAGE / 10) < Infinity, `after ${i}`);
  }
  assertEquals(heapGauge(0)(0), Infinity);
  assertEquals(heapGauge(used() / 2)(0), Infinity);
});
