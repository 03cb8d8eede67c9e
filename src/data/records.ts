/**
 * Records: some 32-bit words per row, side by side in memory. What is asked for together comes in one
 * cache line; columns of their own would be one each.
 */

import { PAGE_BITS, PAGE_MASK, PagedColumn } from "./columns.ts";

/** Stands for pages that are not there yet; as long as there is room, none is missing. */
const NO_PAGE = new Uint32Array(0);

/** How many words a record has. */
export type RecordWords = 1 | 2 | 4;

/**
 * The records of a table's rows. Word 0 is the table's own; what the others mean is up to its owner. Words
 * are unsigned, and 0 in a new record.
 */
export class Records extends PagedColumn<Uint32Array> {
  /** A record's number, shifted left by this, is the number of its first word. */
  readonly #shift: number;

  constructor(words: RecordWords) {
    super(NO_PAGE, Uint32Array.BYTES_PER_ELEMENT);
    this.#shift = words >>> 1;
  }

  /** A word of a row for which there is room. */
  get(row: number, word: number): number {
    return this.pages[row >>> PAGE_BITS][((row & PAGE_MASK) << this.#shift) + word];
  }

  /** Sets a word of a row for which there is room. */
  set(row: number, word: number, value: number): void {
    this.pages[row >>> PAGE_BITS][((row & PAGE_MASK) << this.#shift) + word] = value;
  }

  override ensure(rows: number): void {
    super.ensure(rows);
    for (let page = this.pages.length - 1; page >= 0 && this.pages[page] === NO_PAGE; page--) {
      this.materialize(page << PAGE_BITS);
    }
  }

  override move(from: number, to: number): void {
    const source = this.pages[from >>> PAGE_BITS], target = this.pages[to >>> PAGE_BITS];
    const shift = this.#shift, words = 1 << shift;
    const first = (from & PAGE_MASK) << shift, at = (to & PAGE_MASK) << shift;
    for (let word = 0; word < words; word++) {
      target[at + word] = source[first + word];
      source[first + word] = 0;
    }
  }

  override reset(row: number): void {
    const page = this.pages[row >>> PAGE_BITS], shift = this.#shift;
    const first = (row & PAGE_MASK) << shift;
    for (let word = (1 << shift) - 1; word >= 0; word--) page[first + word] = 0;
  }

  protected override makePage(rows: number): Uint32Array {
    return new Uint32Array(rows << this.#shift);
  }

  protected override copyPage(source: Uint32Array, target: Uint32Array): void {
    target.set(source.length > target.length ? source.subarray(0, target.length) : source);
  }
}
