/** The parts that the index of a table consists of. */

import type { ScanPosition } from "./table_scan.ts";

/**
 * A part of the index. Slot i is `slots[2 * i]`, the row plus 1 or 0 when empty, and
 * `slots[2 * i + 1]`, the key's whole hash. With the hash beside the row, probing and splitting
 * touch no other memory.
 */
export class Segment {
  used = 0;

  /** `depth`: how many top bits of the hash all keys in here share. */
  constructor(public slots: Int32Array, public depth: number) {}

  /** Whether one more entry would fill more than four fifths of the slots. */
  get full(): boolean {
    return (this.used + 1) * 10 > this.slots.length * 4;
  }

  /** Writes an entry into the first empty slot from its home on. */
  place(entry: number, hash: number): void {
    const slots = this.slots, mask = slots.length - 1;
    let at = hash << 1 & mask;
    while (slots[at] !== 0) at = at + 2 & mask;
    slots[at] = entry;
    slots[at + 1] = hash;
  }

  /** Where the entry stands in `slots`; it must be there. */
  locate(entry: number, hash: number): number {
    const slots = this.slots, mask = slots.length - 1;
    let at = hash << 1 & mask;
    while (slots[at] !== entry) at = at + 2 & mask;
    return at;
  }

  /** Empties the slot at `hole`, then moves later entries of its run back so that no gap remains. */
  erase(hole: number): void {
    const slots = this.slots, mask = slots.length - 1;
    for (let at = hole + 2 & mask; slots[at] !== 0; at = at + 2 & mask) {
      const home = slots[at + 1] << 1 & mask;
      // An entry may move back to the hole unless its home lies after the hole.
      if ((at - home & mask) < (at - hole & mask)) continue;
      slots[hole] = slots[at];
      slots[hole + 1] = slots[at + 1];
      hole = at;
    }
    slots[hole] = 0;
    this.used--;
  }

  /** Appends the rows whose hashes are in what is left of a granule. */
  collect({ low, bits, least }: ScanPosition, rows: number[]): void {
    const slots = this.slots, mask = slots.length - 1, count = slots.length >>> 1;
    const granule = 1 << bits, lowBits = Math.max(count, granule) - 1;
    // Entries of several homes are in one granule, or those of one home in several.
    for (let home = low;; home += granule) {
      for (let at = home << 1 & mask; slots[at] !== 0; at = at + 2 & mask) {
        const hash = slots[at + 1];
        if ((hash & lowBits) === home && hash >>> 0 >= least) rows.push(slots[at] - 1);
      }
      if (home + granule >= count) return;
    }
  }

  /** Gives the segment `count` slots, which is a power of two and more than it has entries. */
  rebuild(count: number): void {
    const old = this.slots;
    this.slots = new Int32Array(count * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) this.place(old[at], old[at + 1]);
    }
  }

  /** Moves the entries whose next top bit is 1 into a new segment, which is returned. */
  split(): Segment {
    const slots = this.slots, mask = slots.length - 1;
    const bit = 0x80000000 >>> this.depth++;
    const upper = new Segment(new Int32Array(slots.length), this.depth);
    // Starting after an empty slot, every entry is taken out and put back at or before its place,
    // behind the entries of its run that were put back already: no second array is needed.
    let start = 0;
    while (slots[start] !== 0) start += 2;
    for (let step = 2; step <= mask; step += 2) {
      const at = start + step & mask;
      const entry = slots[at], hash = slots[at + 1];
      if (entry === 0) continue;
      slots[at] = 0;
      if ((hash & bit) === 0) {
        this.place(entry, hash);
      } else {
        upper.place(entry, hash);
        upper.used++;
      }
    }
    this.used -= upper.used;
    return upper;
  }
}
