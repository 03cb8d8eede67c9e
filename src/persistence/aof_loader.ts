/** Replaying an AOF: its files' commands, in order, in slices that leave time for connections. */

import { letOthersRun } from "../base/event_loop.ts";
import { Frame } from "../resp/frame.ts";
import type { AofFileInfo, AofManifest } from "./aof_manifest.ts";
import { AofReader } from "./aof_reader.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "./file.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";

/**
 * What became of a replayed command: it ran (an error reply is the receiver's to log), its name is not
 * known, or it can't be a command that a server wrote (wrong number of arguments).
 */
export type ReplayVerdict = "ok" | "unknown" | "invalid";

/** Where replayed commands go. */
export interface AofReplay {
  /** A file begins: database 0 is selected. */
  startFile(name: string): void;
  /**
   * Runs a command; the frame's bytes are reused after that. MULTI and EXEC never come: the commands of
   * a transaction do, one after the other, when all of it was found to be there.
   */
  apply(frame: Frame): ReplayVerdict;
  /** Called between slices with how many bytes of all files have been loaded. */
  progress(loadedBytes: number, totalBytes: number): void;
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
  /** Ends the loading between two slices, by an exception. */
  readonly signal?: AbortSignal;
  /** How long to load before everybody else has a turn, in ms. */
  readonly slice?: number;
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

const DEFAULT_SLICE = 8;
/** The clock is looked at after this many commands. */
const COMMANDS_PER_LOOK = 128;
const RDB_MAGIC = "REDIS";

/**
 * Replays all files of a manifest. Throws a `PersistenceError` that names file and offset if there is
 * anything in them that Redis would not have written, or that this server can't read.
 */
export async function loadAof(options: AofLoadOptions): Promise<AofLoadSummary> {
  return await new AofLoad(options).run();
}

class AofLoad {
  readonly #options: AofLoadOptions;
  readonly #frame = new Frame();
  #buffer: Uint8Array | undefined;
  #commands = 0;
  #loadedBefore = 0;
  #total = 0;
  #deadline = 0;

  constructor(options: AofLoadOptions) {
    this.#options = options;
  }

  async run(): Promise<AofLoadSummary> {
    const { manifest, log } = this.#options;
    const sizes = manifest.toLoad.map((info) => this.#sizeOf(info));
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
    const started = performance.now();
    this.#deadline = started + this.#slice;
    let size = 0, baseSize = 0;
    for (const [i, info] of manifest.toLoad.entries()) {
      let loaded = 0;
      if (sizes[i] > 0) {
        const fileStarted = performance.now();
        loaded = await this.#loadFile(info, i === manifest.toLoad.length - 1);
        const kind = info.type === "b" ? "base" : "incr";
        log.notice(
          `DB loaded from ${kind} file ${info.name}: ${secondsSince(fileStarted)} seconds`,
        );
      }
      this.#loadedBefore += sizes[i];
      size += loaded;
      if (info.type === "b") baseSize = loaded;
    }
    log.notice(`DB loaded from append only file: ${secondsSince(started)} seconds`);
    return { commands: this.#commands, size, baseSize };
  }

  get #slice(): number {
    return this.#options.slice ?? DEFAULT_SLICE;
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
  async #loadFile(info: AofFileInfo, isLast: boolean): Promise<number> {
    const file = openToRead(this.#options.files, this.#path(info), info.name);
    try {
      const reader = new AofReader(file, info.name, this.#frame, this.#buffer);
      if (holdsRdb(reader)) throw rdbRefusal(info.name);
      this.#options.replay.startFile(info.name);
      const end = await this.#replayAll(reader, info);
      this.#buffer = reader.buffer;
      if (!end.complete) this.#dropTail(info, end.offset, isLast);
      return end.offset;
    } finally {
      file.close();
    }
  }

  /** Replays what a reader finds; the offset is that of the last complete command or transaction. */
  async #replayAll(
    reader: AofReader,
    info: AofFileInfo,
  ): Promise<{ offset: number; complete: boolean }> {
    const frame = this.#frame;
    let countdown = COMMANDS_PER_LOOK;
    for (;;) {
      if (--countdown === 0) {
        countdown = COMMANDS_PER_LOOK;
        if (performance.now() >= this.#deadline) await this.#pause(reader.offset);
      }
      const before = reader.offset;
      const item = reader.next();
      if (item === "command") {
        if (frame.argc !== 1) this.#apply(info, before);
        else if (frame.is(0, "MULTI")) {
          if (!this.#replayTransaction(reader, info)) return { offset: before, complete: false };
        } else if (frame.is(0, "EXEC")) throw badFormat(info, before, "EXEC without MULTI");
        else this.#apply(info, before);
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
   * ends before that. A transaction is never divided between slices.
   */
  #replayTransaction(reader: AofReader, info: AofFileInfo): boolean {
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
      this.#apply(info, before);
    }
    // The EXEC that ended it.
    reader.next();
    return true;
  }

  #apply(info: AofFileInfo, offset: number): void {
    const verdict = this.#options.replay.apply(this.#frame);
    this.#commands++;
    if (verdict === "ok") return;
    const name = this.#frame.string(0);
    if (verdict === "unknown") {
      throw new PersistenceError(
        `Unknown command '${name}' reading the append only file ${info.name} (at offset ${offset})`,
      );
    }
    throw badFormat(info, offset, `wrong number of arguments for '${name}'`);
  }

  async #pause(offset: number): Promise<void> {
    this.#options.replay.progress(this.#loadedBefore + offset, this.#total);
    await letOthersRun();
    this.#options.signal?.throwIfAborted();
    this.#deadline = performance.now() + this.#slice;
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

/** Refuses a file whose content is an RDB, by name. */
export function refuseRdb(files: FileSystem, path: string, name: string): void {
  const file = openToRead(files, path, name);
  try {
    if (holdsRdb(new AofReader(file, name, new Frame()))) throw rdbRefusal(name);
  } finally {
    file.close();
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

function holdsRdb(reader: AofReader): boolean {
  return String.fromCharCode(...reader.peek(RDB_MAGIC.length)) === RDB_MAGIC;
}

function rdbRefusal(name: string): PersistenceError {
  return new PersistenceError(
    `The AOF file ${name} is in RDB format, which this version can't load. Start Redis on it with ` +
      "--aof-use-rdb-preamble no and run BGREWRITEAOF to have it rewritten as commands.",
  );
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
