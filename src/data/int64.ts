/** 64-bit integers in bytes, low byte first, as listpacks and intsets hold them. */

import { normalizeInteger } from "../base/numbers.ts";

/** The int64 at `at`: a number if it is safe, else a bigint. */
export function readInt64(buffer: Uint8Array, at: number): number | bigint {
  const low = readInt32(buffer, at) >>> 0, high = readInt32(buffer, at + 4);
  const value = high * 0x100000000 + low;
  if (Number.isSafeInteger(value)) return value;
  return normalizeInteger(BigInt(high) << 32n | BigInt(low));
}

/** Writes an int64 at `at`. */
export function writeInt64(value: number | bigint, buffer: Uint8Array, at: number): void {
  writeInt32(lowWord(value), buffer, at);
  writeInt32(highWord(value), buffer, at + 4);
}

/** The signed 32-bit integer at `at`. */
export function readInt32(buffer: Uint8Array, at: number): number {
  return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | buffer[at + 3] << 24;
}

/** Writes the low 32 bits of a number at `at`. */
export function writeInt32(value: number, buffer: Uint8Array, at: number): void {
  buffer[at] = value;
  buffer[at + 1] = value >>> 8;
  buffer[at + 2] = value >>> 16;
  buffer[at + 3] = value >>> 24;
}

/** The low 32 bits of an int64, as an unsigned number. */
export function lowWord(value: number | bigint): number {
  // Of a safe integer ToInt32 keeps exactly the low bits, also when it is negative.
  return typeof value === "number" ? value >>> 0 : Number(BigInt.asUintN(32, value));
}

/** The high 32 bits of an int64, as a signed number. */
export function highWord(value: number | bigint): number {
  return typeof value === "number" ? Math.floor(value / 0x100000000) : Number(value >> 32n);
}
