/** Loads an RDB file into an empty keyspace, in slices that leave time for connections. */

import { letOthersRun } from "../base/event_loop.ts";
import { copySpan, Span, spanString } from "../base/span.ts";
import type { Database } from "../keyspace/database.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "./file.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";
import { RDB_VERSION, RdbError, RdbOpcode } from "./rdb_format.ts";
import { RdbInput } from "./rdb_input.ts";
import { readValue, type ValueLimits } from "./rdb_value_reader.ts";

const MAGIC = "REDIS";
const VERSION_DIGITS = 4;
const CHECKSUM_BYTES = 8;
/** The first version with a checksum at its end. */
const CHECKSUM_SINCE = 5;

const DEFAULT_SLICE = 8;
/** The clock is looked at after this many keys. */
const KEYS_PER_LOOK = 128;

/** What to load, and how. */
export interface RdbLoadOptions {
  readonly files: FileSystem;
  readonly directory: string;
  readonly name: string;
  readonly keyspace: Keyspace;
  readonly limits: ValueLimits;
  /** `rdbchecksum`: whether the checksum at the end is compared. */
  readonly checksum: boolean;
  /** Keys that expire before this time are left out, in ms since the epoch; 0: none are. */
  readonly expiredBefore: number;
  readonly log: PersistenceLog;
  /** Called between slices. */
  progress(loadedBytes: number, totalBytes: number): void;
  /** Ends the loading between two slices, by an exception. */
  readonly signal?: AbortSignal;
  /** How long to load before everybody else has a turn, in ms. */
  readonly slice?: number;
}

/** What was loaded. */
export interface RdbLoadSummary {
  readonly keys: number;
  /** Keys that were left out because they had expired. */
  readonly expired: number;
  /** What the file says about itself. */
  readonly aux: ReadonlyMap<string, string>;
}

/**
 * Loads a file; null if there is none. Throws a `PersistenceError` that names file and offset if there is
 * anything in it that Redis would not have written, or that this server can't read.
 */
export async function loadRdb(options: RdbLoadOptions): Promise<RdbLoadSummary | null> {
  const { files, directory, name } = options;
  const path = `${directory}/${name}`;
  let file: OpenFile;
  try {
    if (files.statSync(path) === null) return null;
    file = files.openSync(path, "read");
  } catch (error) {
    throw new PersistenceError(
      `Fatal error: can't open the RDB file ${name} for reading: ${fileErrorText(error)}`,
    );
  }
  try {
    return await new RdbLoad(file, options).run();
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new PersistenceError(`Bad file format reading the RDB file ${name}: ${error.message}`);
  } finally {
    file.close();
  }
}

class RdbLoad {
  readonly #options: RdbLoadOptions;
  readonly #input: RdbInput;
  readonly #total: number;
  readonly #aux = new Map<string, string>();
  #database: Database;
  #keys = 0;
  #expired = 0;
  #deadline: number;
  // What was said of the key that comes next.
  #expiry: number | bigint = NO_EXPIRY;
  #idle = -1;
  #frequency = -1;

  constructor(file: OpenFile, options: RdbLoadOptions) {
    this.#options = options;
    this.#total = file.sizeSync();
    this.#input = RdbInput.ofFile(file, this.#total);
    this.#database = options.keyspace.databases[0];
    this.#deadline = performance.now() + this.#slice;
  }

