/** All data of one moment on its way into a file, a slice at a time. */

import type { Keyspace } from "../keyspace/keyspace.ts";
import { KeyspaceSnapshot, type SnapshotRow, type SnapshotSink } from "../keyspace/snapshot.ts";
import { AofForm } from "./aof_form.ts";
import { type OpenFile, writeAllSync } from "./file.ts";
import {
  LargeString,
  type LargeValue,
  type LargeValueLimits,
  openLargeValue,
} from "./large_value.ts";
import { RdbForm, type RdbSaveOptions } from "./rdb_form.ts";
import type { DataSetForm } from "./data_set_form.ts";

export type { RdbSaveOptions } from "./rdb_form.ts";

/** Bytes are handed to the file when so many have come together. */
const FLUSH_AT = 1 << 18;
/** What a row costs beside its value, in the measure of `LargeValueLimits.work`. */
const ROW_WORK = 64;

/** Values up to here, and pieces of larger ones, take no more than a few hundred microseconds. */
const LIMITS: LargeValueLimits = { elements: 1024, bytes: 1 << 16, work: 1 << 14 };

/** A snapshot of the keyspace that is being written into a file, a slice at a time. */
export interface DataSetWriter {
  /**
   * Works until `deadline` (on `performance.now()`'s scale, ms) or a little longer; true: all bytes were
   * handed to the file. Throws what the file system throws.
   */
  advance(deadline: number): boolean;
  /** Hands over what has gathered, as changes went on, where much has; `advance` does so by itself. */
  flush(): void;
  /** How many keys there were at the beginning. */
  readonly totalKeys: number;
  /** How many of them are written. */
  readonly writtenKeys: number;
  /** Bytes handed to the file so far. */
  readonly writtenBytes: number;
  /**
   * Stops watching changes. Must be called once, after the last `advance` or instead of it; does not
   * close the file.
   */
  end(): void;
}

/**
 * Begins a snapshot: what the keyspace holds now is what the file will hold. Takes constant time, but for
 * the number of databases. Throws where there is another one under way. `limits`: see `openLargeValue`.
 */
export function beginRdb(
  file: Pick<OpenFile, "writeSync">,
  keyspace: Keyspace,
  options: RdbSaveOptions,
  limits: LargeValueLimits = LIMITS,
): DataSetWriter {
  return new SlicedWriter(
    file,
    keyspace,
    (snapshot) => new RdbForm(snapshot, options),
    options.use !== "none",
    limits,
    options.leavesOutKeys,
  );
}

/** The same as commands (the base of an append-only file with `aof-use-rdb-preamble no`). */
export function beginCommands(
  file: Pick<OpenFile, "writeSync">,
  keyspace: Keyspace,
  limits: LargeValueLimits = LIMITS,
): DataSetWriter {
  return new SlicedWriter(file, keyspace, (snapshot) => new AofForm(snapshot), false, limits);
}

class SlicedWriter implements DataSetWriter, SnapshotSink {
  readonly keepsAccess: boolean;
  writtenKeys = 0;
  writtenBytes = 0;
  readonly #file: Pick<OpenFile, "writeSync">;
  readonly #limits: LargeValueLimits;
  readonly #snapshot: KeyspaceSnapshot;
  readonly #form: DataSetForm;
  readonly #leavesOutKeys: boolean;
  /** Values that are written one after the other, when all rows were given out; null for those that are. */
  readonly #large: (LargeValue | null)[] = [];
  /** Those of them whose bytes are read where they are. */
  readonly #strings = new Map<Uint8Array, LargeString>();
  #largeDone = 0;
  /** Work done since the last look at the clock. */
  #work = 0;
  #isFinished = false;

  constructor(
    file: Pick<OpenFile, "writeSync">,
    keyspace: Keyspace,
    makeForm: (snapshot: KeyspaceSnapshot) => DataSetForm,
    keepsAccess: boolean,
    limits: LargeValueLimits,
    leavesOutKeys = false,
  ) {
    this.#leavesOutKeys = leavesOutKeys;
    this.#file = file;
    this.#limits = limits;
    this.keepsAccess = keepsAccess;
    this.#snapshot = new KeyspaceSnapshot(keyspace, this);
    this.#form = makeForm(this.#snapshot);
  }

  get totalKeys(): number {
    return this.#snapshot.totalKeys;
  }

  advance(deadline: number): boolean {
    while (!this.#isFinished) {
      if (this.#leavesOutKeys || !this.#writeRows() && !this.#writeLarge()) {
        this.#isFinished = true;
        this.#form.finish(this.#write);
        break;
      }
      this.flush();
      if (performance.now() >= deadline) break;
    }
    return this.#isFinished;
  }

  flush(): void {
    if (this.#form.length >= FLUSH_AT) this.#form.flush(this.#write);
  }

  end(): void {
    this.#snapshot.end();
    for (const large of this.#large) large?.end();
  }

  take(row: SnapshotRow): boolean {
    const { object, ref } = row.value;
    this.#work += ROW_WORK + (object === null ? row.store.length(ref) : object.memoryBytes);
    const large = openLargeValue(row, this.#form, this.#limits);
    if (large === null) {
      this.#form.writeRow(row);
      this.writtenKeys++;
      return false;
    }
    this.#large.push(large);
    if (!(large instanceof LargeString)) return false;
    this.#strings.set(large.bytes, large);
    return true;
  }

  copy(bytes: Uint8Array): void {
    this.#strings.get(bytes)?.copy();
    this.#strings.delete(bytes);
  }

  /** Writes some rows; false when all were given out. */
  #writeRows(): boolean {
    this.#work = 0;
    do {
      if (!this.#snapshot.advance(1)) return false;
    } while (this.#work < this.#limits.work);
    return true;
  }

  /** Writes a part of a large value; false when there is none left. */
  #writeLarge(): boolean {
    if (this.#largeDone === this.#large.length) return false;
    const large = this.#large[this.#largeDone];
    if (large === null || large.advance()) return true;
    const { bytes } = large;
    if (bytes !== null) {
      this.#strings.delete(bytes);
      this.#snapshot.release(bytes);
    }
    large.end();
    this.#large[this.#largeDone++] = null;
    this.writtenKeys++;
    return true;
  }

  readonly #write = (bytes: Uint8Array): void => {
    writeAllSync(this.#file, bytes);
    this.writtenBytes += bytes.length;
  };
}
