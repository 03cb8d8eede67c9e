/** Which clients may still have which keys in their caches. */

import { randomSeed } from "../base/hash.ts";
import { randomBelow } from "../base/sampling.ts";
import { type ByteRange, copySpan, Span } from "../base/span.ts";
import { ByteStore } from "../data/byte_store.ts";
import { ValueColumn } from "../data/columns.ts";
import { Table } from "../data/table.ts";

/**
 * Keys by name, whatever their database, with the ids of the clients that have read them. Ids of clients
 * that are gone stay until their key changes or is dropped, as in Redis.
 */
export class TrackingTable {
  readonly #store = new ByteStore();
  /** One id where it is the only one. */
  readonly #readers = new ValueColumn<number | Set<number>>();
  readonly #table = new Table(this.#store, randomSeed(), [this.#readers]);
  readonly #key = new Span();
  #items = 0;

  /** How many keys there are. */
  get keys(): number {
    return this.#table.size;
  }

  /** How many pairs of a key and a client there are. */
  get items(): number {
    return this.#items;
  }

  /** The memory that it takes, in bytes, without sets of several readers. */
  get memoryBytes(): number {
    return this.#store.allocatedBytes + this.#table.indexBytes;
  }

  /** A client has read a key. */
  add(key: ByteRange, id: number): void {
    const row = this.#table.findOrAdd(key.buffer, key.start, key.end);
    const readers = this.#readers.get(row);
    if (readers === undefined) {
      this.#readers.set(row, id);
      this.#items++;
    } else if (typeof readers === "object") {
      this.#items -= readers.size;
      this.#items += readers.add(id).size;
    } else if (readers !== id) {
      this.#readers.set(row, new Set([readers, id]));
      this.#items++;
    }
  }

  /** Takes a key out, and says who has read it. */
  take(key: ByteRange): Iterable<number> {
    const row = this.#table.findSpan(key);
    if (row < 0) return [];
    const readers = this.#readers.get(row);
    const ids = typeof readers === "object" ? readers : readers === undefined ? [] : [readers];
    this.#items -= typeof readers === "object" ? readers.size : 1;
    this.#table.remove(row);
    return ids;
  }

  /** Any key; there must be one. The bytes are the caller's. */
  randomKey(): Span {
    return Span.of(copySpan(this.#table.keySpan(randomBelow(this.keys), this.#key)));
  }

  /** Forgets all. */
  clear(): void {
    this.#table.clear();
    this.#items = 0;
  }
}
