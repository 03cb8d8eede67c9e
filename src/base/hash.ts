/**
 * The hash under every table: HalfSipHash-1-2, a keyed hash over 32-bit words.
 *
 * Clients choose the keys that are hashed, so the hash must not let them aim at one bucket. The
 * quicker multiply-and-rotate hashes have inputs that collide under *every* seed; a SipHash does
 * not, and costs about 15 ns more for a 16-byte key.
 */

/** Computes the hash of bytes `[start, end)` of `buffer` under a seed, as a signed 32-bit integer. */
export type HashFunction = (
  buffer: Uint8Array,
  start: number,
  end: number,
  seed: number,
) => number;

/**
 * The hash of bytes `[start, end)` of `buffer` under `seed` (see `randomSeed`), as a signed 32-bit
 * integer: that is what an `Int32Array` holds, so storing and comparing need no conversion.
 * Every bit of the result depends on every bit of the input.
 */
export function hashBytes(buffer: Uint8Array, start: number, end: number, seed: number): number {
  // The key's second word follows from the first; the constants are HalfSipHash's own.
  let v0 = seed | 0;
  let v1 = Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;

  let at = start;
  for (const stop = end - 3; at < stop; at += 4) {
    const word = buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | buffer[at + 3] << 24;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v2 = (v2 + v3) | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = ((v0 << 16 | v0 >>> 16) + v3) | 0;
    v2 = (v2 + v1) | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= word;
  }

  let word = (end - start) << 24;
  if (at < end) word |= buffer[at];
  if (at + 1 < end) word |= buffer[at + 1] << 8;
  if (at + 2 < end) word |= buffer[at + 2] << 16;
  // The same round for the last word, and twice more to finish.
  for (let round = 0; round < 3; round++) {
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v2 = (v2 + v3) | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = ((v0 << 16 | v0 >>> 16) + v3) | 0;
    v2 = (v2 + v1) | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= word;
    if (round === 0) {
      v2 ^= 0xff;
      word = 0;
    }
  }
  return v1 ^ v3;
}

/** Seeds to come: asking the system for one takes longer than making the table that it is for. */
const seeds = new Int32Array(256);
let seedsLeft = 0;

/** A seed that nobody outside the process can guess. */
export function randomSeed(): number {
  if (seedsLeft === 0) {
    crypto.getRandomValues(seeds);
    seedsLeft = seeds.length;
  }
  return seeds[--seedsLeft];
}
