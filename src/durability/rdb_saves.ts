/** When the RDB file is saved: SAVE, BGSAVE, the rules of `save`, and what follows from a save that failed. */

import { LOADING, ReplyError } from "../base/errors.ts";
import type { Hold } from "../base/hold.ts";
import type { BackgroundStart, RdbSavesView } from "../commands/views/persistence.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import { saveRdb } from "../persistence/rdb_saver.ts";
import { renameLarge } from "../persistence/replace_file.ts";
import { beginRdb, type DataSetWriter } from "../persistence/data_set_writer.ts";
import { hasDirectory, NO_DIRECTORY, requireDirectory } from "./data_directory.ts";
import { rdbSaveOptions, type RdbServer } from "./rdb_options.ts";
import type { BackgroundTask, JobOutcome } from "./background_job.ts";
import type { BackgroundJobs, BackgroundWorker } from "./background_jobs.ts";

/** What saving needs of the server. */
export interface SavingServer extends RdbServer {
  readonly jobs: BackgroundJobs;
  readonly files: FileSystem;
  readonly dispatcher: { readonly isNested: boolean };
  /** Held while what is to be kept can't be written. */
  readonly diskTrouble: Hold;
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
}

const SAVE_FAILED = new ReplyError("ERR");
const IN_PROGRESS = new ReplyError("ERR Background save already in progress");
const OTHER_JOB = new ReplyError(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
    "order to schedule a BGSAVE whenever possible.",
);
const WRITES_REFUSED = new ReplyError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    "disk. Commands that may modify the data set are disabled, because this instance is " +
    "configured to report errors during writes if RDB snapshotting fails " +
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB " +
    "error.",
);

/** After a save in the background failed, none is begun by itself for this long, in s. */
const RETRY_DELAY = 5;

/** Numbers the files that are written in the background: servers of one process may share a directory. */
let backgroundFiles = 0;

/** Saves of the server's `dbfilename`. */
export class RdbSaves implements RdbSavesView, BackgroundWorker {
  /** How many saves SAVE, BGSAVE and the rules of `save` have begun. */
  saves = 0;
  /** Seconds that the last save in the background took, or -1. */
  lastBackgroundSeconds = -1;
  /** Set while the last save is one that failed, as far as it matters for `stop-writes-on-bgsave-error`. */
  #endTrouble: (() => void) | null = null;
  /** When a save in the background was last begun, in s since the epoch. */
  #triedAt = 0;
  readonly #server: SavingServer;
  readonly #files: FileSystem;
  /** When the file was last written, in s since the epoch. */
  #savedAt: number;
  #dirtyAtSave = 0;

  constructor(server: SavingServer) {
    this.#server = server;
    this.#files = server.files;
    // Until a first one is made, the last save counts as made at the start.
    this.#savedAt = Math.floor(server.startedAt / 1000);
    server.jobs.setWorker("rdb", this);
  }

  get lastSave(): number {
    return this.#savedAt;
  }

  /** How many changes the file does not have. */
  get changesSince(): number {
    return this.#server.keyspace.dirty - this.#dirtyAtSave;
  }

  /** How the last save ended, for INFO. */
  get lastStatus(): "ok" | "err" {
    return this.#lastFailed ? "err" : "ok";
  }

  /** Why writes are refused, or null. */
  get refusal(): ReplyError | null {
    if (!this.#lastFailed) return null;
    const { settings } = this.#server.configuration;
    const refuses = settings["stop-writes-on-bgsave-error"] && settings.save.length > 0;
    return refuses ? WRITES_REFUSED : null;
  }

  get #lastFailed(): boolean {
    return this.#endTrouble !== null;
  }

  /** Zeroes what is counted. */
  resetStatistics(): void {
    this.saves = 0;
  }

