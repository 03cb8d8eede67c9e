import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Span } from "../../src/base/span.ts";
import {
  CorruptedHyperLogLog,
  emptyHyperLogLog,
  HyperLogLog,
  isHyperLogLog,
  REGISTERS,
} from "../../src/data/hyperloglog.ts";
import { Uint64Halves } from "../../src/data/murmur_hash64.ts";

const NO_LIMIT = 1 << 20;

/** MurmurHash64A with 64-bit integers, as its author describes it. */
function murmurNaively(bytes: Uint8Array, seed: bigint): bigint {
  const mask = (1n << 64n) - 1n, m = 0xc6a4a7935bd1e995n;
  let h = seed ^ ((BigInt(bytes.length) * m) & mask);
  const word = (from: number, to: number) =>
    bytes.slice(from, to).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    let k = (word(at, at + 8) * m) & mask;
    k = ((k ^ (k >> 47n)) * m) & mask;
    h = ((h ^ k) * m) & mask;
  }
  if (at < bytes.length) h = ((h ^ word(at, bytes.length)) * m) & mask;
  h = ((h ^ (h >> 47n)) * m) & mask;
  return h ^ (h >> 47n);
}

Deno.test("Uint64Halves hash is MurmurHash64A when computed in halves", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(0xffffffff), (bytes, seed) => {
    const halves = new Uint64Halves();
    halves.hash(bytes, 0, bytes.length, seed);
    const joined = (BigInt(halves.high) << 32n) | BigInt(halves.low);
    assertEquals(joined, murmurNaively(bytes, BigInt(seed)));
  }));
});

Deno.test("HyperLogLog holds the largest value of each register when raised in any order", () => {
  const raises = fc.array(
    fc.tuple(fc.oneof(fc.nat(40), fc.nat(REGISTERS - 1)), fc.integer({ min: 1, max: 51 })),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(raises, fc.constantFrom(60, 3000, NO_LIMIT), (changes, limit) => {
      const log = new HyperLogLog(emptyHyperLogLog());
      const model = new Uint8Array(REGISTERS);
      for (const [index, value] of changes) {
        assertEquals(log.raise(index, value, limit), value > model[index]);
        model[index] = Math.max(model[index], value);
      }
      assertEquals(log.registers(), model);
      assert(isHyperLogLog(Span.of(log.bytes)));
      log.makeDense();
      assertEquals(log.registers(), model);
    }),
    { numRuns: 60 },
  );
});

Deno.test("HyperLogLog becomes dense when it would outgrow its limit", () => {
  const log = new HyperLogLog(emptyHyperLogLog());
  for (let i = 0; !log.isDense && i < 10_000; i++) log.add(Span.ofString(`element ${i}`), 100);
  assert(log.isDense);
});

Deno.test("HyperLogLog becomes dense when a value does not fit a sparse run", () => {
  const log = new HyperLogLog(emptyHyperLogLog());
  log.raise(5, 33, NO_LIMIT);
  assert(log.isDense);
  assertEquals(log.registers()[5], 33);
});

Deno.test("HyperLogLog count is near the truth when many elements were added", () => {
  for (const elements of [0, 1, 100, 10_000, 200_000]) {
    const log = new HyperLogLog(emptyHyperLogLog());
    for (let i = 0; i < elements; i++) log.add(Span.ofString(`${i}`), 3000);
    const estimate = log.count();
    assert(Math.abs(Number(estimate) - elements) <= 0.05 * elements, `${elements}: ${estimate}`);
    assertEquals(log.knownEstimate, estimate);
    log.invalidateEstimate();
    assertEquals(log.knownEstimate, null);
  }
});

Deno.test("HyperLogLog refuses a sparse encoding when it does not cover all registers", () => {
  const short = emptyHyperLogLog().slice(0, 16);
  assertThrows(() => new HyperLogLog(short).registers(), CorruptedHyperLogLog);
  const long = new Uint8Array([...emptyHyperLogLog(), 0x00]);
  assertThrows(() => new HyperLogLog(long).registers(), CorruptedHyperLogLog);
});

Deno.test("HyperLogLog count is an int64 when all registers are at their highest value", () => {
  const bytes = new Uint8Array(16 + 12288).fill(0xff);
  bytes.set(emptyHyperLogLog().subarray(0, 16));
  bytes[4] = 0;
  const log = new HyperLogLog(bytes);
  assertEquals(log.count(), -(2n ** 63n));
  assertEquals(log.knownEstimate, null);
});
