/** What has a stream ID, in the order of the IDs. */

import { compareIds, type StreamId } from "./stream_id.ts";

/** Items in a full page. */
const PAGE_ITEMS = 256;
/** Neighbours that have so many items together become one page. */
const MERGED_ITEMS = PAGE_ITEMS / 2;

/**
 * Items in order of their IDs, of which there are no two alike; an item's ID never changes. Kept in
 * pages, so that adding and removing move few items wherever they are; what is added in order of IDs
 * leaves full pages. Walk over it so, also when items are removed or added on the way:
 *
 *     for (let item = index.ceiling(start); item !== undefined; item = index.after(item))
 */
export class IdIndex<Item extends StreamId> {
  /** None is empty. */
  readonly #pages: Item[][] = [];
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** The item with the smallest ID. */
  get first(): Item | undefined {
    return this.#pages[0]?.[0];
  }

  /** The item with the greatest ID. */
  get last(): Item | undefined {
    const page = this.#pages[this.#pages.length - 1];
    return page?.[page.length - 1];
  }

  /** The item with this ID. */
  get(id: StreamId): Item | undefined {
    const item = this.floor(id);
    return item !== undefined && compareIds(item, id) === 0 ? item : undefined;
  }

  /** The last item up to this ID. */
  floor(id: StreamId): Item | undefined {
    const page = this.#pages[this.#pageOf(id)];
    return page?.[countUpTo(page, id) - 1];
  }

  /** The first item from this ID on. */
  ceiling(id: StreamId): Item | undefined {
    const number = this.#pageOf(id);
    if (number < 0) return this.first;
    const page = this.#pages[number];
    const count = countUpTo(page, id);
    if (compareIds(page[count - 1], id) === 0) return page[count - 1];
    return count < page.length ? page[count] : this.#pages[number + 1]?.[0];
  }

  /** The first item behind this ID. */
  after(id: StreamId): Item | undefined {
    const number = this.#pageOf(id);
    if (number < 0) return this.first;
    const page = this.#pages[number];
    const count = countUpTo(page, id);
    return count < page.length ? page[count] : this.#pages[number + 1]?.[0];
  }

  /** The last item before this ID. */
  before(id: StreamId): Item | undefined {
    const number = this.#pageOf(id);
    if (number < 0) return undefined;
    const page = this.#pages[number];
    const count = countUpTo(page, id);
    if (compareIds(page[count - 1], id) < 0) return page[count - 1];
    if (count > 1) return page[count - 2];
    const previous = this.#pages[number - 1];
    return previous?.[previous.length - 1];
  }

  /** Adds an item whose ID is not there yet. */
  add(item: Item): void {
    this.#size++;
    const pages = this.#pages;
    const number = Math.max(this.#pageOf(item), 0);
    if (pages.length === 0) {
      pages.push([item]);
      return;
    }
    const page = pages[number];
    const at = countUpTo(page, item);
    if (page.length < PAGE_ITEMS) {
      page.splice(at, 0, item);
    } else if (at === page.length && number === pages.length - 1) {
      pages.push([item]);
    } else {
      const upper = page.splice(PAGE_ITEMS / 2);
      pages.splice(number + 1, 0, upper);
      if (at <= page.length) page.splice(at, 0, item);
      else upper.splice(at - page.length, 0, item);
    }
  }

  /** Removes the item with this ID and returns it. */
  remove(id: StreamId): Item | undefined {
    const number = this.#pageOf(id);
    if (number < 0) return undefined;
    const page = this.#pages[number];
    const at = countUpTo(page, id) - 1;
    if (compareIds(page[at], id) !== 0) return undefined;
    const [item] = page.splice(at, 1);
    this.#size--;
    this.#mergeAround(number);
    return item;
  }

  /** All items, in order, in an array of the caller's own. */
  list(): Item[] {
    return this.#pages.flat();
  }

  /** All items, in order; the index must not change on the way. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (const page of this.#pages) yield* page;
  }

  /** The last page that begins up to this ID, or -1. */
  #pageOf(id: StreamId): number {
    const pages = this.#pages;
    let low = 0, high = pages.length;
    // Most of what happens to streams happens at their end.
    if (high > 0 && compareIds(pages[high - 1][0], id) <= 0) return high - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds(pages[middle][0], id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Removes a page that became empty; joins one that became small with a neighbour. */
  #mergeAround(number: number): void {
    const pages = this.#pages;
    const page = pages[number];
    if (page.length === 0) {
      pages.splice(number, 1);
      return;
    }
    const next = pages[number + 1];
    if (next !== undefined && page.length + next.length <= MERGED_ITEMS) {
      page.push(...next);
      pages.splice(number + 1, 1);
    }
  }
}

/** How many items of a page have an ID up to this one. */
function countUpTo<Item extends StreamId>(page: readonly Item[], id: StreamId): number {
  let low = 0, high = page.length;
  if (high > 0 && compareIds(page[high - 1], id) <= 0) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(page[middle], id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
