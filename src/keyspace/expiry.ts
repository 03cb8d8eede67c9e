/** Which rows of a database expire, and when. */

import { Float64Column, Int32Column } from "../data/columns.ts";

/** What `ExpiryIndex.at` answers for a row that does not expire. */
export const NO_EXPIRY = -1;

/**
 * The rows that have a time to live, densely numbered, so that a database in which few keys expire
 * pays for those only, and the active cycle walks them without meeting any other.
 */
export class ExpiryIndex {
  /** How many rows expire. */
  size = 0;
  /** Row → its place in the dense list, plus one; 0: does not expire. */
  #places = new Int32Column();
  #placesLength = 0;
  #rows = new Int32Column();
  #times = new Float64Column();
  /** Row → its time, for the times of the far future that no double holds exactly. */
  #exactTimes = new Map<number, bigint>();

  /**
   * When the row expires, in ms since the epoch, or `NO_EXPIRY`. A time beyond 2^53 is the nearest
   * double: good for comparing it with the clock, not for telling it (see `exactAt`).
   */
  at(row: number): number {
    const place = this.#placeOf(row);
    return place < 0 ? NO_EXPIRY : this.#times.get(place);
  }

  /** As `at`, exact whatever the time: a bigint beyond 2^53 − 1. */
  exactAt(row: number): number | bigint {
    if (this.#exactTimes.size === 0) return this.at(row);
    return this.#exactTimes.get(row) ?? this.at(row);
  }

  /** Makes the row expire at `time`, in ms since the epoch; it is not negative. */
  set(row: number, time: number | bigint): void {
    let place = this.#placeOf(row);
    if (place < 0) {
      place = this.size++;
      this.#rows.ensure(this.size);
      this.#times.ensure(this.size);
      this.#rows.set(place, row);
      this.#setPlace(row, place + 1);
    }
    this.#times.set(place, Number(time));
    if (typeof time === "bigint") this.#exactTimes.set(row, time);
    else if (this.#exactTimes.size > 0) this.#exactTimes.delete(row);
  }

  /** Makes the row live for ever; says whether it did not before. */
  delete(row: number): boolean {
    const place = this.#placeOf(row);
    if (place < 0) return false;
    this.#places.set(row, 0);
    if (this.#exactTimes.size > 0) this.#exactTimes.delete(row);
    const last = --this.size;
    if (place === last) {
      this.#rows.reset(last);
      this.#times.reset(last);
    } else {
      this.#places.set(this.#rows.get(last), place + 1);
      this.#rows.move(last, place);
      this.#times.move(last, place);
    }
    this.#shrink();
    return true;
  }

  /** Follows a row that got another number; `to` must not expire. */
  moveRow(from: number, to: number): void {
    const place = this.#placeOf(from);
    if (place < 0) return;
    this.#places.set(from, 0);
    this.#setPlace(to, place + 1);
    this.#rows.set(place, to);
    if (this.#exactTimes.size === 0) return;
    const time = this.#exactTimes.get(from);
    if (time === undefined) return;
    this.#exactTimes.delete(from);
    this.#exactTimes.set(to, time);
  }

  /** The row at `place` of the dense list, 0 ≤ place < size. */
  rowAt(place: number): number {
    return this.#rows.get(place);
  }

  /** When the row at `place` of the dense list expires, in ms since the epoch. */
  timeAt(place: number): number {
    return this.#times.get(place);
  }

  /** An estimate of the memory held, in bytes. */
  get memoryBytes(): number {
    return this.#places.bytes + this.#rows.bytes + this.#times.bytes;
  }

  #placeOf(row: number): number {
    return row < this.#placesLength ? this.#places.get(row) - 1 : -1;
  }

  /** Gives memory back after a removal. */
  #shrink(): void {
    if ((this.size & 63) !== 0) return;
    this.#rows.shrink(this.size);
    this.#times.shrink(this.size);
    // Which row is the highest that expires is only known when there is none.
    if (this.size > 0) return;
    this.#places.shrink(0);
    this.#placesLength = 0;
  }

  #setPlace(row: number, place: number): void {
    if (row >= this.#placesLength) {
      this.#places.ensure(row + 1);
      // What lies between was never given a place: new pages are zeroed.
      this.#placesLength = row + 1;
    }
    this.#places.set(row, place);
  }
}
