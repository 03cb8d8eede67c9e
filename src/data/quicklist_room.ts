/** How much memory a quicklist's nodes have beyond their bytes, so that they grow in their place. */

import type { ByteStore } from "./byte_store.ts";
import { LARGEST_NODE, type ListLimits, nodeBytes, nodeElements } from "./list_limits.ts";
import { EMPTY_SIZE } from "./listpack.ts";
import { copyListpack } from "./listpack_pieces.ts";

/** A node that is begun gets at most this room at once, in bytes. More than a store's slabs hold. */
const FIRST_ROOM = 4096;
/** In a list of more nodes than this, the room of one more is little: whole nodes are taken and kept. */
export const FEW_NODES = 8;

/** The room of a new node in a list of so many `nodes`, whose first entry takes `entry` bytes. */
export function roomOfNode(entry: number, nodes: number, limits: ListLimits): number {
  const whole = Math.min(nodeBytes(limits), EMPTY_SIZE + entry * nodeElements(limits));
  return nodes > FEW_NODES ? whole : Math.min(whole, FIRST_ROOM);
}

/** Whether a removed node's room is that of a large node, but not of a single huge element. */
export function isRoomOfNode(room: number): boolean {
  return room >= FIRST_ROOM && room <= LARGEST_NODE;
}

/**
 * Gives a listpack room for `added` bytes, twice as much as it had unless that is too much; returns its ref,
 * which may be another one.
 */
export function withRoom(
  store: ByteStore,
  ref: number,
  added: number,
  limits: ListLimits,
): number {
  const size = store.length(ref) + added;
  if (size <= store.capacity(ref)) return ref;
  return moved(store, ref, Math.max(size, Math.min(2 * size, nodeBytes(limits))));
}

/** Gives back the room of a listpack, if much of it is not used; returns its ref, which may be another one. */
export function fitted(store: ByteStore, ref: number): number {
  const length = store.length(ref);
  return store.capacity(ref) < length + length / 4 ? ref : moved(store, ref, length);
}

function moved(store: ByteStore, ref: number, room: number): number {
  const copy = copyListpack(store, ref, store, room);
  store.free(ref);
  return copy;
}
