import { assert, assertEquals } from "@std/assert";
import { randomBelow, sampleDistinct } from "../../src/base/sampling.ts";

/** Fails when counts that are expected to be equal differ by more than chance lets them. */
function assertUniform(counts: readonly number[]): void {
  const mean = counts.reduce((sum, count) => sum + count) / counts.length;
  // Seven standard deviations: a right sampler fails less than once in 10^11.
  for (const count of counts) assert(Math.abs(count - mean) < 7 * Math.sqrt(mean), `${counts}`);
}

function countDraws(population: number, count: number, rounds: number): number[] {
  const counts = new Array<number>(population).fill(0);
  for (let round = 0; round < rounds; round++) {
    for (const number of sampleDistinct(population, count)) counts[number]++;
  }
  return counts;
}

Deno.test("randomBelow gives every number below its limit equally often", () => {
  const counts = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 14_000; i++) counts[randomBelow(7)]++;
  assertUniform(counts);
});

Deno.test("sampleDistinct gives different numbers when it is asked for any count", () => {
  for (const [population, count] of [[1, 1], [10, 1], [10, 3], [10, 4], [10, 9], [1000, 100]]) {
    const numbers = [...sampleDistinct(population, count)];
    assertEquals(numbers.length, count);
    assertEquals(new Set(numbers).size, count);
    for (const number of numbers) assert(number >= 0 && number < population);
  }
});

Deno.test("sampleDistinct gives the whole population when it is asked for as many or more", () => {
  assertEquals([...sampleDistinct(4, 4)], [0, 1, 2, 3]);
  assertEquals([...sampleDistinct(4, 100)], [0, 1, 2, 3]);
});

Deno.test("sampleDistinct gives nothing when there is nothing or nothing is wanted", () => {
  assertEquals([...sampleDistinct(0, 5)], []);
  assertEquals([...sampleDistinct(5, 0)], []);
});

Deno.test("sampleDistinct chooses uniformly when it draws and when it walks", () => {
  assertUniform(countDraws(12, 2, 6000));
  assertUniform(countDraws(12, 7, 2000));
});
