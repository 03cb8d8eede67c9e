/** A full synchronisation: all data of the primary takes the place of the replica's own. */

import type { Clock } from "../../base/clock.ts";
import type { Configuration } from "../../config/mod.ts";
import type { DataLoader } from "../../durability/data_loader.ts";
import { hasDirectory } from "../../durability/data_directory.ts";
import { rdbLoadOptions, type RdbServer } from "../../durability/rdb_options.ts";
import type { BackgroundJobs } from "../../durability/background_jobs.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { Log } from "../../observe/log.ts";
import {
  fileErrorText,
  type FileSystem,
  type OpenFile,
  writeAllSync,
} from "../../persistence/file.ts";
import { PersistenceError } from "../../persistence/persistence_error.ts";
import {
  loadRdb,
  loadRdbStream,
  openRdb,
  type RdbLoadSummary,
} from "../../persistence/rdb_loader.ts";
import { Payload, readPayloadHead } from "./payload.ts";
import { LinkError, type PrimarySocket } from "./primary_socket.ts";

/** What a full synchronisation needs of the server. */
export interface SyncedServer extends RdbServer {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly files: FileSystem;
  readonly keyspace: Keyspace;
  readonly jobs: BackgroundJobs;
  readonly persistence: {
    readonly loader: DataLoader;
    /** Stops writing an append-only file, if there is one, until `restartAfterSync`. */
    stopForSync(): void;
  };
}

/** How far the transfer of the data has come. */
export interface TransferProgress {
  /** How many bytes there are; 0 where that is not known. */
  readonly total: number;
  readonly read: number;
}

/** The file is synced after so many bytes, so that not all of it has to be in the end. */
const SYNC_EVERY = 8 * 1024 * 1024;
/** Numbers the temporary files: servers of one process may share a directory. */
let files = 0;

/** How the data is loaded. */
type LoadMode = "file" | "empty" | "swap";

/** One full synchronisation. */
export class FullSync {
  readonly #server: SyncedServer;
  readonly #socket: PrimarySocket;
  /** Called when the replica's data, and what is built on it, goes. */
  readonly #attach: () => void;
  /** Whether the data is of the same history as the present one, so that this may go on to be read meanwhile. */
  readonly #isSameHistory: boolean;
  readonly #signal: AbortSignal;
  #total = 0;
  #read = 0;
  /** Whether all of the data has come. */
  hasAll = false;
  /** Whether the data is being loaded. */
  isLoading = false;

  constructor(
    server: SyncedServer,
    { socket, attach, isSameHistory, signal }: {
      readonly socket: PrimarySocket;
      readonly attach: () => void;
      readonly isSameHistory: boolean;
      readonly signal: AbortSignal;
    },
  ) {
    this.#server = server;
    this.#socket = socket;
    this.#attach = attach;
    this.#isSameHistory = isSameHistory;
    this.#signal = signal;
  }

  get progress(): TransferProgress {
    return { total: this.#total, read: this.#read };
  }

  /**
   * Does all of it. Throws `LinkError` where that fails; the data is then what it was before, or none. Returns
   * what the data says about itself.
   */
  async run(): Promise<RdbLoadSummary> {
    const mode = this.#mode;
    const { log } = this.#server;
    this.#socket.isCounted = true;
    const head = await readPayloadHead(
      this.#socket,
      log,
      mode === "file" ? "to disk" : "to parser",
    );
    this.#total = head.size ?? 0;
    const payload = new Payload(this.#socket, head);
    if (mode === "file") return await this.#throughFile(payload);
    return await this.#fromStream(payload, head.size ?? Infinity, mode);
  }

  get #mode(): LoadMode {
    const { configuration: { settings }, keyspace } = this.#server;
    const wanted = settings["repl-diskless-load"];
    if (wanted === "swapdb") return "swap";
    const isEmpty = keyspace.databases.every(({ size }) => size === 0);
    if (wanted === "on-empty-db" && isEmpty) return "empty";
    return hasDirectory(settings) ? "file" : "empty";
  }

  async #readPayload(payload: Payload): Promise<Uint8Array | null> {
    const bytes = await payload.read();
    this.#signal.throwIfAborted();
    this.#read += bytes?.length ?? 0;
    this.hasAll = bytes === null;
    return bytes;
  }

  // --- Through a file ----------------------------------------------------------------------------

