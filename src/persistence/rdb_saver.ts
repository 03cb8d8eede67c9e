/** Writes the whole data set as an RDB file. */

import { Crc64 } from "../base/crc64.ts";
import { bytesOf, Span } from "../base/span.ts";
import { Value } from "../data/value.ts";
import type { Database } from "../keyspace/database.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { type FileSystem, type OpenFile, writeAllSync } from "./file.ts";
import { RDB_VERSION, RdbOpcode } from "./rdb_format.ts";
import { RdbOutput } from "./rdb_output.ts";
import { rdbTypeOf, writeValue } from "./rdb_value_writer.ts";

/** Bytes are handed to the file when so many have come together. */
const FLUSH_AT = 1 << 16;
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
}

/**
 * Writes all databases into a file in one go, and puts it in the place of `name` in `directory`, so that a
 * crash leaves the old file or the new one. `temporary`: its name until then. Returns how many keys
 * there are in it. Throws what the file system throws; `name` is as it was then.
 */
export function saveRdb(
  files: FileSystem,
  directory: string,
  name: string,
  temporary: string,
  keyspace: Keyspace,
  options: RdbSaveOptions,
): number {
  const path = `${directory}/${temporary}`;
  const file = files.openSync(path, "create");
  let keys: number;
  try {
    try {
      keys = new RdbSave(file, keyspace, options).run();
      file.syncDataSync();
    } finally {
      file.close();
    }
    files.renameSync(path, `${directory}/${name}`);
  } catch (error) {
    files.removeSync(path);
    throw error;
  }
  files.syncDirSync(directory);
  return keys;
}

class RdbSave {
  readonly #file: OpenFile;
  readonly #keyspace: Keyspace;
  readonly #options: RdbSaveOptions;
  readonly #output: RdbOutput;
  readonly #crc = new Crc64();
  readonly #value = new Value();
  readonly #key = new Span();

  constructor(file: OpenFile, keyspace: Keyspace, options: RdbSaveOptions) {
    this.#file = file;
    this.#keyspace = keyspace;
    this.#options = options;
    this.#output = new RdbOutput(options.compress);
  }

  run(): number {
    const output = this.#output;
    const magic = bytesOf(`REDIS${String(RDB_VERSION).padStart(4, "0")}`);
    output.raw(magic, 0, magic.length);
    for (const [name, content] of this.#options.aux) {
      output.byte(RdbOpcode.Aux);
      this.#text(name);
      this.#text(content);
    }
    let keys = 0;
    for (const database of this.#keyspace.databases) keys += this.#writeDatabase(database);
    output.byte(RdbOpcode.End);
    this.#flush();
    // Zeros where no checksum is wanted.
    const checksum = new Uint8Array(CHECKSUM_BYTES);
    if (this.#options.checksum) this.#crc.write(checksum, 0);
    writeAllSync(this.#file, checksum);
    return keys;
  }

  #writeDatabase(database: Database): number {
    const { size } = database;
    if (size === 0) return 0;
    const output = this.#output;
    output.byte(RdbOpcode.SelectDatabase);
    output.unsigned(database.index);
    output.byte(RdbOpcode.ResizeDatabase);
    output.unsigned(size);
    output.unsigned(database.expiry.size);
    for (let row = 0; row < size; row++) {
      this.#writeRow(database, row);
      if (output.length >= FLUSH_AT) this.#flush();
    }
    return size;
  }

  #writeRow(database: Database, row: number): void {
    const output = this.#output;
    const expiry = database.exactExpiryOf(row);
    if (expiry !== NO_EXPIRY) {
      output.byte(RdbOpcode.ExpireTimeMs);
      output.int64(expiry);
    }
    const { accessClock } = this.#keyspace;
    if (this.#options.use === "idle") {
      output.byte(RdbOpcode.Idle);
      output.unsigned(accessClock.idleSeconds(database.accessOf(row)));
    } else if (this.#options.use === "frequency") {
      output.byte(RdbOpcode.Frequency);
      output.byte(accessClock.frequency(database.accessOf(row)));
    }
    const value = database.load(row, this.#value);
    output.byte(rdbTypeOf(value));
    const { buffer, start, end } = database.keyOf(row, this.#key);
    output.string(buffer, start, end);
    writeValue(output, database.store, value);
  }

  #text(text: string): void {
    const bytes = bytesOf(text);
    this.#output.string(bytes, 0, bytes.length);
  }

  #flush(): void {
    const { bytes } = this.#output;
    if (this.#options.checksum) this.#crc.update(bytes, 0, bytes.length);
    writeAllSync(this.#file, bytes);
    this.#output.clear();
  }
}
