/** RDB files in a server: SAVE, and loading at start. */

import type { Clock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { SnapshotsView } from "../commands/context.ts";
import { REDIS_VERSION } from "../config/command_line.ts";
import type { Configuration } from "../config/mod.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import { fileErrorText, type FileSystem } from "../persistence/file.ts";
import { loadRdb } from "../persistence/rdb_loader.ts";
import { type RdbSaveOptions, saveRdb } from "../persistence/rdb_saver.ts";

/** What snapshots need of the server. */
export interface SnapshotServer {
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: Configuration;
  readonly keyspace: Keyspace;
  readonly memory: { readonly used: number };
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
}

const SAVE_FAILED = new ReplyError("ERR");

/** The server's `dbfilename`. */
export class Snapshots implements SnapshotsView {
  /** How many snapshots were begun. */
  saves = 0;
  /** What the last loading found. */
  loadedKeys = 0;
  expiredKeys = 0;
  readonly #server: SnapshotServer;
  readonly #files: FileSystem;
  #savedAt: number;
  #dirtyAtSave = 0;

  constructor(server: SnapshotServer, files: FileSystem) {
    this.#server = server;
    this.#files = files;
    // Until a first one is made, the last snapshot counts as made at the start.
    this.#savedAt = server.startedAt;
  }

  get lastSave(): number {
    return Math.floor(this.#savedAt / 1000);
  }

  /** How many changes the file does not have. */
  get changesSince(): number {
    return this.#server.keyspace.dirty - this.#dirtyAtSave;
  }

  save(): void {
    const { configuration: { settings }, keyspace, clock, log } = this.#server;
    this.saves++;
    const temporary = `temp-${Deno.pid}.rdb`;
    try {
      saveRdb(this.#files, settings.dir, settings.dbfilename, temporary, keyspace, this.#options());
    } catch (error) {
      log.warning(`Write error saving DB on disk: ${fileErrorText(error)}`);
      throw SAVE_FAILED;
    }
    log.notice("DB saved on disk");
    this.#savedAt = clock.now();
    this.#dirtyAtSave = keyspace.dirty;
  }

  /** Loads the file, if there is one. Throws a `PersistenceError` where it is damaged. */
  async load(
    progress: (loadedBytes: number, totalBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { configuration: { settings }, keyspace, clock, log } = this.#server;
    const started = performance.now();
    const summary = await loadRdb({
      files: this.#files,
      directory: settings.dir,
      name: settings.dbfilename,
      keyspace,
      limits: settings,
      checksum: settings.rdbchecksum,
      expiredBefore: clock.now(),
      log,
      progress,
      signal,
    });
    if (summary === null) return;
    this.loadedKeys = summary.keys;
    this.expiredKeys = summary.expired;
    this.#dirtyAtSave = keyspace.dirty;
    log.notice(
      `Done loading RDB, keys loaded: ${summary.keys}, keys expired: ${summary.expired}.`,
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(3);
    log.notice(`DB loaded from disk: ${seconds} seconds`);
  }

  #options(): RdbSaveOptions {
    const { configuration: { settings }, clock, memory } = this.#server;
    const policy = settings["maxmemory-policy"];
    return {
      compress: settings.rdbcompression,
      checksum: settings.rdbchecksum,
      use: policy.endsWith("-lru") ? "idle" : policy.endsWith("-lfu") ? "frequency" : "none",
      aux: [
        ["redis-ver", REDIS_VERSION],
        ["redis-bits", "64"],
        ["ctime", String(Math.floor(clock.now() / 1000))],
        ["used-mem", String(memory.used)],
        ["aof-base", "0"],
      ],
    };
  }
}
