/** The append-only file in a server: loading at start, the gate's durability, CONFIG SET appendonly. */

import type { Clock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import { type Configuration, type Settings, ValueError } from "../config/mod.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import { type AofHost, AppendOnlyFile } from "../persistence/aof.ts";
import type { AofReplay, ReplayVerdict } from "../persistence/aof_loader.ts";
import { dumpKeyspace } from "../persistence/dump.ts";
import type { FileSystem } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import type { Frame } from "../resp/frame.ts";
import type { Client } from "./client.ts";
import type { Dispatcher, WriteGuard } from "./dispatcher.ts";
import type { OutputGate } from "./gate.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Propagation, PropagationSink } from "./propagation.ts";
import type { Snapshots } from "./snapshots.ts";

/** What persistence needs of the server. */
export interface PersistentServer {
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: Configuration;
  readonly keyspace: Keyspace;
  readonly registry: CommandRegistry;
  readonly dispatcher: Dispatcher;
  readonly gate: OutputGate;
  readonly propagation: Propagation;
  readonly lifecycle: Lifecycle;
  readonly snapshots: Snapshots;
  createInternalClient(): Client;
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

/** The server's data on disk. */
export class Persistence implements WriteGuard, PropagationSink {
  readonly aof: AppendOnlyFile;
  /** Where loading stands; null when nothing is being loaded. */
  loading: LoadingProgress | null = null;
  readonly #server: PersistentServer;
  readonly #abort = new AbortController();

  constructor(server: PersistentServer, files: FileSystem) {
    this.#server = server;
    const { clock, log, gate, configuration: { settings } } = server;
    this.aof = new AppendOnlyFile({
      clock,
      log,
      files,
      settings: aofSettings(settings),
      onSafe: () => gate.safeGrew(),
      onFatal: () => server.lifecycle.abort(),
    });
  }

  /** Loads what is on disk and begins to write behind it, where the configuration wants that. */
  async load(): Promise<void> {
    const { configuration } = this.#server;
    if (configuration.settings.appendonly) {
      await this.#loading((began) => this.aof.load(this.#createReplay(began), this.#abort.signal));
      this.#abort.signal.throwIfAborted();
      this.#begin(() => this.aof.start());
    } else {
      await this.#loading((began) =>
        this.#server.snapshots.load(this.#createProgress(began, "RDB"), this.#abort.signal)
      );
      this.#abort.signal.throwIfAborted();
    }
    configuration.onChange("appendonly", (on) => this.#switch(on));
    configuration.onChange("appendfsync", () => this.aof.writer.policyChanged());
  }

  /** Writes and syncs what there is; false when that did not work. Ends a loading under way. */
  async close(): Promise<boolean> {
    this.#abort.abort(new PersistenceError("The server was stopped while it was loading"));
    return await this.aof.close();
  }

  get refusal(): ReplyError | null {
    const { error } = this.aof.writer;
    if (error === null) return null;
    return new ReplyError(`MISCONF Errors writing to the AOF file: ${error}`);
  }

  propagate(database: number, buffer: Uint8Array, start: number, end: number): void {
    this.aof.writer.appendEncoded(database, buffer, start, end);
  }

  /** Loads what `load` loads, which is given the time; commands are answered LOADING meanwhile. */
  async #loading(load: (began: number) => Promise<unknown>): Promise<void> {
    const { keyspace, clock } = this.#server;
    const began = clock.now();
    keyspace.loading = true;
    this.loading = { startedAt: began, loadedBytes: 0, totalBytes: 0 };
    try {
      await load(began);
    } finally {
      keyspace.loading = false;
      this.loading = null;
    }
  }

  #createReplay(began: number): AofReplay {
    const { dispatcher, registry } = this.#server;
    const client = this.#server.createInternalClient();
    return {
      startFile: () => client.select(0),
      apply: (frame: Frame): ReplayVerdict => {
        const command = registry.find(frame);
        if (command === undefined) return "unknown";
        if (!command.acceptsCount(frame.argc)) return "invalid";
        dispatcher.execute(client, frame);
        return "ok";
      },
      progress: this.#createProgress(began, "AOF"),
    };
  }

  /** What is called between slices of loading: for INFO, the clock and the log. */
  #createProgress(began: number, what: string): AofReplay["progress"] {
    const { dispatcher, clock, log } = this.#server;
    let loggedAt = began;
    return (loadedBytes, totalBytes) => {
      const now = clock.now();
      this.loading = { startedAt: began, loadedBytes, totalBytes };
      dispatcher.beginBatch();
      if (now - loggedAt < PROGRESS_INTERVAL) return;
      loggedAt = now;
      const percent = Math.floor(100 * loadedBytes / Math.max(1, totalBytes));
      const rate = loadedBytes / 1024 / 1024 / ((now - began) / 1000);
      log.notice(`Loading the ${what}: ${percent}% done, ${rate.toFixed(1)} MB/s`);
    };
  }

  #switch(on: boolean): void {
    if (on === this.aof.writer.active) return;
    if (on) {
      try {
        this.#begin(() => this.aof.enable(dumpKeyspace(this.#server.keyspace)));
      } catch (error) {
        if (!(error instanceof PersistenceError)) throw error;
        this.#server.log.warning(error.message);
        throw new ValueError("Unable to turn on AOF. Check server logs.");
      }
    } else {
      this.#server.propagation.removeSink(this);
      this.aof.disable();
      this.#server.gate.setDurability(null);
    }
  }

  #begin(start: () => void): void {
    start();
    this.#server.propagation.addSink(this);
    this.#server.gate.setDurability(this.aof.writer);
  }
}

/** The settings under the names that the append-only file knows. */
function aofSettings(settings: Readonly<Settings>): AofHost["settings"] {
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
      return settings.appendfsync;
    },
    get timestampsEnabled() {
      return settings["aof-timestamp-enabled"];
    },
    get loadTruncated() {
      return settings["aof-load-truncated"];
    },
  };
}
