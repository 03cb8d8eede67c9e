/** Listpacks cut apart and put together. */

import type { ByteStore } from "./byte_store.ts";
import { EMPTY_SIZE, FIRST_POSITION, length, writeFrame } from "./listpack.ts";

/**
 * A new listpack in `store` for entries that make up `bytes` bytes, which the caller must write from
 * `FIRST_POSITION` on. `room`: so many bytes in all are taken from the store at once; in a store that
 * keeps room the listpack can grow into them.
 */
export function allocateListpack(
  store: ByteStore,
  bytes: number,
  count: number,
  room: number = 0,
): number {
  const size = EMPTY_SIZE + bytes;
  let ref = store.allocate(Math.max(size, room));
  if (room > size) ref = store.resize(ref, size);
  writeFrame(store.buffer(ref), store.offset(ref), size, count);
  return ref;
}

/** Removes all entries of a listpack; returns its new ref. */
export function clearListpack(store: ByteStore, ref: number): number {
  ref = store.resize(ref, EMPTY_SIZE);
  writeFrame(store.buffer(ref), store.offset(ref), EMPTY_SIZE, 0);
  return ref;
}

/** A copy of a listpack of `source`, with `room` in `target` as in `allocateListpack`. */
export function copyListpack(
  source: ByteStore,
  ref: number,
  target: ByteStore,
  room: number = 0,
): number {
  const bytes = source.length(ref) - EMPTY_SIZE;
  const copy = allocateListpack(target, bytes, countOf(source, ref), room);
  copyEntries(source, ref, FIRST_POSITION, bytes, target, copy, FIRST_POSITION);
  return copy;
}

/** A new listpack with the entries of another one from `position` on, which are `count` entries. */
export function copyTail(store: ByteStore, ref: number, position: number, count: number): number {
  const bytes = store.length(ref) - 1 - position;
  const tail = allocateListpack(store, bytes, count);
  copyEntries(store, ref, position, bytes, store, tail, FIRST_POSITION);
  return tail;
}

/** Appends the entries of the listpack `other` to another one; returns the latter's new ref. */
export function appendListpack(store: ByteStore, ref: number, other: number): number {
  const size = store.length(ref), bytes = store.length(other) - EMPTY_SIZE;
  const count = countOf(store, ref) + countOf(store, other);
  ref = store.resize(ref, size + bytes);
  copyEntries(store, other, FIRST_POSITION, bytes, store, ref, size - 1);
  writeFrame(store.buffer(ref), store.offset(ref), size + bytes, count);
  return ref;
}

function countOf(store: ByteStore, ref: number): number {
  return length(store.buffer(ref), store.offset(ref));
}

function copyEntries(
  source: ByteStore,
  from: number,
  fromPosition: number,
  bytes: number,
  target: ByteStore,
  to: number,
  toPosition: number,
): void {
  const start = source.offset(from) + fromPosition;
  const entries = source.buffer(from).subarray(start, start + bytes);
  target.buffer(to).set(entries, target.offset(to) + toPosition);
}
