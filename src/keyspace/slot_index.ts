/** The keys of each slot of a cluster: rows of a table, chained slot by slot. */

import { type Column, Int32Column } from "../data/columns.ts";
import { SLOT_COUNT } from "./key_slot.ts";

/**
 * Chains: which rows a slot has, in time proportional to their number, the one that came last first. A row and a
 * neighbour are kept as row + 1, 0 being none. The table moves the columns; whoever owns it tells of the rest.
 */
export class SlotIndex {
  readonly #next = new Int32Column();
  readonly #previous = new Int32Column();
  /** The first row of each slot, as row + 1. */
  readonly #first = new Int32Array(SLOT_COUNT);
  readonly #counts = new Int32Array(SLOT_COUNT);

  /** What the table keeps beside its rows. */
  get columns(): readonly Column[] {
    return [this.#next, this.#previous];
  }

  /** How many rows a slot has. */
  count(slot: number): number {
    return this.#counts[slot];
  }

  /** A slot's first row, or -1. */
  first(slot: number): number {
    return this.#first[slot] - 1;
  }

  /** The row behind another one of the same slot, or -1. */
  after(row: number): number {
    return this.#next.get(row) - 1;
  }

  /** A row that is new belongs to a slot. */
  add(row: number, slot: number): void {
    const first = this.#first[slot];
    this.#next.set(row, first);
    this.#previous.set(row, 0);
    if (first !== 0) this.#previous.set(first - 1, row + 1);
    this.#first[slot] = row + 1;
    this.#counts[slot]++;
  }

  /** A row of a slot is about to be removed. */
  remove(row: number, slot: number): void {
    const next = this.#next.get(row), previous = this.#previous.get(row);
    if (previous === 0) this.#first[slot] = next;
    else this.#next.set(previous - 1, next);
    if (next !== 0) this.#previous.set(next - 1, previous);
    this.#counts[slot]--;
  }

  /** A row of a slot has another number now, and its columns with it. */
  moved(to: number, slot: number): void {
    const next = this.#next.get(to), previous = this.#previous.get(to);
    if (previous === 0) this.#first[slot] = to + 1;
    else this.#next.set(previous - 1, to + 1);
    if (next !== 0) this.#previous.set(next - 1, to + 1);
  }
}
