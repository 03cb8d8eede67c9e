/** A set of slots, as the bus sends it: a bit for each. */

import { SLOT_COUNT } from "../keyspace/key_slot.ts";

/** How many bytes have a bit for each slot. */
export const SLOT_BYTES: number = SLOT_COUNT / 8;

/** Slots from `first` to `last`, both included. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
}

/** Some of the slots. */
export class SlotSet {
  /** Slot `n` is bit `n % 8`, the lowest being 0, of byte `n / 8`. To be changed through this class alone. */
  readonly bytes: Uint8Array = new Uint8Array(SLOT_BYTES);
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether a slot is in it. */
  has(slot: number): boolean {
    return hasSlot(this.bytes, slot);
  }

  /** Puts a slot in; returns whether it was not there. */
  add(slot: number): boolean {
    if (this.has(slot)) return false;
    this.bytes[slot >> 3] |= 1 << (slot & 7);
    this.#size++;
    return true;
  }

  /** Takes a slot out; returns whether it was there. */
  delete(slot: number): boolean {
    if (!this.has(slot)) return false;
    this.bytes[slot >> 3] &= ~(1 << (slot & 7));
    this.#size--;
    return true;
  }

  /** The slots in ascending order. */
  [Symbol.iterator](): Generator<number> {
    return slotsOf(this.bytes);
  }

  /** Those that follow each other as ranges, in ascending order. */
  *ranges(): Generator<SlotRange> {
    let first = -1, last = -1;
    for (const slot of this) {
      if (first >= 0 && slot !== last + 1) yield { first, last };
      if (first < 0 || slot !== last + 1) first = slot;
      last = slot;
    }
    if (first >= 0) yield { first, last };
  }
}

/** Whether a slot's bit is set. */
export function hasSlot(bytes: Uint8Array, slot: number): boolean {
  return (bytes[slot >> 3] & 1 << (slot & 7)) !== 0;
}

/** The slots whose bits are set, in ascending order. */
export function* slotsOf(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < SLOT_BYTES; at++) {
    for (let bits = bytes[at]; bits !== 0; bits &= bits - 1) {
      yield at * 8 + 31 - Math.clz32(bits & -bits);
    }
  }
}

/** Whether two bitmaps have the same slots. */
export function haveSameSlots(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < SLOT_BYTES; at++) if (a[at] !== b[at]) return false;
  return true;
}
