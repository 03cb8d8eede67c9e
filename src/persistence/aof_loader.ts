/** Replaying an AOF: its files' commands, in order, and the RDB that the first one may begin with. */

import { byteString } from "../base/span.ts";
import { Frame } from "../resp/frame.ts";
import type { AofFileInfo, AofManifest } from "./aof_manifest.ts";
import { AofReader } from "./aof_reader.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "./file.ts";
import type { FileLoad } from "./file_load.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";
import type { Reading } from "./rdb_reading.ts";

/**
 * What became of a replayed command: it ran (an error reply is the receiver's to log), it stands half-way and
 * has to go on before the next one, its name is not known, or it can't be a command that a server wrote (wrong
 * number of arguments).
 */
export type ReplayVerdict = "ok" | "halfway" | "unknown" | "invalid";

/** Where replayed commands go. */
export interface AofReplay {
  /** A file begins: database 0 is selected. */
  startFile(name: string): void;
  /** Loads the RDB that a file, which is at its beginning, begins with. */
  loadRdb(file: OpenFile, name: string): FileLoad<unknown>;
  /**
   * Runs a command; the frame's bytes are reused after that. MULTI and EXEC never come: the commands of
   * a transaction do, one after the other, when all of it was found to be there.
   */
  apply(frame: Frame): ReplayVerdict;
  /** Goes on with a command that stands half-way; says whether it still does. */
  goOn(): boolean;
}

/** What to load, and how. */
export interface AofLoadOptions {
  readonly files: FileSystem;
  /** The directory that holds the manifest's files. */
  readonly directory: string;
  readonly manifest: AofManifest;
  /** Whether a last command that was cut off is dropped (`aof-load-truncated`) or refused. */
  readonly loadTruncated: boolean;
  readonly log: PersistenceLog;
  readonly replay: AofReplay;
}

/** What was loaded. */
export interface AofLoadSummary {
  /** Commands that were run. */
  readonly commands: number;
  /** Bytes in all files, after what was cut off. */
  readonly size: number;
  /** Bytes in the base file. */
  readonly baseSize: number;
}

/** Others may have a turn after this many commands. */
const COMMANDS_PER_PART = 128;
const RDB_MAGIC = "REDIS";

/**
 * Replays all files of a manifest. Throws a `PersistenceError` that names file and offset if there is
 * anything in them that Redis would not have written, or that this server can't read.
 */
export function loadAof(options: AofLoadOptions): FileLoad<AofLoadSummary> {
  return new AofLoad(options);
}

class AofLoad implements FileLoad<AofLoadSummary> {
  readonly #options: AofLoadOptions;
  readonly #frame = new Frame();
  #buffer: Uint8Array | undefined;
  #commands = 0;
  /** What the file begins with, where that is an RDB. */
  #base: FileLoad<unknown> | null = null;
  #size = 0;
  #loadedBefore = 0;
  /** What is being read. */
  #current: { readonly offset: number } | null = null;

