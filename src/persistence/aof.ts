/**
 * The append-only file as a whole: loaded when the server starts, written while it runs, rewritten now and
 * then, turned on and off.
 *
 * ```ts
 * const aof = new AppendOnlyFile(host);
 * await loadInSlices(aof.load(replay), slices); // connections are answered LOADING meanwhile
 * aof.start();
 * aof.writer.appendCommand(0, ["SET", "key", "value"]);
 * aof.writer.flush();
 * const rewrite = aof.beginRewrite();
 * // rewrite.writer advances until rewrite.file is whole; then that is synced and closed
 * aof.finishRewrite(rewrite);
 * await aof.close();
 * ```
 */

import { AofBuffer } from "./aof_buffer.ts";
import { AofDirectory, type AofPlace } from "./aof_directory.ts";
import { type AofLoadSummary, type AofReplay, loadAof } from "./aof_loader.ts";
import { type AofBaseFormat, type AofFileInfo, AofManifest } from "./aof_manifest.ts";
import { AofWriter, type AofWriterHost } from "./aof_writer.ts";
import { fileErrorText, type FileSystem, type OpenFile, writeAllSync } from "./file.ts";
import type { FileLoad } from "./file_load.ts";
import { PersistenceError } from "./persistence_error.ts";
import type { DataSetWriter } from "./data_set_writer.ts";

/** What the AOF needs of the server around it. */
export interface AofHost extends AofWriterHost {
  readonly files: FileSystem;
  readonly settings: AofPlace & AofWriterHost["settings"] & {
    /** Whether a last command that was cut off is dropped on loading (`aof-load-truncated`). */
    readonly loadTruncated: boolean;
    /** What bases are written as (`aof-use-rdb-preamble`). */
    readonly baseFormat: AofBaseFormat;
    /** Whether files that have become history stay where they are (`aof-disable-auto-gc`). */
    readonly keepsHistory: boolean;
  };
  /** Begins to write all data into a file. */
  beginBase(file: OpenFile, format: AofBaseFormat): DataSetWriter;
}

/** A new base that is being written. */
export interface AofRewrite {
  /** Where it is written; to be synced and closed by whoever advances the writer. */
  readonly file: OpenFile;
  readonly writer: DataSetWriter;
  readonly format: AofBaseFormat;
}

/**
 * Whether commands are written: not at all, into files that are in force, or (as the AOF was just turned
 * on) into a temporary one which comes into force together with the first base.
 */
export type AofState = "off" | "waiting" | "on";

/** The AOF's part of INFO's persistence section. */
export interface AofStatistics {
  /** Bytes in all files that would be loaded. */
  readonly currentSize: number;
  /** Bytes in them after the start or the last rewrite. */
  readonly baseSize: number;
  readonly bufferLength: number;
  readonly pendingBioFsync: number;
  readonly delayedFsync: number;
  readonly lastWriteStatus: "ok" | "err";
}

const NOTHING_LOADED: AofLoadSummary = { commands: 0, size: 0, baseSize: 0 };

/** The append-only file. */
export class AppendOnlyFile {
  /** Where commands go; it is active while there is a file for them. */
  readonly writer: AofWriter;

  readonly #host: AofHost;
  readonly #directory: AofDirectory;
  #state: AofState = "off";
  /** The manifest that is in force; null when nobody has looked yet, or none is there. */
  #manifest: AofManifest | null = null;
  #rewrite: AofRewrite | null = null;
  /** Bytes in the files before the one that is being written. */
  #closedSize = 0;
  #baseSize = 0;

  constructor(host: AofHost) {
    this.#host = host;
    this.writer = new AofWriter(host);
    this.#directory = new AofDirectory(host.files, host.settings, host.log);
  }

  get state(): AofState {
    return this.#state;
  }

  /** Whether there is something to load, as far as `load` or a rewrite has found out. */
  get isOnDisk(): boolean {
    return this.#manifest !== null;
  }

