/**
 * Strings as rows of bits, numbered from the highest bit of the first byte on. A bitmap is a buffer and
 * the index `base` where its bytes begin; who calls has made sure that the bits asked for are within it.
 */

/** How many bits of each byte are set. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => countInWord(byte));

/** The number of the byte with bit number `bit`. */
export function byteOfBit(bit: number): number {
  return Math.floor(bit / 8);
}

/** The bit number `bit`: 0 or 1. */
export function getBit(buffer: Uint8Array, base: number, bit: number): number {
  return buffer[base + byteOfBit(bit)] >> (7 - bit % 8) & 1;
}

/** Sets the bit number `bit` to 0 or 1. */
export function setBit(buffer: Uint8Array, base: number, bit: number, value: number): void {
  const at = base + byteOfBit(bit), shift = 7 - bit % 8;
  buffer[at] = buffer[at] & ~(1 << shift) | value << shift;
}

/** How many of the bits from `first` to `last`, both included, are set. */
export function countBits(buffer: Uint8Array, base: number, first: number, last: number): number {
  const from = base + byteOfBit(first), to = base + byteOfBit(last);
  const head = maskFrom(first), tail = maskUpTo(last);
  if (from === to) return ONES[buffer[from] & head & tail];
  return ONES[buffer[from] & head] + countBytes(buffer, from + 1, to) + ONES[buffer[to] & tail];
}

/** The number of the first of the bits from `first` to `last`, both included, that is `value`, or -1. */
export function findBit(
  buffer: Uint8Array,
  base: number,
  first: number,
  last: number,
  value: number,
): number {
  const from = base + byteOfBit(first), to = base + byteOfBit(last);
  // With all bits turned over where a 0 is looked for, it is always a 1.
  const flip = value === 1 ? 0 : 0xff;
  for (let at = from; at <= to; at++) {
    // Whole bytes in the middle are skipped in large steps.
    if (at === from + 1) at = skipBytes(buffer, at, to, flip);
    let byte = buffer[at] ^ flip;
    if (at === from) byte &= maskFrom(first);
    if (at === to) byte &= maskUpTo(last);
    if (byte !== 0) return (at - base) * 8 + Math.clz32(byte) - 24;
  }
  return -1;
}

/** What BITOP does with two or more bitmaps. */
export type Combination = "and" | "or" | "xor";

/**
 * Combines bytes `[start, end)` of `source` into `target`, at `at`, where `length` bytes are: at least as
 * many. Behind its end the source is zeros.
 */
export function combine(
  combination: Combination,
  target: Uint8Array,
  at: number,
  length: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  const common = end - start;
  if (isAligned(target, at) && isAligned(source, start)) {
    const words = common >>> 2;
    const to = wordsOf(target, at, words), from = wordsOf(source, start, words);
    combineEach(combination, to, 0, from, 0, words);
    const done = words * 4;
    combineEach(combination, target, at + done, source, start + done, common - done);
  } else {
    combineEach(combination, target, at, source, start, common);
  }
  if (combination === "and") target.fill(0, at + common, at + length);
}

/** Turns over all bits of bytes `[start, end)`. */
export function invert(buffer: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) buffer[at] = ~buffer[at];
}

type Units = Uint8Array | Int32Array;

function combineEach(
  combination: Combination,
  target: Units,
  at: number,
  source: Units,
  start: number,
  count: number,
): void {
  switch (combination) {
    case "and":
      for (let i = 0; i < count; i++) target[at + i] &= source[start + i];
      break;
    case "or":
      for (let i = 0; i < count; i++) target[at + i] |= source[start + i];
      break;
    case "xor":
      for (let i = 0; i < count; i++) target[at + i] ^= source[start + i];
      break;
  }
}

function countBytes(buffer: Uint8Array, start: number, end: number): number {
  let count = 0, at = start;
  for (; at < end && !isAligned(buffer, at); at++) count += ONES[buffer[at]];
  const words = wordsOf(buffer, at, Math.max(0, end - at) >>> 2);
  for (let i = 0; i < words.length; i++) count += countInWord(words[i]);
  for (at += words.length * 4; at < end; at++) count += ONES[buffer[at]];
  return count;
}

/** The index of the first byte of `[start, end)` that is not `byte`, which is 0 or 255; or `end`. */
function skipBytes(buffer: Uint8Array, start: number, end: number, byte: number): number {
  let at = start;
  for (; at < end && !isAligned(buffer, at); at++) {
    if (buffer[at] !== byte) return at;
  }
  const words = wordsOf(buffer, at, Math.max(0, end - at) >>> 2);
  const word = byte === 0 ? 0 : -1;
  let i = 0;
  while (i < words.length && words[i] === word) i++;
  for (at += i * 4; at < end; at++) {
    if (buffer[at] !== byte) return at;
  }
  return end;
}

/** The set bits of a 32-bit word: sums in ever wider groups. */
function countInWord(word: number): number {
  word -= word >>> 1 & 0x55555555;
  word = (word & 0x33333333) + (word >>> 2 & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Whether 32-bit words can be read from `at` on. */
function isAligned(buffer: Uint8Array, at: number): boolean {
  return (buffer.byteOffset + at & 3) === 0;
}

function wordsOf(buffer: Uint8Array, at: number, count: number): Int32Array {
  if (count === 0) return NO_WORDS;
  return new Int32Array(buffer.buffer, buffer.byteOffset + at, count);
}

const NO_WORDS = new Int32Array(0);

/** The bits of a byte from bit number `bit` on. */
function maskFrom(bit: number): number {
  return 0xff >> bit % 8;
}

/** The bits of a byte up to bit number `bit`. */
function maskUpTo(bit: number): number {
  return 0xff << 7 - bit % 8 & 0xff;
}
