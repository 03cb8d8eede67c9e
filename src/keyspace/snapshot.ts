/**
 * Snapshots without fork(): what the keyspace held at one moment, given out bit by bit while commands go
 * on to change it. A snapshot begins between two commands and walks over the rows of every database
 * downwards from the last one; a row that is about to change before its turn has come is given out first.
 * `FLUSHALL` and `SWAPDB` don't disturb it: it holds on to the tables that there were.
 *
 * What follows an object after its row was given out, and what becomes of long strings that are not
 * copied, is the sink's business.
 */

import { Span } from "../base/span.ts";
import { ByteStore } from "../data/byte_store.ts";
import { freedArraysInUse } from "../data/freed_arrays.ts";
import { PendingRows } from "../data/pending_rows.ts";
import { Value } from "../data/value.ts";
import { AccessClock } from "./access_clock.ts";
import type { Contents, ContentsWatcher } from "./contents.ts";
import { NO_EXPIRY } from "./expiry.ts";
import type { FunctionLibrary } from "./function_libraries.ts";

/** A key and its value as they are given out; reused for the next one. */
export class SnapshotRow {
  /** The number that the database had. */
  database = 0;
  readonly key = new Span();
  readonly value = new Value();
  /** Where a compact value's bytes are. */
  store: ByteStore = NO_STORE;
  /** In ms since the epoch, or `NO_EXPIRY`. */
  expiry: number | bigint = NO_EXPIRY;
  /** The access word. */
  access = 0;

  /** Points this at a row. */
  read(contents: Contents, row: number): this {
    this.store = contents.store;
    contents.table.keySpan(row, this.key);
    contents.load(row, this.value);
    this.expiry = contents.expiry.exactAt(row);
    this.access = contents.accessOf(row);
    return this;
  }
}

const NO_STORE = new ByteStore();

/** What a snapshot is given to. */
export interface SnapshotSink {
  /** Whether it wants to know when a key was used last, so that a use counts as a change. */
  readonly keepsAccess: boolean;
  /**
   * Takes a row, what it needs of it, during the call. True: it goes on reading the value's bytes, which
   * are a large blob of the store, until it calls `release` for them.
   */
  take(row: SnapshotRow): boolean;
  /** Says that somebody is about to change the bytes of a blob that is not released: copy what is needed. */
  copy(bytes: Uint8Array): void;
}

/** How many keys a database had. */
export interface DatabaseSize {
  readonly keys: number;
  readonly expires: number;
}

/** What a snapshot is taken of: a keyspace. */
export interface SnapshotSource {
  readonly accessClock: AccessClock;
  readonly databases: readonly { readonly index: number; readonly contents: Contents }[];
  readonly libraries: Iterable<FunctionLibrary>;
  /** The snapshot that is under way. */
  snapshot: KeyspaceSnapshot | null;
}

/** What the keyspace holds at the moment when this is made. Throws where there is another one. */
export class KeyspaceSnapshot {
  /** How many keys there are. */
  readonly totalKeys: number;
  /** The same for each database, by its number. */
  readonly sizes: readonly DatabaseSize[];
  readonly libraries: readonly FunctionLibrary[];
  /** The clock by which access words count, which stands still. */
  readonly accessClock: AccessClock;
  readonly #keyspace: SnapshotSource;
  readonly #walks: ContentsSnapshot[] = [];
  /** The arrays of large blobs that are still read where they are. */
  readonly #kept = new Set<Uint8Array>();
  #walking = 0;
  /** Strings that are deleted are still read. */
  readonly #letGoOfFreed = freedArraysInUse.hold();

  constructor(keyspace: SnapshotSource, sink: SnapshotSink) {
    if (keyspace.snapshot !== null) {
      this.#letGoOfFreed();
      throw new Error("there is another snapshot under way");
    }
    keyspace.snapshot = this;
    this.#keyspace = keyspace;
    this.accessClock = keyspace.accessClock.stopped();
    const row = new SnapshotRow();
    for (const { index, contents } of keyspace.databases) {
      if (contents.table.size === 0) continue;
      this.#walks.push(new ContentsSnapshot(contents, index, row, sink, this.#kept));
    }
    this.sizes = keyspace.databases.map(({ contents: { table, expiry } }) => {
      return { keys: table.size, expires: expiry.size };
    });
    this.libraries = [...keyspace.libraries];
    this.totalKeys = this.sizes.reduce((sum, { keys }) => sum + keys, 0);
  }

