/** The data on disk in a server: what is loaded, where changes go, and what is done by itself about them. */

import { copySpan } from "../base/span.ts";
import { LOADING, ReplyError } from "../base/errors.ts";
import type { Hold } from "../base/hold.ts";
import type { ReloadOptions, ReloadView } from "../commands/views/persistence.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import { type Settings, ValueError } from "../config/mod.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import { type AofHost, AppendOnlyFile } from "../persistence/aof.ts";
import type { AofWriter } from "../persistence/aof_writer.ts";
import type { AofBaseFormat } from "../persistence/aof_manifest.ts";
import type { FileSystem, OpenFile } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import { loadRdb, openRdb, type RdbLoadSummary } from "../persistence/rdb_loader.ts";
import { beginCommands, beginRdb, type DataSetWriter } from "../persistence/data_set_writer.ts";
import { AofRewrites } from "./aof_rewrites.ts";
import type { BackgroundJobs } from "./background_jobs.ts";
import { hasDirectory, NO_DIRECTORY, requireDirectory } from "./data_directory.ts";
import { type CommandReplay, DataLoader, ReplayPanic } from "./data_loader.ts";
import type { DiskState } from "../execution/admission_rules.ts";
import { type Propagation, type PropagationSink, Target } from "../execution/propagation.ts";
import { rdbLoadOptions, rdbSaveOptions, type RdbServer } from "./rdb_options.ts";
import type { RdbSaves } from "./rdb_saves.ts";

/** A key of a file that was left out, as its time had come. */
export interface ExpiredKey {
  readonly database: number;
  readonly key: Uint8Array;
}

/** What persistence needs of the server. */
export interface PersistentServer extends RdbServer {
  readonly registry: CommandRegistry;
  readonly files: FileSystem;
  readonly dispatcher: { readonly isNested: boolean; beginBatch(): void };
  /** What holds output back until its data is safe. */
  readonly gate: {
    setDurability(writer: AofWriter | null): void;
    safeGrew(): void;
  };
  readonly propagation: Propagation;
  /** Held while what is to be kept can't be written. */
  readonly diskTrouble: Hold;
  /** Ends the server where data can't be kept as promised. */
  readonly lifecycle: { abort(): void };
  readonly rdbSaves: RdbSaves;
  readonly jobs: BackgroundJobs;
  readonly latency: LatencyMonitor;
  createReplay(isAtOnce: boolean): CommandReplay;
  readonly primaryLink: {
    readonly isReplica: boolean;
    /** Is told what a file said that was loaded at the start. */
    noteLoaded(summary: RdbLoadSummary, expired: readonly ExpiredKey[]): void;
  };
}

const SCRIPTS_REFUSED_BY_RDB = new ReplyError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
    "Writable scripts are blocked. Use 'no-writes' flag for read only scripts.",
);
const RELOAD_FAILED = new ReplyError("ERR Error trying to load the RDB dump");
const AOF_RELOAD_FAILED = new ReplyError("ERR Error trying to load the append only file");
const SAVE_FAILED = new ReplyError("ERR");

/** The server's data on disk. */
export class Persistence implements DiskState, PropagationSink, ReloadView {
  readonly aof: AppendOnlyFile;
  readonly rewrites: AofRewrites;
  readonly loader: DataLoader;
  readonly #server: PersistentServer;
  readonly #files: FileSystem;
  readonly #abort = new AbortController();
  #endTrouble: (() => void) | null = null;

  constructor(server: PersistentServer) {
    this.#server = server;
    this.#files = server.files;
    const { clock, log, gate, jobs, latency, configuration: { settings } } = server;
    this.aof = new AppendOnlyFile({
      clock,
      log,
      files: server.files,
      settings: aofSettings(settings, jobs),
      beginBase: (file, format) => this.#beginBase(file, format),
      wrote: (duration, syncPending) => {
        latency.add("aof-write", duration);
        if (syncPending) latency.add("aof-write-pending-fsync", duration);
        else if (jobs.running !== null) latency.add("aof-write-active-child", duration);
        else latency.add("aof-write-alone", duration);
      },
      synced: (duration) => latency.add("aof-fsync-always", duration),
      onSafe: () => gate.safeGrew(),
      onFatal: () => server.lifecycle.abort(),
      failing: (isFailing) => this.#aofFails(isFailing),
    });
    this.rewrites = new AofRewrites(server, this.aof);
    jobs.setWorker("aof", this.rewrites);
    this.loader = new DataLoader(server);
  }

