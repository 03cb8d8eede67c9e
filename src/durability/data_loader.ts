/** Loading of the data set: at the start, while clients are answered LOADING, or at once (DEBUG). */

import type { CommandRegistry } from "../commands/registry.ts";
import type { AofReplay, ReplayVerdict } from "../persistence/aof_loader.ts";
import { type FileLoad, loadAtOnce, loadInSlices } from "../persistence/file_load.ts";
import { loadRdb, type RdbLoadSummary, type RdbStreamLoad } from "../persistence/rdb_loader.ts";
import type { Reading } from "../persistence/rdb_reading.ts";
import type { Frame } from "../resp/frame.ts";
import { Outcome } from "../execution/outcome.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
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
  /** Whether the data that there was is served meanwhile. */
  readonly isAside: boolean;
}

/** A command of a file was answered with an error, and `propagation-error-behavior` asks for an end then. */
export class ReplayPanic extends PersistenceError {
  static {
    this.prototype.name = "ReplayPanic";
  }

  constructor(command: string) {
    const message = "This server panicked sending an error to its AOF-loading-client after " +
      `processing the command '${command}'`;
    super(message, [
      "!!! Software Failure. Press left mouse button to continue",
      `Guru Meditation: ${message}`,
    ]);
  }
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
    this.progress = { startedAt: began, loadedBytes: 0, totalBytes: 0, isAside: false };
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

  /**
   * Loads what comes piece by piece, in slices; `isAside`: into another keyspace, while the present data is
   * served. Throws what `read` throws.
   */
  async loadStream(
    load: RdbStreamLoad,
    { read, signal, isAside }: {
      /** The next bytes; null: nothing more comes. */
      readonly read: () => Promise<Uint8Array | null>;
      readonly signal: AbortSignal;
      readonly isAside: boolean;
    },
  ): Promise<RdbLoadSummary> {
    const { keyspace, clock, configuration: { settings } } = this.#server;
    const began = clock.now();
    const loaded = (isAside ? keyspace.loadingAside : keyspace.loading).hold();
    this.progress = { startedAt: began, loadedBytes: 0, totalBytes: 0, isAside };
    try {
      return await loadInSlices(load, {
        signal,
        keyDelay: () => settings["key-load-delay"],
        progress: this.#createProgress(began, "RDB", isAside),
        more: async () => {
          const bytes = await read();
          if (bytes === null) load.endStream();
          else load.feed(bytes);
        },
      });
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
  noteLoaded({ keys, expired, empty }: RdbLoadSummary): void {
    const { log } = this.#server;
    this.loadedKeys = keys;
    this.expiredKeys = expired;
    const done = `Done loading RDB, keys loaded: ${keys}, keys expired: ${expired}`;
    if (empty > 0) log.warning(`${done}, empty keys skipped: ${empty}.`);
    else log.notice(`${done}.`);
  }

  /** Where the commands of an append-only file go; `isAtOnce`: others have no turn before its end. */
  createReplay(isAtOnce: boolean): AofReplay {
    const { registry } = this.#server;
    const replay = this.#server.createReplay(isAtOnce);
    const { settings } = this.#server.configuration;
    const panics = () => settings["propagation-error-behavior"] === "panic";
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
        const outcome = replay.execute(frame);
        if (outcome === Outcome.Suspended) return "halfway";
        const failed = outcome === Outcome.Failed || outcome === Outcome.Refused;
        if (failed && panics()) {
          throw new ReplayPanic(command.fullName);
        }
        return "ok";
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
    isAside = false,
  ): (loadedBytes: number, totalBytes: number) => void {
    const { dispatcher, clock, log } = this.#server;
    let loggedAt = began;
    return (loadedBytes, totalBytes) => {
      const now = clock.now();
      const known = Number.isFinite(totalBytes) ? totalBytes : 0;
      this.progress = { startedAt: began, loadedBytes, totalBytes: known, isAside };
      dispatcher.beginBatch();
      if (now - loggedAt < PROGRESS_INTERVAL) return;
      loggedAt = now;
      const isKnown = Number.isFinite(totalBytes) && totalBytes > 0;
      const percent = isKnown ? Math.floor(100 * loadedBytes / totalBytes) : 0;
      const rate = loadedBytes / 1024 / 1024 / ((now - began) / 1000);
      log.notice(`Loading the ${what}: ${percent}% done, ${rate.toFixed(1)} MB/s`);
    };
  }
}
