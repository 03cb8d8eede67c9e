/**
 * The append-only file as a whole: loaded when the server starts, written while it runs, turned on and
 * off by `CONFIG SET appendonly`.
 *
 * ```ts
 * const aof = new AppendOnlyFile(host);
 * await aof.load(replay); // connections are answered LOADING meanwhile
 * aof.start();
 * aof.writer.appendCommand(0, ["SET", "key", "value"]);
 * aof.writer.flush();
 * await aof.close();
 * ```
 */

import type { ByteRange } from "../base/span.ts";
import { AofBuffer } from "./aof_buffer.ts";
import { AofDirectory, type AofPlace } from "./aof_directory.ts";
import { type AofLoadSummary, type AofReplay, loadAof } from "./aof_loader.ts";
import { AofManifest } from "./aof_manifest.ts";
import { AofWriter, type AofWriterHost } from "./aof_writer.ts";
import { fileErrorText, type FileSystem, type OpenFile, writeAllSync } from "./file.ts";
import { PersistenceError } from "./persistence_error.ts";

/** What the AOF needs of the server around it. */
export interface AofHost extends AofWriterHost {
  readonly files: FileSystem;
  readonly settings: AofPlace & AofWriterHost["settings"] & {
    /** Whether a last command that was cut off is dropped on loading (`aof-load-truncated`). */
    readonly loadTruncated: boolean;
  };
}

/** One of the commands that build up the data set; its bytes are copied before the next is asked for. */
export interface DumpedCommand {
  readonly database: number;
  readonly args: readonly (string | ByteRange)[];
}

/** The AOF's part of INFO's persistence section. */
export interface AofStatistics {
  /** Whether the AOF is on. */
  readonly enabled: boolean;
  /** Bytes in all files that would be loaded. */
  readonly currentSize: number;
  /** Bytes in them after the start or the last rewrite. */
  readonly baseSize: number;
  readonly bufferLength: number;
  readonly pendingBioFsync: number;
  readonly delayedFsync: number;
  readonly lastWriteStatus: "ok" | "err";
  readonly lastBgrewriteStatus: "ok" | "err";
  /** How often a base was written. */
  readonly rewrites: number;
  readonly rewritesConsecutiveFailures: number;
  /** Seconds that the last one took, or -1. */
  readonly lastRewriteSeconds: number;
}

/** A dump is handed to the system in pieces of about this many bytes. */
const DUMP_CHUNK = 1024 * 1024;

/** The append-only file. */
export class AppendOnlyFile {
  /** Where commands go; it is active while the AOF is on. */
  readonly writer: AofWriter;

  readonly #host: AofHost;
  readonly #directory: AofDirectory;
  /** The manifest that is in force; null when there is none on disk, or nobody has looked yet. */
  #manifest: AofManifest | null = null;
  /** Bytes in the files before the one that is being written. */
  #closedSize = 0;
  #baseSize = 0;
  #rewrites = 0;
  #failures = 0;
  #lastRewriteSeconds = -1;

  constructor(host: AofHost) {
    this.#host = host;
    this.writer = new AofWriter(host);
    this.#directory = new AofDirectory(host.files, host.settings, host.log);
  }

