/** When the append-only file is rewritten: BGREWRITEAOF, its growth, and the way it is turned on. */

import type { Clock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { AofRewritesView, BackgroundStart } from "../commands/views/persistence.ts";
import type { Configuration } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import type { AofRewrite, AppendOnlyFile } from "../persistence/aof.ts";
import { fileErrorText } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import type { BackgroundTask, JobOutcome } from "./background_job.ts";
import { requireDirectory } from "./data_directory.ts";
import type { BackgroundJobs, BackgroundWorker } from "./background_jobs.ts";

/** What rewriting needs of the server. */
export interface RewritingServer {
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: Configuration;
  readonly jobs: BackgroundJobs;
  readonly dispatcher: { readonly isNested: boolean };
}

const IN_PROGRESS = new ReplyError(
  "ERR Background append only file rewriting already in progress",
);
const NOT_STARTED = new ReplyError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
    "information.",
);

/** After so many failures in a row, the next rewrites that the server begins by itself have to wait. */
const FAILURES_UNTIL_LIMIT = 3;
/** The longest such wait, in minutes; the first one is of one minute, each further one twice as long. */
const LONGEST_WAIT = 60;

/** Rewrites of one append-only file. */
export class AofRewrites implements AofRewritesView, BackgroundWorker {
  /** How many were begun. */
  count = 0;
  consecutiveFailures = 0;
  lastStatus: "ok" | "err" = "ok";
  /** Seconds that the last one took, or -1. */
  lastSeconds = -1;
  readonly #server: RewritingServer;
  readonly #aof: AppendOnlyFile;
  /** Since when rewrites have to wait; 0: they need not. In s since the epoch. */
  #waitsUntil = 0;
  #waitMinutes = 0;

  constructor(server: RewritingServer, aof: AppendOnlyFile) {
    this.#server = server;
    this.#aof = aof;
  }

  /** Zeroes what is counted. */
  resetStatistics(): void {
    this.count = 0;
  }

  request(): BackgroundStart {
    const { jobs, dispatcher, configuration } = this.#server;
    requireDirectory(configuration.settings);
    if (jobs.running?.kind === "aof") throw IN_PROGRESS;
    if (jobs.running !== null || dispatcher.isNested) {
      jobs.wait("aof");
      this.consecutiveFailures = 0;
      return "scheduled";
    }
    try {
      jobs.begin("aof");
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      throw NOT_STARTED;
    }
    return "started";
  }

  /** The files have grown so much (`auto-aof-rewrite-percentage`). */
  dueReason(): string | null {
    const { configuration: { settings } } = this.#server;
    const percentage = settings["auto-aof-rewrite-percentage"];
    if (this.#aof.state !== "on" || percentage === 0) return null;
    const { currentSize, baseSize } = this.#aof.statistics;
    if (currentSize <= settings["auto-aof-rewrite-min-size"]) return null;
    const growth = Math.floor(currentSize * 100 / (baseSize || 1)) - 100;
    return growth < percentage ? null : `Starting automatic rewriting of AOF on ${growth}% growth`;
  }

  open(): BackgroundTask {
    const { log, configuration: { settings } } = this.#server;
    const aof = this.#aof;
    const began = this.#seconds;
    let rewrite: AofRewrite;
    try {
      rewrite = aof.beginRewrite();
    } catch (error) {
      this.lastStatus = "err";
      if (!(error instanceof PersistenceError)) throw error;
      this.consecutiveFailures++;
      log.warning(error.message);
      throw error;
    }
    this.count++;
    log.notice("Background append only file rewriting started");
    return {
      kind: "aof",
      target: rewrite.file,
      writer: rewrite.writer,
      syncsOften: settings["aof-rewrite-incremental-fsync"],
      finish: () => aof.finishRewrite(rewrite),
      abandon: () => aof.abandonRewrite(),
      ended: (outcome, error) => {
        this.lastSeconds = this.#seconds - began;
        this.#ended(outcome, error);
      },
    };
  }

  get #seconds(): number {
    return Math.floor(this.#server.clock.now() / 1000);
  }

  #ended(outcome: JobOutcome, error: unknown): void {
    const { log, jobs } = this.#server;
    if (outcome === "failed") {
      this.#failed(error);
    } else if (outcome === "killed") {
      log.warning("Background AOF rewrite was ended before its time");
    } else {
      this.lastStatus = "ok";
      this.consecutiveFailures = 0;
      log.notice("Background AOF rewrite finished successfully");
    }
    // The append-only file is not on before one has worked.
    if (this.#aof.state === "waiting") jobs.wait("aof");
  }

  #failed(error: unknown): void {
    const { log } = this.#server;
    this.lastStatus = "err";
    this.consecutiveFailures++;
    log.warning(
      error instanceof PersistenceError
        ? error.message
        : `Write error writing append only file on disk: ${fileErrorText(error)}`,
    );
    log.warning("Background AOF rewrite terminated with error");
  }

  /** Whether so many rewrites have failed that the next one is not due yet. */
  hasToWait(): boolean {
    const now = this.#seconds;
    if (this.consecutiveFailures < FAILURES_UNTIL_LIMIT) {
      this.#waitMinutes = this.#waitsUntil = 0;
      return false;
    }
    if (this.#waitsUntil !== 0) {
      if (now < this.#waitsUntil) return true;
      this.#waitsUntil = 0;
      return false;
    }
    this.#waitMinutes = Math.min(2 * this.#waitMinutes || 1, LONGEST_WAIT);
    this.#waitsUntil = now + 60 * this.#waitMinutes;
    this.#server.log.warning(
      "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in " +
        `${this.#waitMinutes} minutes`,
    );
    return true;
  }
}