  /** Loads what is on disk and begins to write behind it, where the configuration wants that. */
  async load(): Promise<void> {
    const { configuration } = this.#server;
    const { signal } = this.#abort;
    if (configuration.settings.appendonly) {
      const load = this.aof.load(this.loader.createReplay(false));
      this.aof.start(await this.loader.loadInSlices(load, "AOF", signal));
      this.#attach();
    } else if (hasDirectory(configuration.settings)) {
      await this.#loadRdb(signal);
    }
    configuration.onChange("appendonly", (on) => on ? this.#turnOn() : this.#turnOff());
    configuration.onChange("save", (rules) => {
      if (rules.length > 0 && !hasDirectory(configuration.settings)) {
        throw new ValueError(NO_DIRECTORY);
      }
    });
    configuration.onChange("appendfsync", () => this.aof.writer.policyChanged());
    configuration.onChange("no-appendfsync-on-rewrite", () => this.aof.writer.policyChanged());
    configuration.onChange("aof-disable-auto-gc", () => this.aof.removeHistory());
  }

  /** Writes and syncs what there is; false when that did not work. Ends a loading under way. */
  async close(): Promise<boolean> {
    const { jobs } = this.#server;
    this.#abort.abort(new PersistenceError("The server was stopped while it was loading"));
    jobs.kill();
    await jobs.settled();
    return await this.aof.close();
  }

  #aofFails(isFailing: boolean): void {
    if (isFailing) this.#endTrouble ??= this.#server.diskTrouble.hold();
    else {
      this.#endTrouble?.();
      this.#endTrouble = null;
    }
  }

  get refusal(): ReplyError | null {
    const { refusal } = this.#server.rdbSaves;
    if (refusal !== null) return refusal;
    const { error } = this.aof.writer;
    if (error === null) return null;
    return new ReplyError(`MISCONF Errors writing to the AOF file: ${error}`);
  }

  get scriptRefusal(): ReplyError | null {
    if (this.#server.rdbSaves.refusal !== null) return SCRIPTS_REFUSED_BY_RDB;
    const { error } = this.aof.writer;
    return error === null ? null : new ReplyError(
      "MISCONF Redis is configured to persist data to AOF, but it's currently unable to persist to " +
        "disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts. AOF error: " +
        error,
    );
  }

  propagate(database: number, buffer: Uint8Array, start: number, end: number): void {
    this.aof.writer.appendEncoded(database, buffer, start, end);
  }

  reloadRdb({ save, flush, merge }: ReloadOptions): void {
    const { configuration: { settings }, rdbSaves, log } = this.#server;
    const { dir, dbfilename } = settings;
    this.#requireLoaded();
    requireDirectory(settings);
    if (save && !rdbSaves.saveNow()) throw SAVE_FAILED;
    if (flush) this.#forgetData();
    this.#reload(RELOAD_FAILED, () => {
      const file = openRdb(this.#files, dir, dbfilename);
      if (file === null) throw new PersistenceError(`There is no RDB file ${dbfilename}`);
      try {
        const options = { ...rdbLoadOptions(this.#server, false), merges: merge };
        this.loader.noteLoaded(this.loader.loadAtOnce(loadRdb(file, dbfilename, options)));
      } finally {
        file.close();
      }
      log.warning("DB reloaded by DEBUG RELOAD");
    });
  }

  reloadAppendOnlyFile(): void {
    const { aof, loader } = this;
    const { log, rdbSaves, propagation, configuration } = this.#server;
    this.#requireLoaded();
    requireDirectory(configuration.settings);
    // What a first rewrite will put in force is not the data of the files that there are.
    if (aof.state === "waiting") throw AOF_RELOAD_FAILED;
    this.#reload(AOF_RELOAD_FAILED, () => {
      aof.writer.flush();
      const load = aof.load(loader.createReplay(true));
      if (!aof.isOnDisk) throw new PersistenceError("There is no append-only file");
      this.#forgetData();
      propagation.silently(() => loader.loadAtOnce(load));
      log.warning("Append Only File loaded by DEBUG LOADAOF");
    });
    rdbSaves.reloaded();
  }

  /** Throws `LOADING` where Redis would put half of the data, or the data twice, in place of all of it. */
  #requireLoaded(): void {
    if (this.#server.keyspace.loading.isHeld) throw LOADING;
  }

