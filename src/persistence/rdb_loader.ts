/** Loads an RDB into a keyspace: a file, or what a file of the AOF begins with. */

import { ReplyError } from "../base/errors.ts";
import { copySpan, type Span, SpanCopy, spanString } from "../base/span.ts";
import { isCompact, type Value } from "../data/value.ts";
import { type Database, NO_ROW } from "../keyspace/database.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "./file.ts";
import type { FileLoad } from "./file_load.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";
import { internalErrorLine, RDB_VERSION, RdbError, RdbOpcode } from "./rdb_format.ts";
import { readLibrary } from "./library_payload.ts";
import { MORE_IS_NEEDED, RdbInput } from "./rdb_input.ts";
import { skipModuleAux } from "./rdb_modules.ts";
import type { Reading } from "./rdb_reading.ts";
import { isOneString, readValue, readValueInParts, type ValueLimits } from "./rdb_value_reader.ts";

const MAGIC = "REDIS";
const VERSION_DIGITS = 4;
const CHECKSUM_BYTES = 8;
/** The first version with a checksum at its end. */
const CHECKSUM_SINCE = 5;
/** What Redis ends with where a file is none that it takes at all. */
const NOT_TAKEN = "Fatal error loading the DB: Invalid argument. Exiting.";
/** So many keys that are left out are named in the log. */
const EMPTY_KEYS_NAMED = 10;

/** Where an RDB is loaded to, and how. */
export interface RdbLoadOptions {
  readonly keyspace: Keyspace;
  readonly limits: ValueLimits;
  /** `rdbchecksum`: whether the checksum at the end is compared. */
  readonly checksum: boolean;
  /** Keys that expire before this time are left out, in ms since the epoch; 0: none are. */
  readonly expiredBefore: number;
  /** Is told of each of them, and of what the file says about itself. */
  readonly leftOut?: (database: Database, key: Span, aux: ReadonlyMap<string, string>) => void;
  /** Whether what is wrong in a value and clear all the same is put right; else it is an error, too. */
  readonly mends?: boolean;
  /** Whether a key that is there already is replaced; else it is an error, as nobody writes a key twice. */
  readonly merges?: boolean;
  readonly log: PersistenceLog;
}

/** What was loaded. */
export interface RdbLoadSummary {
  readonly keys: number;
  /** Keys that were left out because they had expired. */
  readonly expired: number;
  /** Keys that were left out because their values had no elements. */
  readonly empty: number;
  /** What the file says about itself. */
  readonly aux: ReadonlyMap<string, string>;
}

/** Opens an RDB file; null if there is none. Throws a `PersistenceError`. */
export function openRdb(files: FileSystem, directory: string, name: string): OpenFile | null {
  // No file has an empty name; the path would be the directory's.
  if (name === "") return null;
  const path = `${directory}/${name}`;
  try {
    return files.statSync(path) === null ? null : files.openSync(path, "read");
  } catch (error) {
    throw new PersistenceError(
      `Fatal error: can't open the RDB file ${name} for reading: ${fileErrorText(error)}`,
    );
  }
}

/**
 * Loads the RDB that `file`, which is at its beginning, begins with; `name` is for messages. What follows
 * it is not looked at: `offset` is where it ended. Throws a `PersistenceError` that names file and offset
 * if there is anything in it that Redis would not have written, or that this server can't read.
 */
export function loadRdb(
  file: OpenFile,
  name: string,
  options: RdbLoadOptions,
): FileLoad<RdbLoadSummary> {
  const size = file.sizeSync();
  const input = RdbInput.ofFile(file, size, options.checksum, options.mends);
  return new RdbLoad(input, size, name, options);
}

/** An RDB that is loaded as it comes. */
export interface RdbStreamLoad extends FileLoad<RdbLoadSummary> {
  /** Whether more has to be fed before `run` goes on. */
  readonly isStarved: boolean;
  /** Gives what has come; the bytes are copied. */
  feed(bytes: Uint8Array): void;
  /** Nothing more comes. */
  endStream(): void;
  /** What came behind the end of the RDB. */
  readonly rest: Uint8Array;
}

/**
 * Loads an RDB that comes piece by piece; `size` is how many bytes it has, `Infinity` where that is not known.
 * No more is kept of it than the key that is being read. Throws as `loadRdb` does.
 */