  get #slice(): number {
    return this.#options.slice ?? DEFAULT_SLICE;
  }

  async run(): Promise<RdbLoadSummary> {
    const version = this.#readHeader();
    for (let countdown = KEYS_PER_LOOK;; countdown--) {
      if (countdown === 0) {
        countdown = KEYS_PER_LOOK;
        if (performance.now() >= this.#deadline) await this.#pause();
      }
      const type = this.#input.byte();
      if (type === RdbOpcode.End) break;
      if (!this.#readOpcode(type)) this.#readKey(type);
    }
    this.#readChecksum(version);
    return { keys: this.#keys, expired: this.#expired, aux: this.#aux };
  }

  #readHeader(): number {
    const input = this.#input;
    const header = spanString(input.bytes(MAGIC.length + VERSION_DIGITS));
    if (!header.startsWith(MAGIC)) input.fail("Wrong signature");
    const digits = header.slice(MAGIC.length);
    const version = /^\d+$/.test(digits) ? parseInt(digits, 10) : 0;
    if (version < 1 || version > RDB_VERSION) {
      input.fail(`Can't handle RDB format version ${digits}`);
    }
    return version;
  }

  /** Reads what is not a key; false where it is one. */
  #readOpcode(type: number): boolean {
    const input = this.#input;
    switch (type) {
      case RdbOpcode.SelectDatabase: {
        const index = Number(input.unsigned());
        const { databases } = this.#options.keyspace;
        if (index >= databases.length) {
          input.fail(
            `The data set is of more databases than this server has (${databases.length}): ${index}`,
          );
        }
        this.#database = databases[index];
        return true;
      }
      case RdbOpcode.ResizeDatabase:
        // The tables grow by themselves; what a file claims is no reason to make them large.
        input.unsigned();
        input.unsigned();
        return true;
      case RdbOpcode.Aux: {
        const name = spanString(input.string());
        this.#aux.set(name, spanString(input.string()));
        return true;
      }
      case RdbOpcode.ExpireTimeMs:
        this.#expiry = input.int64();
        return true;
      case RdbOpcode.ExpireTime:
        this.#expiry = 1000 * input.int32();
        return true;
      case RdbOpcode.Idle:
        this.#idle = Number(input.unsigned());
        return true;
      case RdbOpcode.Frequency:
        this.#frequency = input.byte();
        return true;
      case RdbOpcode.Function2:
      case RdbOpcode.FunctionPreGa:
        return input.fail("The data set has function libraries, which this version can't load");
      case RdbOpcode.ModuleAux:
        return input.fail("The data set has data of a module, which no module here can load");
      default:
        return false;
    }
  }

  #readKey(type: number): void {
    const { keyspace, limits, expiredBefore, log } = this.#options;
    const input = this.#input, database = this.#database;
    const key = Span.of(copySpan(input.string()));
    const value = readValue(input, type, database.store, limits);
    const expiry = this.#expiry, idle = this.#idle, frequency = this.#frequency;
    this.#expiry = NO_EXPIRY;
    this.#idle = this.#frequency = -1;
    if (value === null) {
      log.notice(`Skipping an empty key: ${spanString(key)}`);
      return;
    }
    if (database.has(key)) input.fail(`The key ${spanString(key)} is there twice`);
    const row = database.add(key, value);
    if (expiry !== NO_EXPIRY && expiry < expiredBefore) {
      database.remove(row);
      this.#expired++;
      return;
    }
    database.setExpiry(row, expiry !== NO_EXPIRY && expiry < 0 ? 0 : expiry);
    const { accessClock } = keyspace;
    if (accessClock.lfu) {
      if (frequency >= 0) database.setAccess(row, accessClock.wordOfFrequency(frequency));
    } else if (idle >= 0) {
      database.setAccess(row, accessClock.wordOfIdle(idle));
    }
    this.#keys++;
  }

  #readChecksum(version: number): void {
    if (version < CHECKSUM_SINCE) return;
    const input = this.#input;
    // Taken before the bytes that hold it are read, which would go into it.
    const computed = new Uint8Array(CHECKSUM_BYTES);
    input.checksum().write(computed, 0);
    const written = copySpan(input.bytes(CHECKSUM_BYTES));
    if (!this.#options.checksum || written.every((byte) => byte === 0)) return;
    if (written.some((byte, i) => byte !== computed[i])) input.fail("Wrong checksum");
  }

  async #pause(): Promise<void> {
    this.#options.progress(this.#input.offset, this.#total);
    await letOthersRun();
    this.#options.signal?.throwIfAborted();
    this.#deadline = performance.now() + this.#slice;
  }
}
