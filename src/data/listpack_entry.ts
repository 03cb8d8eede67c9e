/**
 * The entries of a listpack: how one string or integer is laid out in bytes.
 *
 * An entry is an encoding byte with the payload, then its own length once more ("backlen"), written
 * so that it can be read from its end: that is how a listpack is walked backwards.
 *
 * | first byte  | payload                                                  |
 * |-------------|----------------------------------------------------------|
 * | `0xxxxxxx`  | the integer 0 to 127                                     |
 * | `10xxxxxx`  | a string of up to 63 bytes                               |
 * | `110xxxxx`  | a signed integer of 13 bits, high bits first             |
 * | `1110xxxx`  | a string of up to 4095 bytes, high length bits first     |
 * | `F0`        | a string: 4 bytes of length, low byte first, the bytes   |
 * | `F1` – `F4` | a signed integer of 16, 24, 32, 64 bits, low byte first  |
 */

import { copyBytes } from "../base/span.ts";
import { readInt32, readInt64, writeInt64 } from "./int64.ts";

const STRING_32 = 0xf0;
const INTEGER_16 = 0xf1;
const INTEGER_24 = 0xf2;
const INTEGER_32 = 0xf3;
const INTEGER_64 = 0xf4;

/** The byte after a listpack's last entry; no entry begins with it. */
export const LISTPACK_END = 0xff;

/** Whether the entry at `at` holds an integer rather than a string. */
export function isIntegerEntry(buffer: Uint8Array, at: number): boolean {
  const first = buffer[at];
  return first < 0x80 || (first & 0xe0) === 0xc0 || first > STRING_32;
}

/** The bytes before the string of the entry at `at`, which must hold a string. */
export function stringHead(buffer: Uint8Array, at: number): number {
  const first = buffer[at];
  return first < 0xc0 ? 1 : first < STRING_32 ? 2 : 5;
}

/** How the entry of a string of up to `LONGEST_SHORT_STRING` bytes begins: with its length in these bits. */
export const SHORT_STRING = 0x80;
export const LONGEST_SHORT_STRING = 63;

/** The length of the string of the entry at `at`, which must hold a string. */
export function stringLength(buffer: Uint8Array, at: number): number {
  const first = buffer[at];
  if (first < 0xc0) return first & 0x3f;
  if (first < STRING_32) return (first & 0x0f) << 8 | buffer[at + 1];
  return (buffer[at + 1] | buffer[at + 2] << 8 | buffer[at + 3] << 16 | buffer[at + 4] << 24) >>> 0;
}

/** The integer of the entry at `at`, which must hold one: a number if safe, else a bigint. */
export function readInteger(buffer: Uint8Array, at: number): number | bigint {
  const first = buffer[at];
  if (first < 0x80) return first;
  if (first < 0xe0) return ((first & 0x1f) << 8 | buffer[at + 1]) << 19 >> 19;
  const low = buffer[at + 1] | buffer[at + 2] << 8;
  if (first === INTEGER_16) return low << 16 >> 16;
  if (first === INTEGER_24) return (low | buffer[at + 3] << 16) << 8 >> 8;
  return first === INTEGER_32 ? readInt32(buffer, at + 1) : readInt64(buffer, at + 1);
}

/** The size in bytes of the entry at `at` without its backlen; 0 if its first byte begins no entry. */
function bodySize(buffer: Uint8Array, at: number): number {
  const first = buffer[at];
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3f);
  if (first < 0xe0) return 2;
  if (first <= STRING_32) return stringHead(buffer, at) + stringLength(buffer, at);
  if (first === INTEGER_16) return 3;
  if (first === INTEGER_24) return 4;
  if (first === INTEGER_32) return 5;
  return first === INTEGER_64 ? 9 : 0;
}