  constructor(options: AofLoadOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  get offset(): number {
    return this.#loadedBefore + (this.#current?.offset ?? 0);
  }

  get loaded(): number {
    return this.#commands + (this.#base?.loaded ?? 0);
  }

  *run(): Reading<AofLoadSummary> {
    const { manifest, log } = this.#options;
    const sizes = manifest.toLoad.map((info) => this.#sizeOf(info));
    this.#size = sizes.reduce((sum, size) => sum + size, 0);
    const started = performance.now();
    let size = 0, baseSize = 0;
    for (const [i, info] of manifest.toLoad.entries()) {
      let loaded = 0;
      if (sizes[i] > 0) {
        const fileStarted = performance.now();
        // Incremental files that nothing was written to may follow: the switch to them was interrupted.
        const isLast = i === sizes.length - 1 ||
          info.type === "i" && sizes.slice(i + 1).every((later) => later === 0);
        loaded = yield* this.#loadFile(info, isLast);
        const kind = info.type === "b" ? "base" : "incr";
        log.notice(
          `DB loaded from ${kind} file ${info.name}: ${secondsSince(fileStarted)} seconds`,
        );
      }
      this.#loadedBefore += sizes[i];
      this.#current = null;
      size += loaded;
      if (info.type === "b") baseSize = loaded;
    }
    log.notice(`DB loaded from append only file: ${secondsSince(started)} seconds`);
    return { commands: this.#commands, size, baseSize };
  }

  #path(info: AofFileInfo): string {
    return `${this.#options.directory}/${info.name}`;
  }

  #sizeOf(info: AofFileInfo): number {
    let problem = "No such file or directory";
    try {
      const status = this.#options.files.statSync(this.#path(info));
      if (status) return status.size;
    } catch (error) {
      problem = fileErrorText(error);
    }
    throw new PersistenceError(
      `Unable to obtain the AOF file ${info.name} length. stat: ${problem}`,
    );
  }

  /** Loads one file and returns how many bytes of it are good. */
  *#loadFile(info: AofFileInfo, isLast: boolean): Reading<number> {
    const { files, replay } = this.#options;
    const file = openToRead(files, this.#path(info), info.name);
    try {
      const start = holdsRdb(file, info) ? yield* this.#loadRdb(file, info) : 0;
      file.seekSync(start);
      const reader = new AofReader(file, info.name, start, this.#frame, this.#buffer);
      this.#current = reader;
      replay.startFile(info.name);
      const end = yield* this.#replayAll(reader, info);
      this.#buffer = reader.buffer;
      if (!end.complete) this.#dropTail(info, end.offset, isLast);
      return end.offset;
    } finally {
      file.close();
    }
  }

  /** Loads the RDB that a file begins with and returns where it ends. */
  *#loadRdb(file: OpenFile, info: AofFileInfo): Reading<number> {
    const { log, replay } = this.#options;
    log.notice("Reading RDB base file on AOF loading...");
    const load = replay.loadRdb(file, info.name);
    this.#current = this.#base = load;
    yield* load.run();
    if (load.offset < load.size) log.notice("Reading the remaining AOF tail...");
    return load.offset;
  }

  /** Replays what a reader finds; the offset is that of the last complete command or transaction. */
  *#replayAll(
    reader: AofReader,
    info: AofFileInfo,
  ): Reading<{ offset: number; complete: boolean }> {
    const frame = this.#frame;
    let countdown = COMMANDS_PER_PART;
    for (;;) {
      if (--countdown === 0) {
        countdown = COMMANDS_PER_PART;
        yield;
      }
      const before = reader.offset;
      const item = reader.next();
      if (item === "command") {
        if (frame.argc === 1 && frame.is(0, "MULTI")) {
          const isWhole = yield* this.#replayTransaction(reader, info);
          if (!isWhole) return { offset: before, complete: false };
        } else if (frame.argc === 1 && frame.is(0, "EXEC")) {
          throw badFormat(info, before, "EXEC without MULTI");
        } else if (this.#apply(info, before) === "halfway") yield* this.#goOn();
      } else if (item === "end") {
        return { offset: reader.offset, complete: true };
      } else if (item === "truncated") {
        return { offset: reader.offset, complete: false };
      } else {
        throw badFormat(info, reader.problemOffset, reader.problem);
      }
    }
  }

  /**
   * Replays the transaction whose MULTI was just read, once its EXEC was seen. False when the file
   * ends before that. A transaction is divided between slices only where a script takes its time.
   */
  *#replayTransaction(reader: AofReader, info: AofFileInfo): Reading<boolean> {
    const frame = this.#frame;
    const first = reader.offset;
    let count = 0;
    reader.hold();
    for (;;) {
      const before = reader.offset;
      const item = reader.next();
      if (item === "malformed") throw badFormat(info, reader.problemOffset, reader.problem);
      if (item !== "command") {
        this.#options.log.warning(
          `Revert incomplete MULTI/EXEC transaction in AOF file ${info.name}`,
        );
        return false;
      }
      if (frame.argc === 1 && frame.is(0, "EXEC")) break;
      if (frame.argc === 1 && frame.is(0, "MULTI")) {
        throw badFormat(info, before, "MULTI within MULTI");
      }
      count++;
    }
    reader.release(first);
    for (; count > 0; count--) {
      const before = reader.offset;
      reader.next();
      if (this.#apply(info, before) === "halfway") yield* this.#goOn();
    }
    // The EXEC that ended it.
    reader.next();
    return true;
  }

