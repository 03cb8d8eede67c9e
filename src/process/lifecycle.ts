/** How a server ends: SHUTDOWN, signals, and what an embedding program asks. */

import type { Clock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { LifecycleView, ShutdownOptions } from "../commands/views/lifecycle.ts";
import type { Configuration, ShutdownOption } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import type { AofState } from "../persistence/aof.ts";
import type { BackgroundJobKind } from "../durability/background_job.ts";
import type { Supervisor } from "./supervisor.ts";

/** Signals that ask the server to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** What ends. */
export interface EndingServer {
  readonly log: Log;
  readonly configuration: Configuration;
  /** Whether the data set is still being loaded. */
  readonly isLoading: boolean;
  /** Whether a command stands half-way: a script that takes its time. */
  readonly isHalfway: boolean;
  readonly appendOnlyState: AofState;
  /** Work in the background. */
  readonly jobs: { readonly running: { readonly kind: BackgroundJobKind } | null; kill(): void };
  readonly rdbSaves: {
    /** Writes the RDB file; false, after a line in the log, where that fails. */
    saveNow(): boolean;
  };
  readonly supervisor: Pick<Supervisor, "status" | "stopping">;
  readonly clock: Pick<Clock, "now">;
  /** Who has not got all that was written. */
  readonly replicas: {
    readonly count: number;
    /** Those that lack something, each with what the log says of it. */
    readonly lagging: readonly string[];
  };
  /** Nothing changes the data until what it returns is called. */
  pauseWrites(): () => void;
  /** Runs no more commands; what was replied still leaves. */
  stopServing(): void;
  /** Ends everything; false when data may not be safe. */
  close(): Promise<boolean>;
}

/** An end that waits for replicas. */
interface WaitingEnd {
  readonly options: ShutdownOptions;
  /** When they are waited for no longer, in ms since the epoch. */
  readonly until: number;
  readonly resume: () => void;
  /** Called when it does not come to an end, by those who wait for it. */
  readonly failed: (() => void)[];
}

const FAILED = new ReplyError("ERR Errors trying to SHUTDOWN. Check logs.");

/** Ends the server once, however often it is asked to. */
export class Lifecycle implements LifecycleView {
  readonly ended: Promise<number>;
  readonly #server: EndingServer;
  readonly #resolve: (exitCode: number) => void;
  #began = false;
  /** What has asked for the end and was not acted on yet. */
  #signal: StopSignal | null = null;
  #waiting: WaitingEnd | null = null;

  constructor(server: EndingServer) {
    this.#server = server;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    this.#resolve = resolve;
  }

  /** Whether the server is ending. */
  get isEnding(): boolean {
    return this.#began;
  }

  shutdown(options: ShutdownOptions, failed: () => void = () => {}): void {
    if (this.#began) return;
    if (this.#waiting !== null && !options.now) {
      this.#waiting.failed.push(failed);
      return;
    }
    const { log, supervisor, replicas, clock, configuration: { settings } } = this.#server;
    log.warning("User requested shutdown...");
    supervisor.stopping();
    const timeout = settings["shutdown-timeout"] * 1000;
    if (!options.now && timeout > 0 && replicas.lagging.length > 0) {
      const until = clock.now() + timeout, resume = this.#server.pauseWrites();
      this.#waiting = { options, until, resume, failed: [failed] };
      return;
    }
    this.#finish(options);
  }

  /** How long replicas are waited for at most, in ms; null: no end waits for them. */
  get waitsFor(): number | null {
    return this.#waiting === null ? null : this.#waiting.until - this.#server.clock.now();
  }

  /** Ends the server; throws `FAILED` where data is not safe. */
  #finish(options: ShutdownOptions): void {
    const { log, replicas } = this.#server;
    const { lagging } = replicas;
    for (const line of lagging) log.warning(line);
    if (replicas.count > 0) {
      const inSync = replicas.count - lagging.length;
      log.notice(`${inSync} of ${replicas.count} replicas are in sync when shutting down.`);
    }
    if (!this.#makeSafe(options) && !options.force) {
      log.warning("Errors trying to shut down the server. Check the logs for more information.");
      this.#giveUp();
      throw FAILED;
    }
    this.#begin(0);
  }

  /** The end that waits for replicas comes, if they have everything or had their time. */
  #finishIfReady(): void {
    const waiting = this.#waiting;
    if (waiting === null || this.#began) return;
    const { clock, replicas } = this.#server;
    if (clock.now() < waiting.until && replicas.lagging.length > 0) return;
    try {
      this.#finish(waiting.options);
    } catch (error) {
      // The log says why.
      if (error !== FAILED) throw error;
    }
  }

  /** The end that waited does not come. */
  #giveUp(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    waiting.resume();
    for (const tell of waiting.failed) tell();
  }

  /** Ends work in the background and makes the last snapshot, where one is wanted; false where that fails. */
  #makeSafe(options: ShutdownOptions): boolean {
    const { log, supervisor, jobs, rdbSaves, appendOnlyState } = this.#server;
    const { settings } = this.#server.configuration;
    const outcome = options.force ? ". Exit anyway." : ", can't exit.";
    if (jobs.running?.kind === "rdb") {
      log.warning("There is a child saving an .rdb. Killing it!");
      jobs.kill();
    }
    if (jobs.running !== null) {
      if (appendOnlyState === "waiting") {
        log.warning(`Writing initial AOF${outcome}`);
        if (!options.force) return false;
      }
      log.warning("There is a child rewriting the AOF. Killing it!");
      jobs.kill();
    }
    if (appendOnlyState !== "off") log.notice("Calling fsync() on the AOF file.");
    // A data set that is not loaded yet is not saved, whatever is asked for.
    if (!this.#server.isLoading && wantsSnapshot(options, settings.save.length > 0)) {
      log.notice("Saving the final RDB snapshot before exiting.");
      supervisor.status("Saving the final RDB snapshot");
      if (!rdbSaves.saveNow()) {
        const failure = `Error trying to save the DB${outcome}`;
        log.warning(failure);
        if (!options.force) supervisor.status(failure);
        return false;
      }
    }
    return true;
  }

  /**
   * A signal asks for the end: it comes with `shutDownIfAsked`, and SHUTDOWN ABORT takes it back until then. A
   * SIGINT that comes meanwhile, or while the server is ending, has `exit` end the process.
   */
  receive(signal: StopSignal, exit: (code: number) => void): void {
    const { log, jobs, isLoading } = this.#server;
    if (signal === "SIGINT" && (this.#signal !== null || this.#began)) {
      log.warning("You insist... exiting now.");
      // What it has written so far must not stay.
      jobs.kill();
      return exit(1);
    }
    log.warning(
      isLoading
        ? "Received shutdown signal during loading, scheduling shutdown."
        : `Received ${signal} scheduling shutdown...`,
    );
    this.#signal = signal;
  }

  /** Does what `shutdown-on-sigint` or `shutdown-on-sigterm` says, if such a signal has come. */
  shutDownIfAsked(): void {
    this.#finishIfReady();
    const signal = this.#signal;
    if (signal === null || this.#began || this.#waiting !== null) return;
    // As in Redis, the script comes first, unless it stands in the file that is loaded.
    if (this.#server.isHalfway && !this.#server.isLoading) return;
    const { configuration: { settings } } = this.#server;
    const words = settings[signal === "SIGINT" ? "shutdown-on-sigint" : "shutdown-on-sigterm"];
    try {
      this.shutdown(asShutdownOptions(words));
    } catch (error) {
      // The log says why; the next signal is another attempt.
      if (error !== FAILED) throw error;
      this.#signal = null;
    }
  }

  abortShutdown(): boolean {
    if (this.#signal === null && this.#waiting === null || this.#began) return false;
    this.#signal = null;
    this.#giveUp();
    this.#server.log.notice("Shutdown manually aborted.");
    return true;
  }

  /** Ends because data cannot be kept as promised: nothing more is answered. */
  abort(): void {
    if (!this.#began) this.#begin(1);
  }

  #begin(exitCode: number): void {
    this.#began = true;
    this.#server.stopServing();
    this.#end(exitCode);
  }

  async #end(exitCode: number): Promise<void> {
    const safe = await this.#server.close();
    this.#server.log.warning("Redis is now ready to exit, bye bye...");
    this.#resolve(safe ? exitCode : 1);
  }
}

function wantsSnapshot({ save }: ShutdownOptions, hasRules: boolean): boolean {
  return save === "save" || save === "default" && hasRules;
}

function asShutdownOptions(words: readonly ShutdownOption[]): ShutdownOptions {
  const has = (word: ShutdownOption) => words.includes(word);
  return {
    save: has("save") ? "save" : has("nosave") ? "nosave" : "default",
    now: has("now"),
    force: has("force"),
  };
}
