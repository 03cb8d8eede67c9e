/**
 * Intsets: Redis' compact set of integers in one run of bytes, the same in memory, in DUMP and in RDB
 * files.
 *
 * The layout is 4 bytes that say how wide each integer is (2, 4 or 8 bytes), 4 bytes of count, then the
 * integers in ascending order; all low byte first. The width is that of the widest integer that was
 * ever added.
 *
 * An intset is named by a buffer and the index `base` where it begins, so it may lie in a `ByteStore` or
 * anywhere else; an integer by its *index*, counted from 0. Integers are numbers if they are safe, else
 * bigints. Import it as a namespace: `import * as intset from "../data/intset.ts"`.
 */

import type { ByteStore } from "./byte_store.ts";
import { highWord, lowWord, readInt32, readInt64, writeInt32, writeInt64 } from "./int64.ts";

/** The bytes before the first integer: those of an intset without integers. */
export const HEADER_SIZE = 8;

const COUNT_AT = 4;

/** Puts an intset without integers into the store; returns its ref. */
export function create(store: ByteStore): number {
  const ref = store.allocate(HEADER_SIZE);
  const buffer = store.buffer(ref), base = store.offset(ref);
  writeInt32(2, buffer, base);
  writeInt32(0, buffer, base + COUNT_AT);
  return ref;
}

/** How many integers there are. */
export function length(buffer: Uint8Array, base: number): number {
  return readInt32(buffer, base + COUNT_AT) >>> 0;
}

/** The integer at `index`, 0 ≤ index < length. */
export function at(buffer: Uint8Array, base: number, index: number): number | bigint {
  return readAt(buffer, base, buffer[base], index);
}

/** The index of an integer; if it is not there, −1 minus the index at which it would be inserted. */
export function search(buffer: Uint8Array, base: number, value: number | bigint): number {
  const width = buffer[base], count = length(buffer, base);
  if (widthOf(value) > width) return value < 0 ? -1 : -1 - count;
  // Whoever counts up adds at the end.
  if (count === 0 || compareAt(buffer, base, width, count - 1, value) < 0) return -1 - count;
  let low = 0, high = count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(buffer, base, width, middle, value);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1 - low;
}

/** Inserts an integer at the index that `search` told; returns the intset's ref, maybe another one. */
export function insert(
  store: ByteStore,
  ref: number,
  index: number,
  value: number | bigint,
): number {
  let buffer = store.buffer(ref), base = store.offset(ref);
  const count = length(buffer, base), width = buffer[base];
  const newWidth = Math.max(width, widthOf(value));
  ref = store.resize(ref, HEADER_SIZE + (count + 1) * newWidth);
  buffer = store.buffer(ref);
  base = store.offset(ref);
  if (newWidth > width) {
    // What is wider than all others is also before or behind all of them.
    const shift = index === 0 ? 1 : 0;
    for (let i = count - 1; i >= 0; i--) {
      writeAt(buffer, base, newWidth, i + shift, readAt(buffer, base, width, i));
    }
    writeInt32(newWidth, buffer, base);
  } else {
    const from = base + HEADER_SIZE + index * width;
    buffer.copyWithin(from + width, from, base + HEADER_SIZE + count * width);
  }
  writeAt(buffer, base, newWidth, index, value);
  writeInt32(count + 1, buffer, base + COUNT_AT);
  return ref;
}

/** Removes the integer at `index`; returns the intset's ref, maybe another one. */
export function remove(store: ByteStore, ref: number, index: number): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  const count = length(buffer, base), width = buffer[base];
  const hole = base + HEADER_SIZE + index * width;
  buffer.copyWithin(hole, hole + width, base + HEADER_SIZE + count * width);
  writeInt32(count - 1, buffer, base + COUNT_AT);
  return store.resize(ref, HEADER_SIZE + (count - 1) * width);
}

/**
 * Whether bytes `[start, end)` of `buffer` are one intset that is not empty, in whatever order: for bytes
 * from outside. All other functions rely on this, and those that look something up on `isOrdered`.
 */
export function validate(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start < HEADER_SIZE) return false;
  const width = readInt32(buffer, start), count = length(buffer, start);
  if (width !== 2 && width !== 4 && width !== 8) return false;
  return count !== 0 && end - start === HEADER_SIZE + count * width;
}

/** Whether the integers of an intset at `base` stand in ascending order, each once. */
export function isOrdered(buffer: Uint8Array, base: number): boolean {
  const width = buffer[base], count = length(buffer, base);
  for (let i = 1; i < count; i++) {
    if (compareAt(buffer, base, width, i - 1, at(buffer, base, i)) >= 0) return false;
  }
  return true;
}

/** How many bytes an integer needs. */
function widthOf(value: number | bigint): number {
  if (typeof value === "bigint" || value !== (value | 0)) return 8;
  return value >= -0x8000 && value <= 0x7fff ? 2 : 4;
}

/** Negative, 0 or positive as the integer at `index` is less than, equal to or more than `value`. */
function compareAt(
  buffer: Uint8Array,
  base: number,
  width: number,
  index: number,
  value: number | bigint,
): number {
  const from = base + HEADER_SIZE + index * width;
  if (width === 8) {
    // Word by word, so that no bigint is made on the way.
    const high = readInt32(buffer, from + 4) - highWord(value);
    return high !== 0 ? high : (readInt32(buffer, from) >>> 0) - lowWord(value);
  }
  return readNarrow(buffer, from, width) - Number(value);
}

function readAt(buffer: Uint8Array, base: number, width: number, index: number): number | bigint {
  const from = base + HEADER_SIZE + index * width;
  return width === 8 ? readInt64(buffer, from) : readNarrow(buffer, from, width);
}

function readNarrow(buffer: Uint8Array, from: number, width: number): number {
  if (width === 4) return readInt32(buffer, from);
  return (buffer[from] | buffer[from + 1] << 8) << 16 >> 16;
}

function writeAt(
  buffer: Uint8Array,
  base: number,
  width: number,
  index: number,
  value: number | bigint,
): void {
  const from = base + HEADER_SIZE + index * width;
  if (width === 8) writeInt64(value, buffer, from);
  else if (width === 4) writeInt32(Number(value), buffer, from);
  else {
    buffer[from] = Number(value);
    buffer[from + 1] = Number(value) >>> 8;
  }
}
