/**
 * The IDs of stream entries: two unsigned 64-bit integers, the first of which is usually a time in ms.
 *
 * As everywhere, such an integer is a number while it is safe and a bigint beyond; the two compare as
 * they should with `<` and `===`, so ordinary IDs cost nothing.
 */

import { formatInteger, INTEGER_TEXT_MAX, normalizeInteger } from "../base/numbers.ts";
import { highWord, lowWord } from "./int64.ts";

/** An unsigned 64-bit integer: a number if it is safe, else a bigint. */
export type Unsigned64 = number | bigint;

/** An entry's ID. Whatever has these two properties can be looked up in an `IdIndex`. */
export interface StreamId {
  readonly ms: Unsigned64;
  /** Tells entries of the same ms apart. */
  readonly seq: Unsigned64;
}

/** The greatest value of either part. */
export const UNSIGNED_MAX: bigint = 18446744073709551615n;

/** The smallest ID, which no entry has. */
export const MIN_ID: StreamId = { ms: 0, seq: 0 };
/** The greatest ID. */
export const MAX_ID: StreamId = { ms: UNSIGNED_MAX, seq: UNSIGNED_MAX };

/** The bytes of the longest ID as text. */
export const ID_TEXT_MAX = 2 * INTEGER_TEXT_MAX + 1;

const MINUS = 0x2d;

/** An ID that owns its parts. */
export function makeId(ms: Unsigned64, seq: Unsigned64): StreamId {
  return { ms, seq };
}

/** Orders two IDs: negative, 0 or positive. */
export function compareIds(a: StreamId, b: StreamId): number {
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1;
  if (a.seq !== b.seq) return a.seq < b.seq ? -1 : 1;
  return 0;
}

/** Whether an ID is 0-0. */
export function isMinId(id: StreamId): boolean {
  return id.ms === 0 && id.seq === 0;
}

/** The ID that follows, or null after the greatest. */
export function idAfter({ ms, seq }: StreamId): StreamId | null {
  if (seq !== UNSIGNED_MAX) return { ms, seq: addWrapped(seq, 1) };
  return ms === UNSIGNED_MAX ? null : { ms: addWrapped(ms, 1), seq: 0 };
}

/** The ID that comes before, or null before the smallest. */
export function idBefore({ ms, seq }: StreamId): StreamId | null {
  if (seq !== 0) return { ms, seq: addWrapped(seq, -1) };
  return ms === 0 ? null : { ms: addWrapped(ms, -1), seq: UNSIGNED_MAX };
}

/** The ID that a new entry gets by itself: the time, or what follows `last` if that is not later. */
export function generateId(last: StreamId, now: number): StreamId | null {
  return last.ms < now ? { ms: now, seq: 0 } : idAfter(last);
}

/** The ID as text, `ms-seq`. */
export function formatId({ ms, seq }: StreamId): string {
  return `${ms}-${seq}`;
}

/** Writes the ID as text at `at` and returns the index after it. */
export function writeIdText({ ms, seq }: StreamId, target: Uint8Array, at: number): number {
  at = formatInteger(ms, target, at);
  target[at] = MINUS;
  return formatInteger(seq, target, at + 1);
}

/** `value` + `delta`, a signed 64-bit integer, modulo 2^64. */
export function addWrapped(value: Unsigned64, delta: number | bigint): Unsigned64 {
  if (typeof value === "number" && typeof delta === "number") {
    const sum = value + delta;
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return normalizeInteger(BigInt.asUintN(64, BigInt(value) + BigInt(delta)));
}

/** The signed 64-bit integer that `addWrapped` makes `value` of `base` with. */
export function wrappedDelta(value: Unsigned64, base: Unsigned64): number | bigint {
  if (typeof value === "number" && typeof base === "number") return value - base;
  return normalizeInteger(BigInt.asIntN(64, BigInt(value) - BigInt(base)));
}

/** How many of the 16 bytes of two IDs, high bytes first, are the same from the beginning. */
export function sharedPrefix(a: StreamId, b: StreamId): number {
  const high = leadingBytes(a.ms, b.ms);
  return high < 8 ? high : 8 + leadingBytes(a.seq, b.seq);
}

function leadingBytes(a: Unsigned64, b: Unsigned64): number {
  const high = highWord(a) ^ highWord(b);
  if (high !== 0) return Math.clz32(high) >> 3;
  return 4 + (Math.clz32(lowWord(a) ^ lowWord(b)) >> 3);
}