  async #throughFile(payload: Payload): Promise<RdbLoadSummary> {
    const { files, log, configuration: { settings: { dir, dbfilename } } } = this.#server;
    const temporary = await this.#receiveFile(payload);
    this.#stopWriting(true);
    this.#flush();
    log.notice("MASTER <-> REPLICA sync: Loading DB in memory");
    this.isLoading = true;
    try {
      files.renameSync(temporary, `${dir}/${dbfilename}`);
      files.syncDirSync(dir);
    } catch (error) {
      this.#remove(temporary);
      throw new LinkError(
        `Failed trying to rename the temp DB into ${dbfilename} in MASTER <-> REPLICA ` +
          `synchronization: ${fileErrorText(error)}`,
      );
    }
    try {
      return await this.#loadFile();
    } finally {
      this.#removeIfUnwanted();
    }
  }

  /** Writes the data into a temporary file, whose path is returned. */
  async #receiveFile(payload: Payload): Promise<string> {
    const { files: system, clock, configuration: { settings: { dir } } } = this.#server;
    const seconds = Math.floor(clock.now() / 1000);
    const path = `${dir}/temp-${seconds}.${Deno.pid}${files++ === 0 ? "" : `-${files}`}.rdb`;
    let file: OpenFile;
    try {
      file = system.openSync(path, "create");
    } catch (error) {
      throw new LinkError(
        "Opening the temp file needed for MASTER <-> REPLICA synchronization: " +
          fileErrorText(error),
      );
    }
    try {
      await this.#receiveInto(file, payload);
      return path;
    } catch (error) {
      this.#remove(path);
      throw error;
    } finally {
      file.close();
    }
  }

  async #receiveInto(file: OpenFile, payload: Payload): Promise<void> {
    let synced = 0;
    for (let bytes; (bytes = await this.#readPayload(payload)) !== null;) {
      try {
        writeAllSync(file, bytes);
      } catch (error) {
        throw new LinkError(
          "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA " +
            `synchronization: ${fileErrorText(error)}`,
        );
      }
      if (this.#read - synced < SYNC_EVERY) continue;
      synced = this.#read;
      await this.#syncFile(file);
    }
    await this.#syncFile(file);
  }

  async #syncFile(file: OpenFile): Promise<void> {
    try {
      await file.syncData();
    } catch (error) {
      throw new LinkError(
        "Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization: " +
          fileErrorText(error),
      );
    }
  }

  async #loadFile(): Promise<RdbLoadSummary> {
    const { files, log, configuration: { settings: { dir, dbfilename } } } = this.#server;
    const { loader } = this.#server.persistence;
    const file = openRdb(files, dir, dbfilename);
    if (file === null) throw new LinkError(`There is no RDB file ${dbfilename}`);
    try {
      const load = loadRdb(file, dbfilename, this.#options(this.#server.keyspace));
      const summary = await loader.loadInSlices(load, "RDB", this.#signal);
      loader.noteLoaded(summary);
      return summary;
    } catch (error) {
      if (!(error instanceof PersistenceError) || this.#signal.aborted) throw error;
      this.#flush();
      log.warning(error.message);
      throw new LinkError(
        "Failed trying to load the MASTER synchronization DB from disk, check server logs.",
      );
    } finally {
      file.close();
    }
  }

  /** Removes the file where none is to be kept. */
  #removeIfUnwanted(): void {
    const { log, configuration: { settings } } = this.#server;
    const { dir, dbfilename, appendonly, save } = settings;
    if (!settings["rdb-del-sync-files"] || appendonly || save.length > 0) return;
    log.notice(
      "Removing the RDB file obtained from the master. This replica has persistence disabled",
    );
    this.#remove(`${dir}/${dbfilename}`);
  }

  #remove(path: string): void {
    const { files, log } = this.#server;
    try {
      if (files.statSync(path) !== null) files.removeSync(path);
    } catch (error) {
      log.warning(`The file ${path} stays: ${fileErrorText(error)}`);
    }
  }

  // --- As it comes -------------------------------------------------------------------------------

  async #fromStream(payload: Payload, size: number, mode: LoadMode): Promise<RdbLoadSummary> {
    const { log, keyspace, persistence: { loader } } = this.#server;
    this.#stopWriting(false);
    const swaps = mode === "swap";
    if (!swaps) this.#flush();
    log.notice("MASTER <-> REPLICA sync: Loading DB in memory");
    this.isLoading = true;
    const target = swaps ? keyspace.createAnother() : keyspace;
    const load = loadRdbStream(size, "of the primary", this.#options(target));
    try {
      const summary = await loader.loadStream(load, {
        isAside: swaps && this.#isSameHistory,
        read: () => this.#readPayload(payload),
        signal: this.#signal,
      });
      if (load.rest.length > 0 || await payload.read() !== null) {
        throw new LinkError("Replication stream EOF marker is broken");
      }
      loader.noteLoaded(summary);
      if (swaps) this.#swap(target);
      keyspace.dirty++;
      return summary;
    } catch (error) {
      if (this.#signal.aborted) throw error;
      if (!(error instanceof PersistenceError || error instanceof LinkError)) throw error;
      log.warning(error.message);
      if (swaps) log.notice("MASTER <-> REPLICA sync: Discarding temporary DB in background");
      else this.#flush();
      throw new LinkError(
        "Failed trying to load the MASTER synchronization DB from socket, check server logs.",
      );
    }
  }

  #swap(loaded: Keyspace): void {
    const { log, keyspace } = this.#server;
    this.#attach();
    log.notice("MASTER <-> REPLICA sync: Swapping active DB with loaded DB");
    keyspace.takeFrom(loaded);
    log.notice("MASTER <-> REPLICA sync: Discarding old DB in background");
  }

  // --- Both --------------------------------------------------------------------------------------

  #options(keyspace: Keyspace): ReturnType<typeof rdbLoadOptions> {
    return { ...rdbLoadOptions(this.#server, false), keyspace, expiredBefore: 0 };
  }

  /** What is written by the server itself is not to be a mixture of two data sets. */
  #stopWriting(hasFile: boolean): void {
    const { persistence, jobs, log } = this.#server;
    persistence.stopForSync();
    if (jobs.running?.kind !== "rdb") return;
    if (hasFile) {
      log.notice(
        "Replica is about to load the RDB file received from the master, but there is a pending RDB " +
          "child running. Killing it and removing its temp file to avoid any race",
      );
    }
    jobs.kill();
  }

  #flush(): void {
    const { log, keyspace, configuration: { settings } } = this.#server;
    this.#attach();
    log.notice("MASTER <-> REPLICA sync: Flushing old data");
    keyspace.clear(keyspace.databases, settings["replica-lazy-flush"]);
    keyspace.libraries.clear();
  }
}
