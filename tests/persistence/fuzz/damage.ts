/** What can happen to a file's bytes. */

import type { Random } from "../../support/random.ts";

/** Bytes that mean something special somewhere. */
const TELLING = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc3, 0xf0, 0xfe, 0xff];

/** Changes one or two places: bits or bytes that are others, that are missing, or a missing end. */
export function damage(random: Random, bytes: Uint8Array): Uint8Array {
  let damaged = bytes;
  for (let places = 1 + random.below(2); places > 0; places--) {
    damaged = damageOnce(random, damaged);
  }
  return damaged;
}

function damageOnce(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = random.below(bytes.length);
  const copy = bytes.slice();
  switch (random.below(12)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return without(bytes, at, 1 + random.below(2));
    case 2:
      return without(bytes, at, 1 + random.below(bytes.length - at));
    case 3:
      copy[at] = random.below(256);
      return copy;
    case 4:
    case 5:
      copy[at] = random.pick(TELLING);
      return copy;
    case 6:
      copy[at] += random.pick([1, -1, 2, -2]);
      return copy;
    default:
      copy[at] ^= 1 << random.below(8);
      return copy;
  }
}

function without(bytes: Uint8Array, at: number, count: number): Uint8Array {
  const behind = bytes.subarray(at + count);
  const rest = new Uint8Array(at + behind.length);
  rest.set(bytes.subarray(0, at));
  rest.set(behind, at);
  return rest;
}
