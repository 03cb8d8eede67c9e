/** Loading of the data set: at the start, while clients are answered LOADING, or at once (DEBUG). */

import type { CommandRegistry } from "../commands/registry.ts";
import type { AofReplay, ReplayVerdict } from "../persistence/aof_loader.ts";
import { type FileLoad, loadAtOnce, loadInSlices } from "../persistence/file_load.ts";
import { loadRdb, type RdbLoadSummary } from "../persistence/rdb_loader.ts";
import type { Reading } from "../persistence/rdb_reading.ts";
import type { Frame } from "../resp/frame.ts";
import { Outcome } from "../execution/outcome.ts";
import { rdbLoadOptions, type RdbServer } from "./rdb_options.ts";

/** Runs the commands of a file, one after the other. */
export interface CommandReplay {
  /** A file begins: its commands concern the first database, until they select another one. */
  startFile(): void;
  execute(frame: Frame): Outcome;
  /** Goes on with a command that stands half-way; says whether it still does. */
  goOn(): boolean;
}

/** What loading needs of the server. */
export interface LoadingServer extends RdbServer {
  readonly registry: CommandRegistry;
  /** Tells commands the time. */
  readonly dispatcher: { beginBatch(): void };
  /** `isAtOnce`: no command of a file may stand half-way. */
  createReplay(isAtOnce: boolean): CommandReplay;
}

/** Where loading stands, for INFO. */
export interface LoadingProgress {
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/** Progress is logged this often, in ms. */
const PROGRESS_INTERVAL = 1000;

/** Loads files into the keyspace of a server. */
export class DataLoader {
  /** Where loading stands; null when nothing is being loaded. */
  progress: LoadingProgress | null = null;
  /** What the last RDB file held, and how many of its keys had expired. */
  loadedKeys = 0;
  expiredKeys = 0;
  readonly #server: LoadingServer;

  constructor(server: LoadingServer) {
    this.#server = server;
  }

  /** Loads in slices; `what` is what the log calls it. */
  async loadInSlices<Summary>(
    load: FileLoad<Summary>,
    what: string,
    signal: AbortSignal,
  ): Promise<Summary> {
    const { keyspace, clock, configuration: { settings } } = this.#server;
    const began = clock.now();
    const loaded = keyspace.loading.hold();
    this.progress = { startedAt: began, loadedBytes: 0, totalBytes: 0 };
    try {
      const summary = await loadInSlices(load, {
        signal,
        keyDelay: () => settings["key-load-delay"],
        progress: this.#createProgress(began, what),
      });
      signal.throwIfAborted();
      return summary;
    } finally {
      this.progress = null;
      loaded();
    }
  }

  /** Loads within a command. */
  loadAtOnce<Summary>(load: FileLoad<Summary>): Summary {
    const { keyspace } = this.#server;
    const loaded = keyspace.loading.hold();
    try {
      return loadAtOnce(load);
    } finally {
      loaded();
    }
  }

  /** An RDB file was loaded. */
  noteLoaded({ keys, expired }: RdbLoadSummary): void {
    this.loadedKeys = keys;
    this.expiredKeys = expired;
    this.#server.log.notice(`Done loading RDB, keys loaded: ${keys}, keys expired: ${expired}.`);
  }

  /** Where the commands of an append-only file go; `isAtOnce`: others have no turn before its end. */
  createReplay(isAtOnce: boolean): AofReplay {
    const { registry } = this.#server;
    const replay = this.#server.createReplay(isAtOnce);
    return {
      startFile: () => replay.startFile(),
      loadRdb: (file, name) => {
        const load = loadRdb(file, name, rdbLoadOptions(this.#server, true));
        return {
          get offset() {
            return load.offset;
          },
          get loaded() {
            return load.loaded;
          },
          size: load.size,
          run: () => this.#runBase(load),
        };
      },
      apply: (frame: Frame): ReplayVerdict => {
        const command = registry.find(frame);
        if (command === undefined) return "unknown";
        if (!command.acceptsCount(frame.argc)) return "invalid";
        return replay.execute(frame) === Outcome.Suspended ? "halfway" : "ok";
      },
      goOn: () => replay.goOn(),
    };
  }

  *#runBase(load: FileLoad<RdbLoadSummary>): Reading<void> {
    this.noteLoaded(yield* load.run());
  }

  /** What is called between slices of loading: for INFO, the clock and the log. */
  #createProgress(
    began: number,
    what: string,
  ): (loadedBytes: number, totalBytes: number) => void {
    const { dispatcher, clock, log } = this.#server;
    let loggedAt = began;
    return (loadedBytes, totalBytes) => {
      const now = clock.now();
      this.progress = { startedAt: began, loadedBytes, totalBytes };
      dispatcher.beginBatch();
      if (now - loggedAt < PROGRESS_INTERVAL) return;
      loggedAt = now;
      const percent = Math.floor(100 * loadedBytes / Math.max(1, totalBytes));
      const rate = loadedBytes / 1024 / 1024 / ((now - began) / 1000);
      log.notice(`Loading the ${what}: ${percent}% done, ${rate.toFixed(1)} MB/s`);
    };
  }
}