  /** Gives out up to `count` rows that were not given out yet; false when there are no more. */
  advance(count: number): boolean {
    while (this.#walking < this.#walks.length) {
      if (this.#walks[this.#walking].advance(count)) return true;
      this.#walking++;
    }
    return false;
  }

  /** Says that the bytes of a blob are no longer needed. */
  release(bytes: Uint8Array): void {
    this.#kept.delete(bytes);
  }

  /**
   * Does something that changes nothing as if this snapshot were not there, so that another one can be made
   * and ended meanwhile. Values that have watchers of their own must be left alone.
   */
  suspendedWhile<Result>(work: () => Result): Result {
    this.#keyspace.snapshot = null;
    for (const walk of this.#walks) walk.unwatch();
    try {
      return work();
    } finally {
      this.#keyspace.snapshot = this;
      for (const walk of this.#walks) walk.watch();
    }
  }

  /** Stops watching. */
  end(): void {
    this.#letGoOfFreed();
    this.#keyspace.snapshot = null;
    for (const walk of this.#walks) walk.unwatch();
  }
}

/** The part of a snapshot that is one database. */
class ContentsSnapshot implements ContentsWatcher {
  readonly #contents: Contents;
  readonly #index: number;
  readonly #row: SnapshotRow;
  readonly #sink: SnapshotSink;
  readonly #pending: PendingRows;
  readonly #kept: Set<Uint8Array>;
  /** Those of them that belong to a row which was looked up to be changed. */
  readonly #endangered = new Set<Uint8Array>();

  constructor(
    contents: Contents,
    index: number,
    row: SnapshotRow,
    sink: SnapshotSink,
    kept: Set<Uint8Array>,
  ) {
    this.#contents = contents;
    this.#index = index;
    this.#row = row;
    this.#sink = sink;
    this.#kept = kept;
    this.#pending = new PendingRows(contents.table.size);
    this.watch();
  }

  lookedUp(row: number): void {
    this.changing(row);
    if (this.#kept.size === 0) return;
    const bytes = this.#bytesOf(row);
    if (this.#kept.has(bytes)) this.#endangered.add(bytes);
  }

  used(row: number): void {
    if (this.#sink.keepsAccess) this.changing(row);
  }

  loading(row: number): void {
    this.changing(row);
    if (this.#kept.size > 0) this.#copyKept(this.#bytesOf(row));
  }

  openingBytes(row: number): void {
    if (this.#endangered.size === 0) return;
    const bytes = this.#bytesOf(row);
    if (this.#endangered.delete(bytes)) this.#copyKept(bytes);
  }

  changing(row: number): void {
    if (!this.#pending.has(row)) return;
    this.#pending.take(row);
    this.#give(row);
  }

  keeps(ref: number): boolean {
    return this.#kept.size > 0 && this.#kept.has(this.#contents.store.buffer(ref));
  }

  removed(row: number, last: number): void {
    this.#pending.removed(row, last);
  }

  advance(count: number): boolean {
    for (; count > 0; count--) {
      const row = this.#pending.takeLast();
      if (row < 0) return false;
      this.#give(row);
    }
    return true;
  }

  watch(): void {
    this.#contents.watcher = this;
  }

  unwatch(): void {
    this.#contents.watcher = null;
  }

  #give(row: number): void {
    const given = this.#row.read(this.#contents, row);
    given.database = this.#index;
    if (this.#sink.take(given)) this.#kept.add(given.store.buffer(given.value.ref));
  }

  /** The array that a compact value is in. */
  #bytesOf(row: number): Uint8Array {
    const contents = this.#contents;
    return contents.store.buffer(contents.refOf(row));
  }

  /** Has bytes copied if they are still read where they are. */
  #copyKept(bytes: Uint8Array): void {
    if (this.#kept.delete(bytes)) this.#sink.copy(bytes);
  }
}