export function loadRdbStream(
  size: number,
  name: string,
  options: RdbLoadOptions,
): RdbStreamLoad {
  const input = RdbInput.ofStream(size, options.checksum, options.mends === true);
  return new RdbLoad(input, size, name, options);
}

class RdbLoad implements RdbStreamLoad {
  readonly size: number;
  readonly #name: string;
  readonly #options: RdbLoadOptions;
  readonly #input: RdbInput;
  readonly #aux = new Map<string, string>();
  readonly #key = new SpanCopy();
  #database: Database;
  #keys = 0;
  #expired = 0;
  #empty = 0;
  // What was said of the key that comes next.
  #expiry: number | bigint = NO_EXPIRY;
  #idle = -1;
  #frequency = -1;

  constructor(input: RdbInput, size: number, name: string, options: RdbLoadOptions) {
    this.size = size;
    this.#name = name;
    this.#options = options;
    this.#input = input;
    this.#database = options.keyspace.databases[0];
  }

  get isStarved(): boolean {
    return this.#input.isStarved;
  }

  get rest(): Uint8Array {
    return this.#input.rest;
  }

  feed(bytes: Uint8Array): void {
    this.#input.feed(bytes);
  }

  endStream(): void {
    this.#input.endStream();
  }

  get offset(): number {
    return this.#input.offset;
  }

  get loaded(): number {
    return this.#keys + this.#expired;
  }

  *run(): Reading<RdbLoadSummary> {
    try {
      return yield* this.#load();
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      const message = `Bad file format reading the RDB file ${this.#name}: ${error.message}`;
      throw new PersistenceError(message, logLinesOf(error, message));
    }
  }

  *#load(): Reading<RdbLoadSummary> {
    const version = yield* this.#whole(() => this.#readHeader());
    for (;;) {
      if (this.#input.partIsRead()) yield;
      this.#input.markItem();
      try {
        if (!(yield* this.#readItem(version))) break;
      } catch (error) {
        if (error !== MORE_IS_NEEDED) throw error;
        yield* this.#await();
      }
    }
    return { keys: this.#keys, expired: this.#expired, empty: this.#empty, aux: this.#aux };
  }

  /** Reads the next key, or something else; false where that is the end. */
  *#readItem(version: number): Reading<boolean> {
    const input = this.#input, { limits, log } = this.#options;
    const type = input.byte();
    if (type === RdbOpcode.End) {
      this.#readChecksum(version);
      return false;
    }
    if (this.#readOpcode(type)) return true;
    const key = this.#key.take(input.string());
    const value = isOneString(type)
      ? readValue(input, type, this.#database.store, limits)
      : yield* readValueInParts(input, type, this.#database.store, limits);
    const mended = input.takeMended();
    if (mended !== null) log.warning(`The value of ${spanString(key)} is put right: ${mended}`);
    this.#add(key, value);
    return true;
  }

  /** Does what reads something that is short, as often as it takes until all of it is there. */
  *#whole<T>(read: () => T): Reading<T> {
    for (;;) {
      this.#input.markItem();
      try {
        return read();
      } catch (error) {
        if (error !== MORE_IS_NEEDED) throw error;
        yield* this.#await();
      }
    }
  }

  /** Gives way until more has come. */
  *#await(): Reading<void> {
    this.#input.rewind();
    while (this.#input.isStarved) yield;
  }

  #readHeader(): number {
    const input = this.#input;
    const header = spanString(input.bytes(MAGIC.length + VERSION_DIGITS));
    if (!header.startsWith(MAGIC)) {
      this.#fail("Wrong signature", "Wrong signature trying to load DB from file", NOT_TAKEN);
    }
    const digits = header.slice(MAGIC.length);
    const version = /^\d+$/.test(digits) ? parseInt(digits, 10) : 0;
    if (version < 1 || version > RDB_VERSION) {
      const problem = `Can't handle RDB format version ${digits}`;
      this.#fail(problem, problem, NOT_TAKEN);
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
          this.#fail(
            `The data set is of more databases than this server has (${databases.length}): ${index}`,
            "FATAL: Data file was created with a Redis server configured to handle more than " +
              `${databases.length} databases. Exiting`,
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
        const content = spanString(input.string());
        this.#aux.set(name, content);
        this.#sayAux(name, content);
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
        this.#addLibrary(readLibrary(input, type));
        return true;
      case RdbOpcode.ModuleAux:
        this.#options.log.warning(
          `Skipped AUX data of module '${
            skipModuleAux(input)
          }', which is not here: a file that is ` +
            "written from now on will not have it",
        );
        return true;
      default:
        return false;
    }
  }

  #addLibrary(text: Uint8Array): void {
    const { keyspace: { libraries }, merges = false } = this.#options;
    try {
      libraries.load(text, { replaces: merges, isLimited: false });
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      this.#input.fail(`A function library can't be loaded: ${error.message.replace(/^ERR /, "")}`);
    }
  }

  /** Adds a key with what was said of it. */
  #add(key: Span, value: Value | null): void {
    const { keyspace, expiredBefore, log } = this.#options;
    const database = this.#database;
    const expiry = this.#expiry, idle = this.#idle, frequency = this.#frequency;
    this.#expiry = NO_EXPIRY;
    this.#idle = this.#frequency = -1;
    if (value === null) {
      if (this.#empty++ < EMPTY_KEYS_NAMED) {
        log.notice(`rdbLoadObject skipping empty key: ${spanString(key)}`);
      }
      return;
    }
    if (expiry !== NO_EXPIRY && expiry < expiredBefore) {
      if (isCompact(value.encoding)) database.store.free(value.ref);
      this.#expired++;
      this.#options.leftOut?.(database, key, this.#aux);
      return;
    }
    this.#makeRoom(key);
    const row = database.restore(key, value);
    database.setExpiry(row, expiry !== NO_EXPIRY && expiry < 0 ? 0 : expiry);
    const { accessClock } = keyspace;
    if (accessClock.lfu) {
      if (frequency >= 0) database.setAccess(row, accessClock.wordOfFrequency(frequency));
    } else if (idle >= 0) {
      database.setAccess(row, accessClock.wordOfIdle(idle));
    }
    this.#keys++;
  }

