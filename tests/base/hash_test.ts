import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { hashBytes, randomSeed } from "../../src/base/hash.ts";
import { bytesOf } from "../../src/base/span.ts";

Deno.test("hashBytes is the same when the same bytes lie elsewhere", () => {
  const random = crypto.getRandomValues(new Uint8Array(64));
  for (let length = 0; length <= 40; length++) {
    const moved = new Uint8Array(100).fill(7);
    moved.set(random.subarray(3, 3 + length), 29);
    assertEquals(hashBytes(random, 3, 3 + length, 99), hashBytes(moved, 29, 29 + length, 99));
  }
});

Deno.test("hashBytes is a signed 32-bit integer and depends on the seed", () => {
  const bytes = bytesOf("some key");
  for (let seed = -50; seed < 50; seed++) {
    const hash = hashBytes(bytes, 0, bytes.length, seed);
    assertEquals(hash, hash | 0);
    assertNotEquals(hash, hashBytes(bytes, 0, bytes.length, seed + 1));
  }
});

Deno.test("hashBytes tells lengths and trailing zeros apart", () => {
  const zeros = new Uint8Array(64);
  const hashes = new Set<number>();
  for (let length = 0; length <= 64; length++) hashes.add(hashBytes(zeros, 0, length, 1));
  assertEquals(hashes.size, 65);
});

Deno.test("hashBytes flips about half of its bits when one input bit flips", () => {
  for (const length of [1, 4, 7, 16, 33]) {
    const flips = new Float64Array(32);
    let trials = 0;
    for (let round = 0; round < 40; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      const hash = hashBytes(bytes, 0, length, 42);
      for (let bit = 0; bit < length * 8; bit++, trials++) {
        bytes[bit >> 3] ^= 1 << (bit & 7);
        const difference = hash ^ hashBytes(bytes, 0, length, 42);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        for (let i = 0; i < 32; i++) flips[i] += difference >>> i & 1;
      }
    }
    // Six standard deviations of a fair coin.
    const tolerance = 6 * 0.5 / Math.sqrt(trials);
    for (let i = 0; i < 32; i++) {
      assert(Math.abs(flips[i] / trials - 0.5) < tolerance, `bit ${i}, ${length} bytes`);
    }
  }
});

Deno.test("hashBytes spreads numbered keys evenly over its top and its bottom bits", () => {
  const top = new Int32Array(1024), bottom = new Int32Array(1024);
  for (let i = 0; i < 102_400; i++) {
    const bytes = bytesOf(`user:${i}`);
    const hash = hashBytes(bytes, 0, bytes.length, 5);
    top[hash >>> 22]++;
    bottom[hash & 1023]++;
  }
  for (const counts of [top, bottom]) {
    assert(Math.max(...counts) < 170, `fullest bucket ${Math.max(...counts)} of 100 expected`);
    assert(Math.min(...counts) > 40, `emptiest bucket ${Math.min(...counts)} of 100 expected`);
  }
});

Deno.test("randomSeed differs from call to call", () => {
  const seeds = new Set(Array.from({ length: 20 }, randomSeed));
  assert(seeds.size > 15);
  for (const seed of seeds) assertEquals(seed, seed | 0);
});
