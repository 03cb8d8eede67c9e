/**
 * The compact encodings of Redis before 7.0, which are only read: ziplists (strings and integers in a
 * row, as listpacks) and zipmaps (fields and values of small hashes). Both become listpacks. Nothing
 * in them is trusted.
 */

import { readInt32, readInt64 } from "../data/int64.ts";
import type { ListpackBuilder } from "../data/listpack.ts";

/** Bytes of total length, of the last entry's offset, and 2 of the number of entries. */
const ZIPLIST_HEADER = 10;
const ZIPLIST_END = 0xff;
/** The length of an entry's predecessor takes 4 more bytes from this value on. */
const ZIPLIST_LONG = 0xfe;
const ZIPLIST_COUNT_UNKNOWN = 0xffff;

/**
 * Appends the entries of the ziplist that fills bytes `[start, end)` to a listpack. Says whether the
 * ziplist is sound; what was appended is of no use otherwise.
 */
export function readZiplist(
  buffer: Uint8Array,
  start: number,
  end: number,
  into: ListpackBuilder,
): boolean {
  const last = end - 1;
  if (end - start < ZIPLIST_HEADER + 1 || buffer[last] !== ZIPLIST_END) return false;
  if (readInt32(buffer, start) >>> 0 !== end - start) return false;
  let at = start + ZIPLIST_HEADER, before = 0, tail = at, entries = 0;
  for (; at < last; entries++) {
    tail = at;
    const isLong = buffer[at] === ZIPLIST_LONG;
    // The end byte stops no read early: all heads are shorter than this, or checked below.
    if (at + (isLong ? 6 : 2) > last) return false;
    const previous = isLong ? readInt32(buffer, at + 1) >>> 0 : buffer[at];
    if (previous !== before) return false;
    const next = readZiplistEntry(buffer, at + (isLong ? 5 : 1), last, into);
    if (next < 0) return false;
    before = next - at;
    at = next;
  }
  const count = buffer[start + 8] | buffer[start + 9] << 8;
  return readInt32(buffer, start + 4) >>> 0 === tail - start &&
    (count === ZIPLIST_COUNT_UNKNOWN || count === entries);
}

/** Appends the entry whose encoding is at `at`; returns where the next one is, -1 if it is not sound. */
function readZiplistEntry(
  buffer: Uint8Array,
  at: number,
  last: number,
  into: ListpackBuilder,
): number {
  const encoding = buffer[at];
  if (encoding < 0xc0) {
    let head = 1, length = encoding & 0x3f;
    if (encoding >= 0x80) {
      head = 5;
      if (at + head > last) return -1;
      length = (buffer[at + 1] << 24 | buffer[at + 2] << 16 | buffer[at + 3] << 8 |
        buffer[at + 4]) >>> 0;
    } else if (encoding >= 0x40) {
      head = 2;
      if (at + head > last) return -1;
      length = length << 8 | buffer[at + 1];
    }
    const from = at + head;
    if (from + length > last) return -1;
    into.append(buffer, from, from + length);
    return from + length;
  }
  const size = ziplistIntegerSize(encoding);
  if (size < 0 || at + 1 + size > last) return -1;
  into.appendInteger(ziplistInteger(buffer, at + 1, size, encoding));
  return at + 1 + size;
}

/** How many bytes an integer takes behind its encoding; -1 if there is no such encoding. */
function ziplistIntegerSize(encoding: number): number {
  switch (encoding) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    case 0xfe:
      return 1;
    default:
      return encoding > 0xf0 && encoding < 0xfe ? 0 : -1;
  }
}

function ziplistInteger(
  buffer: Uint8Array,
  at: number,
  size: number,
  encoding: number,
): number | bigint {
  if (size === 0) return (encoding & 0x0f) - 1;
  if (size === 8) return readInt64(buffer, at);
  let value = 0;
  for (let i = 0; i < size; i++) value |= buffer[at + i] << 8 * i;
  const unused = 32 - 8 * size;
  return value << unused >> unused;
}

const ZIPMAP_END = 0xff;
/** A length takes 4 more bytes where its first one is this. */
const ZIPMAP_LONG = 0xfe;
/** Stands for a number of fields that no byte holds, or that has to be counted. */
const ZIPMAP_COUNT_UNKNOWN = 0xfe;

/**
 * Appends the fields and values in turn of the zipmap that fills bytes `[start, end)` to a listpack;
 * says whether it is sound.
 */
export function readZipmap(
  buffer: Uint8Array,
  start: number,
  end: number,
  into: ListpackBuilder,
): boolean {
  const last = end - 1;
  if (end - start < 2 || buffer[last] !== ZIPMAP_END) return false;
  const count = buffer[start];
  let at = start + 1, pairs = 0;
  for (; at < last; pairs++) {
    for (const isValue of [false, true]) {
      const isLong = buffer[at] === ZIPMAP_LONG;
      const head = isLong ? 5 : 1;
      if (at + head > last || buffer[at] === ZIPMAP_END) return false;
      const length = isLong ? readInt32(buffer, at + 1) >>> 0 : buffer[at];
      at += head;
      // Behind a value's length: how many unused bytes follow the value.
      let unused = 0;
      if (isValue) {
        if (at >= last) return false;
        unused = buffer[at++];
      }
      if (at + length + unused > last) return false;
      into.append(buffer, at, at + length);
      at += length + unused;
    }
  }
  return at === last && (count === ZIPMAP_COUNT_UNKNOWN || count === pairs);
}