  /**
   * Replays what is on disk, or does nothing when there is no AOF yet. Throws a `PersistenceError` for
   * whatever can't be loaded whole; the server must not start then.
   */
  async load(replay: AofReplay, signal?: AbortSignal): Promise<AofLoadSummary> {
    const { files, settings, log } = this.#host;
    this.#manifest = this.#directory.migrateSingleFile(this.#directory.readManifest());
    if (this.#manifest === null) return { commands: 0, size: 0, baseSize: 0 };
    const summary = await loadAof({
      files,
      directory: this.#directory.path,
      manifest: this.#manifest,
      loadTruncated: settings.loadTruncated,
      log,
      replay,
      signal,
    });
    this.#closedSize = summary.size;
    this.#baseSize = summary.baseSize;
    return summary;
  }

  /**
   * Starts to write behind what `load` loaded, creating what is not there yet. Throws a
   * `PersistenceError` when the system refuses.
   */
  start(): void {
    const { log, settings: { appendFileName } } = this.#host;
    const directory = this.#directory;
    let manifest = this.#manifest;
    if (manifest === null) {
      directory.create();
      const base = new AofManifest(undefined, []).nextBase(appendFileName);
      log.notice(`Creating AOF base file ${base.name} on server start`);
      this.#closedSize = this.#writeDump(base.name, []);
      manifest = new AofManifest(base, []);
    }
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
      this.#manifest = directory.removeHistory(manifest);
    } catch (error) {
      file.close();
      throw error;
    }
    directory.discard(this.#temporaryBase);
    this.#closedSize -= file.sizeSync();
    this.writer.start(file);
  }

  /**
   * Turns the AOF on while the server runs: writes a base with the whole data set, which `dump` yields,
   * and starts an empty incremental file behind it. The AOF that may be on disk stays in force until the
   * new one is complete. Throws a `PersistenceError`, and leaves the AOF off, when the system refuses.
   */
  enable(dump: Iterable<DumpedCommand>): void {
    if (this.writer.active) return;
    const started = this.#host.clock.now();
    try {
      this.#writeBase(dump);
    } catch (error) {
      this.#failures++;
      throw error;
    }
    this.#failures = 0;
    this.#rewrites++;
    this.#lastRewriteSeconds = Math.floor((this.#host.clock.now() - started) / 1000);
    this.#host.log.notice("Background AOF rewrite finished successfully");
  }

  /** Turns the AOF off while the server runs. What it holds stays on disk. */
  disable(): void {
    this.writer.stop();
  }

  /**
   * Writes and syncs everything and closes the file, for the server's end. False when that did not
   * work, which the log explains.
   */
  async close(): Promise<boolean> {
    return await this.writer.close();
  }

  /** The figures for INFO. */
  get statistics(): AofStatistics {
    const writer = this.writer;
    return {
      enabled: writer.active,
      currentSize: this.#closedSize + writer.fileSize,
      baseSize: this.#baseSize,
      bufferLength: writer.bufferLength,
      pendingBioFsync: writer.syncPending ? 1 : 0,
      delayedFsync: writer.delayedSyncs,
      lastWriteStatus: writer.error === null ? "ok" : "err",
      lastBgrewriteStatus: this.#failures === 0 ? "ok" : "err",
      rewrites: this.#rewrites,
      rewritesConsecutiveFailures: this.#failures,
      lastRewriteSeconds: this.#lastRewriteSeconds,
    };
  }

  get #temporaryBase(): string {
    return `temp-rewrite-${this.#host.settings.appendFileName}.base`;
  }

  #writeBase(dump: Iterable<DumpedCommand>): void {
    const { log, settings: { appendFileName } } = this.#host;
    const directory = this.#directory;
    const old = directory.readManifest() ?? new AofManifest(undefined, []);
    directory.create();
    const temporary = this.#temporaryBase;
    let file: OpenFile | undefined;
    try {
      const size = this.#writeDump(temporary, dump);
      log.notice(`Successfully created the temporary AOF base file ${temporary}`);
      const base = old.nextBase(appendFileName);
      const incremental = old.nextIncremental(appendFileName);
      directory.adopt(temporary, base);
      file = directory.createFile(incremental.name);
      const manifest = old.replacedBy(base, incremental);
      directory.writeManifest(manifest);
      this.#manifest = directory.removeHistory(manifest);
      this.#closedSize = this.#baseSize = size;
      this.writer.start(file);
    } catch (error) {
      file?.close();
      directory.discard(temporary);
      throw error;
    }
  }

  /**
   * Writes and syncs a file with the commands that `dump` yields, after an annotation where those are
   * wanted, and returns its length.
   */
  #writeDump(name: string, dump: Iterable<DumpedCommand>): number {
    const { clock, settings } = this.#host;
    const file = this.#directory.createFile(name);
    const buffer = new AofBuffer();
    let size = 0;
    const write = (): void => {
      try {
        writeAllSync(file, buffer.pending);
      } catch (error) {
        throw new PersistenceError(
          `Write error writing append only file on disk: ${fileErrorText(error)}`,
        );
      }
      size += buffer.length;
      buffer.consume(buffer.length);
    };
    try {
      if (settings.timestampsEnabled) buffer.annotate(Math.floor(clock.now() / 1000));
      for (const { database, args } of dump) {
        buffer.appendCommand(database, args);
        if (buffer.length >= DUMP_CHUNK) write();
      }
      write();
      try {
        file.syncDataSync();
      } catch (error) {
        throw new PersistenceError(
          `Fail to fsync the temp AOF file ${name}: ${fileErrorText(error)}.`,
        );
      }
    } finally {
      file.close();
    }
    return size;
  }
}