  /** Goes on with a script that takes its time. */
  *#goOn(): Reading<void> {
    do yield; while (this.#options.replay.goOn());
  }

  #apply(info: AofFileInfo, offset: number): "ok" | "halfway" {
    const verdict = this.#options.replay.apply(this.#frame);
    this.#commands++;
    if (verdict === "ok" || verdict === "halfway") return verdict;
    const name = this.#frame.string(0);
    if (verdict === "unknown") {
      throw new PersistenceError(
        `Unknown command '${name}' reading the append only file ${info.name} (at offset ${offset})`,
      );
    }
    throw badFormat(info, offset, `wrong number of arguments for '${name}'`);
  }

  /** Cuts off the end of a file from `offset` on, if that is allowed. */
  #dropTail(info: AofFileInfo, offset: number, isLast: boolean): void {
    const { log, files, loadTruncated } = this.#options;
    const name = info.name;
    if (!loadTruncated) {
      throw new PersistenceError(
        `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup ` +
          "of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) " +
          "Alternatively you can set the 'aof-load-truncated' configuration option to yes and " +
          `restart the server. (The last complete command ends at offset ${offset}.)`,
      );
    }
    log.warning(`!!! Warning: short read while loading the AOF file ${name}!!!`);
    // Redis cuts the file before it refuses, and takes it at the next start as if nothing were missing.
    if (!isLast) {
      throw new PersistenceError(
        `Fatal error: the truncated file is not the last file (${name}, at offset ${offset})`,
      );
    }
    log.warning(`!!! Truncating the AOF ${name} at offset ${offset} !!!`);
    try {
      const file = files.openSync(this.#path(info), "append");
      try {
        file.truncateSync(offset);
        file.syncDataSync();
      } finally {
        file.close();
      }
    } catch (error) {
      throw new PersistenceError(`Error truncating the AOF file ${name}: ${fileErrorText(error)}`);
    }
    log.warning(`AOF ${name} loaded anyway because aof-load-truncated is enabled`);
  }
}

function openToRead(files: FileSystem, path: string, name: string): OpenFile {
  try {
    return files.openSync(path, "read");
  } catch (error) {
    throw new PersistenceError(
      `Fatal error: can't open the append log file ${name} for reading: ${fileErrorText(error)}`,
    );
  }
}

/** Whether a file, which is at its beginning and is left there, begins with an RDB. */
function holdsRdb(file: OpenFile, { name }: AofFileInfo): boolean {
  const bytes = new Uint8Array(RDB_MAGIC.length);
  let length = 0;
  try {
    for (let count = -1; count !== 0 && length < bytes.length; length += count) {
      count = file.readSync(bytes.subarray(length));
    }
    file.seekSync(0);
  } catch (error) {
    throw new PersistenceError(
      `Unrecoverable error reading the append only file ${name}: ${fileErrorText(error)}`,
    );
  }
  return byteString(bytes) === RDB_MAGIC;
}

function badFormat(info: AofFileInfo, offset: number, problem: string): PersistenceError {
  return new PersistenceError(
    `Bad file format reading the append only file ${info.name}: make a backup of your AOF file, ` +
      `then use ./redis-check-aof --fix <filename.manifest> (at offset ${offset}: ${problem})`,
  );
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(3);
}
