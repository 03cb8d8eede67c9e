/** Looks for elements that are in a listpack twice: for listpacks from outside. */

import { hashBytes, randomSeed } from "../base/hash.ts";
import { spansEqual } from "../base/span.ts";
import { FIRST_POSITION, ListpackEntry } from "./listpack.ts";
import { entrySize, LISTPACK_END } from "./listpack_entry.ts";

/** Up to so many elements each is compared with all others. */
const FEW = 8;

const SEED = randomSeed();
/** Scratch space, which means nothing between calls: where the elements are, and their hashes. */
const POSITIONS: number[] = [];
const HASHES: number[] = [];
/** The same: the elements' numbers plus 1 in open addressing, for as many as fit. */
const SLOTS = new Int32Array(1 << 12);
const ONE = new ListpackEntry(), OTHER = new ListpackEntry();

/**
 * Whether an element comes twice among every `step`th of a sound listpack that begins at `base`: with 2
 * among the fields of a hash. Integers equal the strings that spell them.
 */
export function hasTwice(buffer: Uint8Array, base: number, step: number): boolean {
  POSITIONS.length = HASHES.length = 0;
  for (let at = base + FIRST_POSITION; buffer[at] !== LISTPACK_END;) {
    POSITIONS.push(at);
    HASHES.push(hashAt(buffer, at));
    for (let i = 0; i < step && buffer[at] !== LISTPACK_END; i++) at += entrySize(buffer, at);
  }
  return POSITIONS.length <= FEW ? someAreEqual(buffer) : someMeet(buffer);
}

function hashAt(buffer: Uint8Array, at: number): number {
  ONE.read(buffer, at);
  const span = ONE.span();
  return hashBytes(span.buffer, span.start, span.end, SEED);
}

function someAreEqual(buffer: Uint8Array): boolean {
  for (let i = 1; i < HASHES.length; i++) {
    for (let j = 0; j < i; j++) if (areEqual(buffer, i, j)) return true;
  }
  return false;
}

/** As `someAreEqual`, through a table. */
function someMeet(buffer: Uint8Array): boolean {
  let size = 4 * FEW;
  while (size < 2 * HASHES.length) size *= 2;
  const slots = size <= SLOTS.length ? SLOTS.fill(0, 0, size) : new Int32Array(size);
  for (let i = 0; i < HASHES.length; i++) {
    let at = HASHES[i] & size - 1;
    for (; slots[at] !== 0; at = at + 1 & size - 1) {
      if (areEqual(buffer, slots[at] - 1, i)) return true;
    }
    slots[at] = i + 1;
  }
  return false;
}

function areEqual(buffer: Uint8Array, i: number, j: number): boolean {
  if (HASHES[i] !== HASHES[j]) return false;
  ONE.read(buffer, POSITIONS[i]);
  OTHER.read(buffer, POSITIONS[j]);
  return spansEqual(ONE.span(), OTHER.span());
}