/** How many bytes the backlen of a body of `size` bytes takes. The odd limits are the format's. */
function backlenSize(size: number): number {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

/** The size in bytes of the whole entry at `at`. */
export function entrySize(buffer: Uint8Array, at: number): number {
  const size = bodySize(buffer, at);
  return size + backlenSize(size);
}

/** The size in bytes of the whole entry that ends before `end`, read from its backlen. */
export function entrySizeBefore(buffer: Uint8Array, end: number): number {
  let size = 0, at = end;
  // Seven bits a byte, the lowest last; every byte but the first has its top bit set.
  for (let scale = 1;; scale *= 128) {
    const byte = buffer[--at];
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return size + end - at;
  }
}

/** Byte `i` of the `count` bytes that are the backlen of a body of `size` bytes. */
function backlenByte(size: number, i: number, count: number): number {
  const bits = Math.floor(size / 128 ** (count - 1 - i));
  return i === 0 ? bits : bits & 0x7f | 0x80;
}

function writeBacklen(size: number, buffer: Uint8Array, at: number): number {
  if (size <= 127) {
    buffer[at] = size;
    return at + 1;
  }
  const count = backlenSize(size);
  for (let i = 0; i < count; i++) buffer[at + i] = backlenByte(size, i, count);
  return at + count;
}

/**
 * The size of the entry at `at` if it is sound and ends at or before `end`, else 0. Reads nothing
 * at or beyond `end`, whatever the bytes claim.
 */
export function checkEntry(buffer: Uint8Array, at: number, end: number): number {
  // Of all heads only these 5 bytes are longer than the shortest whole entry.
  const needed = buffer[at] === STRING_32 ? 5 : 2;
  if (at + needed > end) return 0;
  const body = bodySize(buffer, at);
  const count = backlenSize(body);
  if (body === 0 || at + body + count > end) return 0;
  for (let i = 0; i < count; i++) {
    if (buffer[at + body + i] !== backlenByte(body, i, count)) return 0;
  }
  return body + count;
}

function integerBodySize(value: number | bigint): number {
  if (typeof value === "bigint") return 9;
  if (value >= 0 && value <= 127) return 1;
  if (value >= -4096 && value <= 4095) return 2;
  if (value >= -0x8000 && value <= 0x7fff) return 3;
  if (value >= -0x800000 && value <= 0x7fffff) return 4;
  return value === (value | 0) ? 5 : 9;
}

/** The size in bytes of an entry that holds the integer. */
export function integerEntrySize(value: number | bigint): number {
  return integerBodySize(value) + 1;
}

/** Writes an entry that holds the integer, an int64, and returns the index after it. */
export function writeIntegerEntry(value: number | bigint, buffer: Uint8Array, at: number): number {
  const size = integerBodySize(value);
  if (size === 9) {
    buffer[at] = INTEGER_64;
    writeInt64(value, buffer, at + 1);
  } else {
    const word = Number(value);
    if (size === 1) {
      buffer[at] = word;
    } else if (size === 2) {
      buffer[at] = 0xc0 | word >> 8 & 0x1f;
      buffer[at + 1] = word;
    } else {
      buffer[at] = INTEGER_16 + size - 3;
      for (let i = 1; i < size; i++) buffer[at + i] = word >>> 8 * (i - 1);
    }
  }
  return writeBacklen(size, buffer, at + size);
}

function stringHeadFor(length: number): number {
  return length < 64 ? 1 : length < 4096 ? 2 : 5;
}

/** The size in bytes of an entry that holds a string of `length` bytes. */
export function stringEntrySize(length: number): number {
  const size = stringHeadFor(length) + length;
  return size + backlenSize(size);
}

/** Writes an entry that holds bytes `[start, end)` of `source`, and returns the index after it. */
export function writeStringEntry(
  source: Uint8Array,
  start: number,
  end: number,
  buffer: Uint8Array,
  at: number,
): number {
  const length = end - start;
  const head = stringHeadFor(length);
  if (head === 1) {
    buffer[at] = SHORT_STRING | length;
  } else if (head === 2) {
    buffer[at] = 0xe0 | length >> 8;
    buffer[at + 1] = length;
  } else {
    buffer[at] = STRING_32;
    for (let i = 0; i < 4; i++) buffer[at + 1 + i] = length >>> 8 * i;
  }
  copyBytes(source, start, end, buffer, at + head);
  return writeBacklen(head + length, buffer, at + head + length);
}
