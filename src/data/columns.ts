/**
 * Columns: one value per row, rows numbered from 0, kept in pages of typed arrays.
 *
 * Pages mean that growing never copies more than one page; the first page starts small and doubles,
 * so that small tables are small. A page of numbers that are all 0 is not kept at all.
 */

/** A row's number, shifted right by this, is that of its page. */
export const PAGE_BITS = 16;
/** Rows in a page. */
const PAGE_ROWS = 1 << PAGE_BITS;
/** The bits of a row's number that say where it is in its page. */
export const PAGE_MASK: number = PAGE_ROWS - 1;
const FIRST_ROWS = 8;
/** Room for so many rows is left when whole pages are given back. */
const SPARE_ROWS = PAGE_ROWS / 2;

/** What a `Table` needs of its columns, to keep their rows beside its own. */
export interface Column {
  /** Makes room for rows `[0, rows)`. Rows that are new hold the default value: 0 or undefined. */
  ensure(rows: number): void;
  /** Gives row `to` the value of row `from`, and row `from` the default value. */
  move(from: number, to: number): void;
  /** Gives `row` the default value. */
  reset(row: number): void;
  /** Gives back memory that is not needed for rows `[0, rows)`; all rows beyond hold the default. */
  shrink(rows: number): void;
  /** The memory held by the pages, in bytes. */
  readonly bytes: number;
}

function columnCapacity(rows: number): number {
  if (rows > PAGE_ROWS) return Math.ceil(rows / PAGE_ROWS) * PAGE_ROWS;
  if (rows === 0) return 0;
  return Math.max(FIRST_ROWS, 1 << (32 - Math.clz32(rows - 1)));
}

/** The part of all columns, and of `Records`, that deals in whole pages. */
export abstract class PagedColumn<Page extends { readonly length: number }> implements Column {
  protected pages: Page[] = [];
  #capacity = 0;
  #bytes = 0;