  save(): void {
    requireDirectory(this.#server.configuration.settings);
    if (this.#server.jobs.running?.kind === "rdb") throw IN_PROGRESS;
    this.saves++;
    if (!this.saveNow()) throw SAVE_FAILED;
  }

  /**
   * Writes the file while everybody waits; false, after a line in the log, where that fails. Throws `LOADING`
   * where not all data is there.
   */
  saveNow(): boolean {
    const { configuration: { settings }, keyspace, log } = this.#server;
    if (keyspace.loading.isHeld) throw LOADING;
    if (!hasDirectory(settings)) {
      log.warning(`Write error saving DB on disk: ${NO_DIRECTORY}`);
      return false;
    }
    const { dir, dbfilename } = settings;
    const temporary = `temp-${Deno.pid}.rdb`;
    try {
      saveRdb(
        this.#files,
        dir,
        dbfilename,
        temporary,
        keyspace,
        rdbSaveOptions(this.#server, false),
      );
    } catch (error) {
      log.warning(`Write error saving DB on disk: ${fileErrorText(error)}`);
      return false;
    }
    log.notice("DB saved on disk");
    this.#saved(keyspace.dirty);
    return true;
  }

  saveInBackground(mayBeLater: boolean): BackgroundStart {
    const { jobs, dispatcher, configuration } = this.#server;
    requireDirectory(configuration.settings);
    if (jobs.running?.kind === "rdb") throw IN_PROGRESS;
    if (dispatcher.isNested || jobs.running !== null && mayBeLater) {
      jobs.wait("rdb");
      return "scheduled";
    }
    if (jobs.running !== null) throw OTHER_JOB;
    try {
      jobs.begin("rdb");
    } catch (error) {
      // The save has failed, as one that fails later: Redis has a child begin it.
      if (!(error instanceof PersistenceError)) throw error;
    }
    return "started";
  }

  /**
   * Begins to save in the background, for replicas that are sent the file. No job may be running. Throws a
   * `PersistenceError` that is in the log already.
   */
  saveForReplicas(ended: (outcome: JobOutcome) => void): void {
    this.#server.jobs.run(() => {
      const task = this.open();
      return {
        ...task,
        ended: (outcome, error) => {
          task.ended(outcome, error);
          ended(outcome);
        },
      };
    });
  }

  /** A rule of `save` says so. */
  dueReason(): string | null {
    const { settings } = this.#server.configuration;
    const now = this.#seconds, { changesSince } = this;
    const rule = settings.save.find(({ seconds, changes }) =>
      changesSince >= changes && now - this.#savedAt > seconds
    );
    return rule === undefined
      ? null
      : `${rule.changes} changes in ${rule.seconds} seconds. Saving...`;
  }

  /** Whether the last save in the background has failed a short while ago. */
  hasToWait(): boolean {
    return this.#lastFailed && this.#seconds - this.#triedAt <= RETRY_DELAY;
  }

  flushed(): void {
    const { jobs, keyspace, configuration: { settings } } = this.#server;
    // While a file is loaded, it tells of a FLUSHALL that once was.
    if (keyspace.loading.isHeld) return;
    if (jobs.running?.kind === "rdb") jobs.kill();
    if (settings.save.length > 0) this.saveNow();
  }

  /** The data set was replaced by what the file, or the append-only file, holds. */
  reloaded(): void {
    this.#dirtyAtSave = this.#server.keyspace.dirty;
  }

  get #seconds(): number {
    return Math.floor(this.#server.clock.now() / 1000);
  }

  #saved(dirty: number): void {
    this.#savedAt = this.#seconds;
    this.#dirtyAtSave = dirty;
    this.#endTrouble?.();
    this.#endTrouble = null;
  }

  open(): BackgroundTask {
    const { log, keyspace, configuration: { settings } } = this.#server;
    const { dir, dbfilename } = settings;
    const name = `temp-${Deno.pid}-${++backgroundFiles}.rdb`, temporary = `${dir}/${name}`;
    const began = this.#seconds, dirty = keyspace.dirty;
    this.#triedAt = began;
    this.saves++;
    const { file, writer } = this.#openTemporary(temporary);
    log.notice("Background saving started");
    return {
      kind: "rdb",
      target: file,
      writer,
      syncsOften: settings["rdb-save-incremental-fsync"],
      finish: async () => {
        await renameLarge(this.#files, dir, name, dbfilename);
        log.notice("DB saved on disk");
      },
      abandon: () => this.#removeTemporary(temporary),
      ended: (outcome, error) => {
        this.lastBackgroundSeconds = this.#seconds - began;
        if (outcome === "failed") this.#failed(error);
        else if (outcome === "killed") log.warning("Background saving was ended before its time");
        else {
          this.#saved(dirty);
          log.notice("Background saving terminated with success");
        }
      },
    };
  }

  /** Begins to write the temporary file. Throws a `PersistenceError` for whatever the system refuses. */
  #openTemporary(path: string): { file: OpenFile; writer: DataSetWriter } {
    let file: OpenFile | undefined;
    try {
      file = this.#files.openSync(path, "create");
      return {
        file,
        writer: beginRdb(file, this.#server.keyspace, rdbSaveOptions(this.#server, false)),
      };
    } catch (error) {
      this.#failed(error);
      if (file !== undefined) {
        file.close();
        this.#removeTemporary(path);
      }
      throw new PersistenceError(fileErrorText(error));
    }
  }

  #failed(error: unknown): void {
    this.#endTrouble ??= this.#server.diskTrouble.hold();
    this.#server.log.warning(`Write error saving DB on disk: ${fileErrorText(error)}`);
    this.#server.log.warning("Background saving error");
  }

  #removeTemporary(path: string): void {
    try {
      if (this.#files.statSync(path) !== null) this.#files.removeSync(path);
    } catch (error) {
      this.#server.log.warning(`The temporary file ${path} stays: ${fileErrorText(error)}`);
    }
  }
}