  /** Sees to it that a key that comes is not there. */
  #makeRoom(key: Span): void {
    const row = this.#database.peek(key);
    if (row === NO_ROW) return;
    if (!this.#options.merges) {
      const name = spanString(key);
      this.#fail(
        `The key ${name} is there twice`,
        `RDB has duplicated key '${name}' in DB ${this.#database.index}`,
      );
    }
    this.#database.remove(row);
  }

  /** Tells the log what a file says about where it comes from. */
  #sayAux(name: string, content: string): void {
    const { log, keyspace } = this.#options;
    if (name === "redis-ver") {
      log.notice(`Loading RDB produced by version ${content}`);
    } else if (name === "ctime") {
      const age = Math.max(0, Math.floor(keyspace.clock.now() / 1000) - Number(content));
      log.notice(`RDB age ${age} seconds`);
    } else if (name === "used-mem") {
      log.notice(`RDB memory usage when created ${(Number(content) / 2 ** 20).toFixed(2)} Mb`);
    } else if (name === "aof-base" && content === "1") {
      log.notice("RDB is base AOF");
    }
  }

  #readChecksum(version: number): void {
    if (version < CHECKSUM_SINCE) return;
    const input = this.#input;
    input.expect(CHECKSUM_BYTES);
    // Taken before the bytes that hold it are read, which would go into it.
    const checksum = input.checksum();
    const computed = new Uint8Array(CHECKSUM_BYTES);
    checksum?.write(computed, 0);
    const written = copySpan(input.bytes(CHECKSUM_BYTES));
    if (checksum === null || written.every((byte) => byte === 0)) return;
    if (written.some((byte, i) => byte !== computed[i])) {
      this.#fail(
        "Wrong checksum",
        `Wrong RDB checksum expected: (${hexOf(computed)}) but got (${
          hexOf(written)
        }). Aborting now.`,
        internalErrorLine(input.offset, "RDB CRC error"),
      );
    }
  }

  /** Throws `RdbError` for what Redis has words for. */
  #fail(problem: string, ...logLines: string[]): never {
    throw new RdbError(problem, this.#input.offset, logLines);
  }
}

/** What the log says of something wrong in a file, `message` being the whole of it, with the file's name. */
function logLinesOf({ problem, offset, logLines }: RdbError, message: string): readonly string[] {
  const theirs = logLines.length > 0 ? logLines : [internalErrorLine(offset, problem)];
  const isLast = theirs.at(-1) === NOT_TAKEN;
  return isLast
    ? [message, ...theirs]
    : [message, ...theirs, "Terminating server after rdb file reading failure."];
}

/** A little-endian number of 64 bits, as Redis prints it. */
function hexOf(bytes: Uint8Array): string {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true).toString(16);
}
