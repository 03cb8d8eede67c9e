/** Integers of 1 to 64 bits at any bit of a bitmap, the highest bit first. */

import { byteOfBit } from "./bitmap.ts";

/** How many bits an integer has, and whether the first of them is its sign. */
export interface FieldType {
  readonly signed: boolean;
  /** 1 to 64, or to 63 without a sign. */
  readonly bits: number;
}

/** What becomes of a result that does not fit. */
export const Overflow = { Wrap: 0, Saturate: 1, Fail: 2 } as const;
export type Overflow = (typeof Overflow)[keyof typeof Overflow];

/**
 * The integer at bit number `offset` of a bitmap of `length` bytes that begins at `base`. Behind its end
 * the bitmap is zeros.
 */
export function readField(
  buffer: Uint8Array,
  base: number,
  length: number,
  offset: number,
  { signed, bits }: FieldType,
): bigint {
  // Bits that no string has may have numbers that can't be counted on from, one by one.
  if (byteOfBit(offset) >= length) return 0n;
  const last = offset + bits - 1;
  const value = readBytes(buffer, base, length, offset, last) >> BigInt(7 - last % 8);
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Writes an integer, which must fit, at bit number `offset` of a bitmap that is long enough. */
export function writeField(
  buffer: Uint8Array,
  base: number,
  offset: number,
  { bits }: FieldType,
  value: bigint,
): void {
  const last = offset + bits - 1;
  const first = byteOfBit(offset), shift = BigInt(7 - last % 8);
  const mask = (1n << BigInt(bits)) - 1n << shift;
  const around = readBytes(buffer, base, byteOfBit(last) + 1, offset, last) & ~mask;
  let bytes = around | BigInt.asUintN(bits, value) << shift;
  for (let i = byteOfBit(last); i >= first; i--, bytes >>= 8n) {
    buffer[base + i] = Number(bytes & 0xffn);
  }
}

/**
 * The sum of an integer and an increment, both int64 (or, what a field without sign holds), as it fits a
 * field; null where it does not and `overflow` says that it fails.
 */
export function addToField(
  type: FieldType,
  value: bigint,
  increment: bigint,
  overflow: Overflow,
): bigint | null {
  const { signed, bits } = type;
  const direction = overflowOf(type, value, increment);
  const sum = value + increment;
  if (direction === 0) return sum;
  if (overflow === Overflow.Fail) return null;
  if (overflow === Overflow.Wrap) {
    return signed ? BigInt.asIntN(bits, sum) : BigInt.asUintN(bits, sum);
  }
  return direction > 0 ? largest(type) : smallest(type);
}

/** 1 where the sum is too large for a field, -1 where it is too small, 0 where it fits. */
function overflowOf(type: FieldType, value: bigint, increment: bigint): number {
  const max = largest(type), min = smallest(type);
  // Redis asks how much may still be added, in 64 bits that wrap around. For what is SET far below
  // zero the answer is negative, so that it counts as too large.
  if (type.signed && type.bits < 64 && increment > BigInt.asIntN(64, max - value)) return 1;
  const sum = value + increment;
  return sum > max ? 1 : sum < min ? -1 : 0;
}

function largest({ signed, bits }: FieldType): bigint {
  return (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
}

function smallest({ signed, bits }: FieldType): bigint {
  return signed ? -1n << BigInt(bits - 1) : 0n;
}

/** The bytes with bits `first` to `last`, as one integer. */
function readBytes(
  buffer: Uint8Array,
  base: number,
  length: number,
  first: number,
  last: number,
): bigint {
  let value = 0n;
  for (let i = byteOfBit(first), end = byteOfBit(last); i <= end; i++) {
    value = value << 8n | BigInt(i < length ? buffer[base + i] : 0);
  }
  return value;
}
