/** A snapshot as an RDB file. */

import { Crc64 } from "../base/crc64.ts";
import { bytesOf } from "../base/span.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { KeyspaceSnapshot, SnapshotRow } from "../keyspace/snapshot.ts";
import { writeLibrary } from "./library_payload.ts";
import { LargeRdbValue } from "./rdb_large_value.ts";
import { RDB_VERSION, RdbOpcode } from "./rdb_format.ts";
import { RdbOutput } from "./rdb_output.ts";
import { rdbTypeOf, writeValue } from "./rdb_value_writer.ts";
import type { ByteTaker, DataSetForm, LargeValueForm } from "./data_set_form.ts";

const CHECKSUM_BYTES = 8;

/** What is written into a file beside the data. */
export interface RdbSaveOptions {
  /** `rdbcompression`. */
  readonly compress: boolean;
  /** `rdbchecksum`. */
  readonly checksum: boolean;
  /** Which use of keys is worth keeping: that which `maxmemory-policy` looks at. */
  readonly use: "idle" | "frequency" | "none";
  /** What the file says about who wrote it, in this order: `redis-ver`, `ctime` and their like. */
  readonly aux: readonly (readonly [string, string])[];
  /** What is not in it, as whoever gets it wants. */
  readonly leavesOutKeys?: boolean;
  readonly leavesOutFunctions?: boolean;
}

/** Rows as an RDB file has them. */
export class RdbForm implements DataSetForm {
  readonly #options: RdbSaveOptions;
  readonly #output: RdbOutput;
  readonly #snapshot: KeyspaceSnapshot;
  readonly #crc = new Crc64();
  readonly #announced = new Set<number>();
  #database = -1;

  constructor(snapshot: KeyspaceSnapshot, options: RdbSaveOptions) {
    this.#options = options;
    this.#snapshot = snapshot;
    const output = this.#output = new RdbOutput(options.compress);
    const magic = bytesOf(`REDIS${String(RDB_VERSION).padStart(4, "0")}`);
    output.raw(magic, 0, magic.length);
    for (const [name, content] of options.aux) {
      output.byte(RdbOpcode.Aux);
      output.text(name);
      output.text(content);
    }
    if (options.leavesOutFunctions === true) return;
    for (const { text } of snapshot.libraries) writeLibrary(output, text);
  }

  get length(): number {
    return this.#output.length;
  }

  writeRow(row: SnapshotRow): void {
    const output = this.#output;
    this.#writeHead(row.database, row.expiry, row.access);
    output.byte(rdbTypeOf(row.value));
    const { buffer, start, end } = row.key;
    output.string(buffer, start, end);
    writeValue(output, row.store, row.value);
  }

  openLarge(row: SnapshotRow, parts: number): LargeValueForm {
    const { database, expiry, access } = row;
    const writeHead = (): void => this.#writeHead(database, expiry, access);
    return new LargeRdbValue(this.#output, row, parts, writeHead, this.#options.compress);
  }

  /** Writes all that comes before the type of a value. */
  #writeHead(database: number, expiry: number | bigint, access: number): void {
    const output = this.#output;
    if (database !== this.#database) this.#select(database);
    if (expiry !== NO_EXPIRY) {
      output.byte(RdbOpcode.ExpireTimeMs);
      output.int64(expiry);
    }
    const { accessClock } = this.#snapshot;
    if (this.#options.use === "idle") {
      output.byte(RdbOpcode.Idle);
      output.unsigned(accessClock.idleSeconds(access));
    } else if (this.#options.use === "frequency") {
      output.byte(RdbOpcode.Frequency);
      output.byte(accessClock.frequency(access));
    }
  }

  flush(take: ByteTaker): void {
    const { bytes } = this.#output;
    if (this.#options.checksum) this.#crc.update(bytes, 0, bytes.length);
    take(bytes);
    this.#output.clear();
  }

  finish(take: ByteTaker): void {
    this.#output.byte(RdbOpcode.End);
    this.flush(take);
    // Zeros where no checksum is wanted.
    const checksum = new Uint8Array(CHECKSUM_BYTES);
    if (this.#options.checksum) this.#crc.write(checksum, 0);
    take(checksum);
  }

  #select(database: number): void {
    const output = this.#output;
    this.#database = database;
    output.byte(RdbOpcode.SelectDatabase);
    output.unsigned(database);
    if (this.#announced.has(database)) return;
    this.#announced.add(database);
    const { keys, expires } = this.#snapshot.sizes[database];
    output.byte(RdbOpcode.ResizeDatabase);
    output.unsigned(keys);
    output.unsigned(expires);
  }
}