  /**
   * Replays what is on disk, or does nothing when there is no AOF yet. Throws a `PersistenceError` for
   * whatever can't be loaded whole; the server must not start then.
   */
  load(replay: AofReplay): FileLoad<AofLoadSummary> {
    const { files, settings, log } = this.#host;
    this.#manifest = this.#directory.migrateSingleFile(this.#directory.readManifest());
    if (this.#manifest === null) return loadOfNothing();
    return loadAof({
      files,
      directory: this.#directory.path,
      manifest: this.#manifest,
      loadTruncated: settings.loadTruncated,
      log,
      replay,
    });
  }

  /**
   * Starts to write behind what `load` loaded, creating what is not there yet. Throws a
   * `PersistenceError` when the system refuses.
   */
  start(loaded: AofLoadSummary): void {
    const { log, settings: { appendFileName } } = this.#host;
    const directory = this.#directory;
    let manifest = this.#manifest ?? this.#createFirstBase();
    const last = manifest.incremental.at(-1);
    let file: OpenFile;
    if (last) {
      log.notice(`Opening AOF incr file ${last.name} on server start`);
      file = directory.openFile(last.name);
    } else {
      const incremental = manifest.nextIncremental(appendFileName);
      log.notice(`Creating AOF incr file ${incremental.name} on server start`);
      file = directory.createFile(incremental.name);
      manifest = manifest.withIncremental(incremental);
    }
    try {
      if (!last) directory.writeManifest(manifest);
      this.#manifest = manifest;
      this.removeHistory();
    } catch (error) {
      file.close();
      throw error;
    }
    directory.discard(this.#temporaryBase);
    directory.discard(this.#temporaryIncremental);
    this.#closedSize = loaded.size - file.sizeSync();
    this.#baseSize = loaded.baseSize;
    this.writer.start(file);
    this.#state = "on";
  }

  /**
   * Turns the AOF on while the server runs. What is written goes nowhere until a rewrite begins, and is in
   * force when that has finished; until then the AOF that may be on disk stays as it is.
   */
  enable(): void {
    if (this.#state === "off") this.#state = "waiting";
  }

  /** Turns the AOF off while the server runs. What it holds stays on disk. */
  disable(): void {
    if (this.#state === "waiting") this.#discardIncremental();
    else this.writer.stop();
    this.#state = "off";
  }

  /**
   * Begins to write a base with all data there is now. Commands go to another incremental file from here
   * on. Throws a `PersistenceError` when the system refuses; all is as it was then.
   */
  beginRewrite(): AofRewrite {
    if (this.#rewrite !== null) throw new Error("A rewrite is under way");
    const directory = this.#directory, format = this.#host.settings.baseFormat;
    this.#manifest ??= directory.readManifest();
    directory.create();
    const file = directory.createFile(this.#temporaryBase);
    try {
      if (this.#state === "on") this.#switchIncremental();
      else if (this.#state === "waiting") this.#startIncremental();
      this.#rewrite = { file, format, writer: this.#beginBase(file, format) };
    } catch (error) {
      file.close();
      if (this.#state === "waiting") this.#discardIncremental();
      directory.discard(this.#temporaryBase);
      throw error;
    }
    return this.#rewrite;
  }

  /**
   * Puts a base into force that is whole, synced and closed. Throws a `PersistenceError` when the system
   * refuses; what was in force before is so then.
   */
  finishRewrite({ format }: AofRewrite): void {
    const { appendFileName } = this.#host.settings;
    const directory = this.#directory, before = this.#knownManifest;
    const base = before.nextBase(appendFileName, format);
    const incremental = this.#state === "off"
      ? undefined
      : this.#state === "on"
      ? before.incremental.at(-1)
      : before.nextIncremental(appendFileName);
    const size = directory.sizeOf(this.#temporaryBase);
    this.#host.log.notice(
      `Successfully created the temporary AOF base file ${this.#temporaryBase}`,
    );
    try {
      directory.adopt(this.#temporaryBase, base);
      if (this.#state === "waiting" && incremental) {
        directory.adopt(this.#temporaryIncremental, incremental);
      }
      const manifest = before.rewritten(base, incremental);
      directory.writeManifest(manifest);
      this.#manifest = manifest;
    } catch (error) {
      this.#takeBack([base, ...this.#state === "waiting" && incremental ? [incremental] : []]);
      throw error;
    }
    this.#rewrite = null;
    if (this.#state === "waiting") this.#state = "on";
    this.#closedSize = size;
    this.#baseSize = this.#closedSize + this.writer.fileSize;
    this.removeHistory();
  }

  /** Gives up a rewrite; what was in force before stays so. */
  abandonRewrite(): void {
    this.#rewrite = null;
    if (this.#state === "waiting") this.#discardIncremental();
    this.#directory.discard(this.#temporaryBase);
  }

  /** Removes the files that are no longer needed, where the configuration doesn't keep them. */
  removeHistory(): void {
    if (this.#manifest === null || this.#host.settings.keepsHistory) return;
    this.#manifest = this.#directory.removeHistory(this.#manifest);
  }

  /**
   * Writes and syncs everything and closes the file, for the server's end. False when that did not
   * work, which the log explains.
   */
  async close(): Promise<boolean> {
    const safe = await this.writer.close();
    await this.#directory.settled();
    return safe;
  }

  /** The figures for INFO. */
  get statistics(): AofStatistics {
    const writer = this.writer;
    return {
      currentSize: this.#closedSize + writer.fileSize,
      baseSize: this.#baseSize,
      bufferLength: writer.bufferLength,
      pendingBioFsync: writer.syncPending ? 1 : 0,
      delayedFsync: writer.delayedSyncs,
      lastWriteStatus: writer.error === null ? "ok" : "err",
    };
  }

  get #knownManifest(): AofManifest {
    return this.#manifest ?? new AofManifest(undefined, []);
  }

  get #temporaryBase(): string {
    return `temp-rewrite-${this.#host.settings.appendFileName}.base`;
  }

  get #temporaryIncremental(): string {
    return `temp-${this.#host.settings.appendFileName}.incr`;
  }

  /** Writes what an AOF of no data begins with. */
  #createFirstBase(): AofManifest {
    const { log, settings: { appendFileName, baseFormat } } = this.#host;
    const directory = this.#directory;
    directory.create();
    const base = new AofManifest(undefined, []).nextBase(appendFileName, baseFormat);
    log.notice(`Creating AOF base file ${base.name} on server start`);
    const file = directory.createFile(base.name);
    try {
      const writer = this.#beginBase(file, baseFormat);
      try {
        writer.advance(Infinity);
      } finally {
        writer.end();
      }
      file.syncDataSync();
    } catch (error) {
      throw new PersistenceError(
        `Write error writing append only file on disk: ${fileErrorText(error)}`,
      );
    } finally {
      file.close();
    }
    return new AofManifest(base, []);
  }

  /** Begins to write a base. */
  #beginBase(file: OpenFile, format: AofBaseFormat): DataSetWriter {
    const { clock, settings } = this.#host;
    if (format === "aof" && settings.timestampsEnabled) {
      const annotation = new AofBuffer();
      annotation.annotate(Math.floor(clock.now() / 1000));
      writeAllSync(file, annotation.pending);
    }
    return this.#host.beginBase(file, format);
  }

  /** Begins the next incremental file, with everything before it safe in the last one. */
  #switchIncremental(): void {
    const { log, settings: { appendFileName } } = this.#host;
    const manifest = this.#knownManifest;
    const incremental = manifest.nextIncremental(appendFileName);
    this.writer.switchTo(() => {
      log.notice(`Creating AOF incr file ${incremental.name} on background rewrite`);
      const file = this.#directory.createFile(incremental.name);
      try {
        this.#manifest = manifest.withIncremental(incremental);
        this.#directory.writeManifest(this.#manifest);
      } catch (error) {
        this.#manifest = manifest;
        file.close();
        throw error;
      }
      this.#closedSize += this.writer.fileSize;
      return file;
    });
  }

  /** Begins the temporary incremental file, which no manifest lists. */
  #startIncremental(): void {
    const name = this.#temporaryIncremental;
    this.#host.log.notice(`Creating AOF incr file ${name} on background rewrite`);
    this.writer.start(this.#directory.createFile(name));
  }

  #discardIncremental(): void {
    this.writer.discard();
    this.#directory.discard(this.#temporaryIncremental);
  }

  /**
   * Looks at which manifest is in force after one could not be replaced for sure, and removes files that
   * it does not list.
   */
  #takeBack(files: readonly AofFileInfo[]): void {
    try {
      this.#manifest = this.#directory.readManifest();
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      this.#host.log.warning(error.message);
      this.#manifest = null;
      return;
    }
    const listed = new Set(this.#manifest?.toLoad.map(({ name }) => name));
    for (const { name } of files) if (!listed.has(name)) this.#directory.discard(name);
  }
}

function loadOfNothing(): FileLoad<AofLoadSummary> {
  return {
    offset: 0,
    size: 0,
    loaded: 0,
    // deno-lint-ignore require-yield -- there is nothing that takes long
    *run() {
      return NOTHING_LOADED;
    },
  };
}