  /** Empties everything that a file brings back. */
  #forgetData(): void {
    const { keyspace } = this.#server;
    keyspace.clear();
    keyspace.libraries.clear();
  }

  /** Runs a reload; its problems go to the log, and `refusal` to the client. */
  #reload(refusal: ReplyError, load: () => void): void {
    try {
      load();
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      this.#server.log.warning(error.message);
      if (error instanceof ReplayPanic) this.#server.lifecycle.abort();
      throw refusal;
    }
  }

  async #loadRdb(signal: AbortSignal): Promise<void> {
    const { configuration: { settings: { dir, dbfilename } }, log } = this.#server;
    const file = openRdb(this.#files, dir, dbfilename);
    if (file === null) return;
    try {
      const started = performance.now();
      const expired: ExpiredKey[] = [];
      const load = loadRdb(file, dbfilename, {
        ...rdbLoadOptions(this.#server, false),
        leftOut: ({ index }, key, aux) => {
          // Without a history nobody can go on with it, who would have to be told.
          if (aux.has("repl-id")) expired.push({ database: index, key: copySpan(key) });
        },
      });
      const summary = await this.loader.loadInSlices(load, "RDB", signal);
      this.loader.noteLoaded(summary);
      const seconds = ((performance.now() - started) / 1000).toFixed(3);
      log.notice(`DB loaded from disk: ${seconds} seconds`);
      this.#server.primaryLink.noteLoaded(summary, expired);
    } finally {
      file.close();
    }
  }

  /** Turns the append-only file on: it is in force when the rewrite that begins here has finished. */
  #turnOn(): void {
    const { jobs, dispatcher, log, configuration } = this.#server;
    if (this.aof.state !== "off") return;
    if (!hasDirectory(configuration.settings)) throw new ValueError(NO_DIRECTORY);
    if (jobs.running?.kind === "rdb" || dispatcher.isNested) {
      log.notice("The AOF is turned on as soon as a first rewrite can begin");
      jobs.wait("aof");
      this.aof.enable();
    } else {
      jobs.kill();
      this.aof.enable();
      try {
        jobs.begin("aof");
      } catch (error) {
        this.aof.disable();
        if (!(error instanceof PersistenceError)) throw error;
        throw new ValueError("Unable to turn on AOF. Check server logs.");
      }
    }
    this.#attach();
  }

  #turnOff(): void {
    const { jobs, propagation, gate } = this.#server;
    if (this.aof.state === "off") return;
    if (jobs.running?.kind === "aof") jobs.kill();
    jobs.forget("aof");
    propagation.removeSink(this);
    this.aof.disable();
    gate.setDurability(null);
  }

  #attach(): void {
    this.#server.propagation.addSink(this, Target.File);
    this.#server.gate.setDurability(this.aof.writer);
  }

  /** All data is about to be that of a primary: what is written of the present one ends. */
  stopForSync(): void {
    this.#turnOff();
  }

  /** The data is whole again: the append-only file goes on, with all of it, where the configuration has one. */
  restartAfterSync(): void {
    const { log, configuration: { settings } } = this.#server;
    if (!settings.appendonly || this.aof.state !== "off") return;
    try {
      this.#turnOn();
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      log.warning(
        "FATAL: this replica instance finished the synchronization with its master, but the AOF can't " +
          "be turned on. Exiting now.",
      );
      this.#server.lifecycle.abort();
    }
  }

  /** Begins to write a base of the append-only file. */
  #beginBase(file: OpenFile, format: AofBaseFormat): DataSetWriter {
    const { keyspace } = this.#server;
    if (format === "rdb") return beginRdb(file, keyspace, rdbSaveOptions(this.#server, true));
    return beginCommands(file, keyspace);
  }
}

/** The settings under the names that the append-only file knows. */
function aofSettings(
  settings: Readonly<Settings>,
  jobs: BackgroundJobs,
): AofHost["settings"] {
  return {
    get dir() {
      return settings.dir;
    },
    get appendDirName() {
      return settings.appenddirname;
    },
    get appendFileName() {
      return settings.appendfilename;
    },
    get fsyncPolicy() {
      const isBusy = settings["no-appendfsync-on-rewrite"] && jobs.running !== null;
      return isBusy ? "no" : settings.appendfsync;
    },
    get timestampsEnabled() {
      return settings["aof-timestamp-enabled"];
    },
    get loadTruncated() {
      return settings["aof-load-truncated"];
    },
    get baseFormat() {
      return settings["aof-use-rdb-preamble"] ? "rdb" : "aof";
    },
    get keepsHistory() {
      return settings["aof-disable-auto-gc"];
    },
  };
}