  /** `absent` stands in `pages` for every page that holds only default values; never written to. */
  constructor(protected readonly absent: Page, readonly bytesPerRow: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** How many rows there is room for; columns that were told the same have the same room. */
  get capacity(): number {
    return this.#capacity;
  }

  ensure(rows: number): void {
    if (rows > this.#capacity) this.#setCapacity(columnCapacity(rows));
  }

  shrink(rows: number): void {
    // Some room is left, so that a size that goes up and down around one limit costs nothing.
    if (rows === 0) this.#setCapacity(0);
    else if (this.#capacity <= PAGE_ROWS) {
      if (rows <= this.#capacity / 4) this.#setCapacity(columnCapacity(rows * 2));
    } else if (rows + SPARE_ROWS <= this.#capacity - PAGE_ROWS) {
      this.#setCapacity(columnCapacity(rows + SPARE_ROWS));
    }
  }

  abstract move(from: number, to: number): void;
  abstract reset(row: number): void;

  /** A page of default values. */
  protected abstract makePage(rows: number): Page;
  /** Copies as many rows as both pages have. */
  protected abstract copyPage(source: Page, target: Page): void;

  /** Replaces the absent page of a row by one that can be written to. */
  protected materialize(row: number): Page {
    const page = this.makePage(Math.min(this.#capacity, PAGE_ROWS));
    this.pages[row >>> PAGE_BITS] = page;
    this.#bytes += page.length * this.bytesPerRow;
    return page;
  }

  #setCapacity(capacity: number): void {
    const pages = this.pages, old = this.#capacity;
    if (capacity === old) return;
    this.#capacity = capacity;
    while (pages.length > Math.ceil(capacity / PAGE_ROWS)) {
      const page = pages.pop();
      if (page !== undefined && page !== this.absent) this.#bytes -= page.length * this.bytesPerRow;
    }
    if (pages.length > 0 && pages[0] !== this.absent && Math.min(old, capacity) < PAGE_ROWS) {
      const page = pages[0];
      this.#bytes -= page.length * this.bytesPerRow;
      this.copyPage(page, this.materialize(0));
    }
    while (pages.length < Math.ceil(capacity / PAGE_ROWS)) pages.push(this.absent);
  }
}

type NumberPage = Int32Array | Uint32Array | Float64Array;

/**
 * `get` and `set` are written out in each class below: V8 collects its type feedback per function,
 * and one shared by arrays of several kinds is slower for all of them.
 */
abstract class NumberColumn<Page extends NumberPage> extends PagedColumn<Page> {
  constructor(absent: Page) {
    super(absent, absent.BYTES_PER_ELEMENT);
  }

  /** The value of a row for which there is room. */
  abstract get(row: number): number;
  /** Sets the value of a row for which there is room. */
  abstract set(row: number, value: number): void;

  override move(from: number, to: number): void {
    this.set(to, this.get(from));
    this.set(from, 0);
  }

  override reset(row: number): void {
    this.set(row, 0);
  }

  protected override copyPage(source: Page, target: Page): void {
    target.set(source.length > target.length ? source.subarray(0, target.length) : source);
  }
}

const NO_INT32 = new Int32Array(PAGE_ROWS);
const NO_UINT32 = new Uint32Array(PAGE_ROWS);
const NO_FLOAT64 = new Float64Array(PAGE_ROWS);

/** A column of signed 32-bit integers. */
export class Int32Column extends NumberColumn<Int32Array> {
  constructor() {
    super(NO_INT32);
  }

  override get(row: number): number {
    return this.pages[row >>> PAGE_BITS][row & PAGE_MASK];
  }

  override set(row: number, value: number): void {
    let page = this.pages[row >>> PAGE_BITS];
    if (page === NO_INT32) {
      if (value === 0) return;
      page = this.materialize(row);
    }
    page[row & PAGE_MASK] = value;
  }

  protected override makePage(rows: number): Int32Array {
    return new Int32Array(rows);
  }
}

/** A column of unsigned 32-bit integers, such as the refs of a `ByteStore`. */
export class Uint32Column extends NumberColumn<Uint32Array> {
  constructor() {
    super(NO_UINT32);
  }

  override get(row: number): number {
    return this.pages[row >>> PAGE_BITS][row & PAGE_MASK];
  }

  override set(row: number, value: number): void {
    let page = this.pages[row >>> PAGE_BITS];
    if (page === NO_UINT32) {
      if (value === 0) return;
      page = this.materialize(row);
    }
    page[row & PAGE_MASK] = value;
  }

  protected override makePage(rows: number): Uint32Array {
    return new Uint32Array(rows);
  }
}

/** A column of doubles: scores, times in milliseconds. */
export class Float64Column extends NumberColumn<Float64Array> {
  constructor() {
    super(NO_FLOAT64);
  }

  override get(row: number): number {
    return this.pages[row >>> PAGE_BITS][row & PAGE_MASK];
  }

  override set(row: number, value: number): void {
    let page = this.pages[row >>> PAGE_BITS];
    if (page === NO_FLOAT64) {
      // The default is +0; -0 is a value of its own.
      if (Object.is(value, 0)) return;
      page = this.materialize(row);
    }
    page[row & PAGE_MASK] = value;
  }

  protected override makePage(rows: number): Float64Array {
    return new Float64Array(rows);
  }
}

/** A column of JavaScript values; the default is undefined. */
export class ValueColumn<T> extends PagedColumn<(T | undefined)[]> {
  constructor() {
    super([], 8);
  }

  /** The value of a row for which there is room. */
  get(row: number): T | undefined {
    const page = this.pages[row >>> PAGE_BITS];
    return page === this.absent ? undefined : page[row & PAGE_MASK];
  }

  /** Sets the value of a row for which there is room. */
  set(row: number, value: T | undefined): void {
    let page = this.pages[row >>> PAGE_BITS];
    if (page === this.absent) {
      if (value === undefined) return;
      page = this.materialize(row);
    }
    page[row & PAGE_MASK] = value;
  }

  override move(from: number, to: number): void {
    this.set(to, this.get(from));
    this.set(from, undefined);
  }

  override reset(row: number): void {
    this.set(row, undefined);
  }

  protected override makePage(rows: number): (T | undefined)[] {
    return new Array<T | undefined>(rows).fill(undefined);
  }

  protected override copyPage(source: (T | undefined)[], target: (T | undefined)[]): void {
    const rows = Math.min(source.length, target.length);
    for (let row = 0; row < rows; row++) target[row] = source[row];
  }
}
