/** The one queue of work in the background: what runs, what waits for that, and what is begun next. */

import { LOADING } from "../base/errors.ts";
import type { Hold } from "../base/hold.ts";
import type { Log } from "../observe/log.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import {
  BackgroundJob,
  type BackgroundJobHost,
  type BackgroundJobKind,
  type BackgroundTask,
  type RunningJob,
} from "./background_job.ts";

/** Who does the work of one kind. */
export interface BackgroundWorker {
  /** What the log says of the reason to begin now, though nobody asks for it; null where there is none. */
  dueReason(): string | null;
  /** Whether so much has failed that what is due, or waits, has to be put off. */
  hasToWait(): boolean;
  /** Opens the file and begins to write it. Throws a `PersistenceError` that is in the log already. */
  open(): BackgroundTask;
}

/** What the queue needs of the server. */
export interface BackgroundQueueHost extends BackgroundJobHost {
  readonly log: Log;
  /** As long as it is held nothing begins: half of the data is not what a file should hold. */
  readonly loading: Hold;
  /** Nor is what a script has done that has not ended. */
  readonly halfway: Hold;
  /** Called when a job has begun or ended. */
  onChange(): void;
}

/** A kind of work, with why it would be begun: it waits for its turn, or is due by itself. */
interface Candidate {
  readonly kind: BackgroundJobKind;
  readonly reason: "waits" | "due";
}

/** What is begun first when the slot is free, as in Redis. */
const PREFERENCE: readonly Candidate[] = [
  { kind: "aof", reason: "waits" },
  { kind: "rdb", reason: "due" },
  { kind: "aof", reason: "due" },
  { kind: "rdb", reason: "waits" },
];
/** The only one that may follow a job at once; all others are looked at again later. */
const NEXT_OF_ALL = PREFERENCE.filter(({ kind, reason }) => kind === "rdb" && reason === "waits");

/** The slot that one job at a time is in, and the queue for it. */
export class BackgroundJobs {
  readonly #host: BackgroundQueueHost;
  readonly #workers = new Map<BackgroundJobKind, BackgroundWorker>();
  readonly #waiting = new Set<BackgroundJobKind>();
  #job: BackgroundJob | null = null;
  /** Whether a job has ended that `beginNext` does not know of. */
  #hasEnded = false;
  /** Jobs whose files are not closed yet, killed ones among them. */
  readonly #unsettled = new Set<Promise<void>>();

  constructor(host: BackgroundQueueHost) {
    this.#host = host;
  }

  /** The job that is running, or null. */
  get running(): RunningJob | null {
    return this.#job;
  }

  /** Whether work of a kind waits for its turn. */
  isWaiting(kind: BackgroundJobKind): boolean {
    return this.#waiting.has(kind);
  }

  /** Names who does the work of a kind. */
  setWorker(kind: BackgroundJobKind, worker: BackgroundWorker): void {
    this.#workers.set(kind, worker);
  }

  /** Has work begun as soon as that is possible. */
  wait(kind: BackgroundJobKind): void {
    this.#waiting.add(kind);
  }

  /** Takes `wait` back. */
  forget(kind: BackgroundJobKind): void {
    this.#waiting.delete(kind);
  }

  /**
   * Begins work now, which is the only way for any; no job may be running. Throws the worker's
   * `PersistenceError`, or `LOADING`.
   */
  begin(kind: BackgroundJobKind): void {
    this.run(() => this.#workerFor(kind).open());
    // A save that waits is one for itself, whatever was saved meanwhile: so it is in Redis.
    if (kind === "aof") this.#waiting.delete(kind);
  }

  /** Does a task that `open` begins. No job may be running. Throws what `open` throws, or `LOADING`. */
  run(open: () => BackgroundTask): void {
    if (this.#job !== null) throw new Error("A background job is running");
    if (this.#host.loading.isHeld) throw LOADING;
    const task = open();
    const job = new BackgroundJob(task, this.#host);
    this.#job = job;
    this.#host.onChange();
    const settled = job.run().then(() => this.#end(job)).finally(() => {
      this.#unsettled.delete(settled);
    });
    this.#unsettled.add(settled);
  }

  /** Begins what waits or is due, if the slot is free for it. To be called again and again. */
  beginNext(): void {
    const { loading, halfway } = this.#host;
    if (this.#job !== null || loading.isHeld || halfway.isHeld) return;
    const candidates = this.#hasEnded ? NEXT_OF_ALL : PREFERENCE;
    this.#hasEnded = false;
    candidates.some((candidate) => this.#beginIfWanted(candidate));
  }

  /** Ends the job at once, if there is one: what it wrote is removed. */
  kill(): void {
    const job = this.#job;
    if (job === null) return;
    job.kill();
    this.#end(job);
  }

  /** Resolves when all files of jobs are closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#unsettled);
  }

  #workerFor(kind: BackgroundJobKind): BackgroundWorker {
    const worker = this.#workers.get(kind);
    if (worker === undefined) throw new Error(`Nobody does work of the kind ${kind}`);
    return worker;
  }

  /** Says whether it has begun. */
  #beginIfWanted({ kind, reason }: Candidate): boolean {
    const worker = this.#workerFor(kind);
    const dueReason = reason === "due" ? worker.dueReason() : null;
    const isWanted = reason === "due" ? dueReason !== null : this.#waiting.has(kind);
    if (!isWanted || worker.hasToWait()) return false;
    if (dueReason !== null) this.#host.log.notice(dueReason);
    else if (kind === "rdb") this.#waiting.delete(kind);
    try {
      this.begin(kind);
      return true;
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      return false;
    }
  }

  #end(job: BackgroundJob): void {
    if (job !== this.#job) return;
    this.#job = null;
    this.#hasEnded = true;
    job.tellOutcome();
    this.#host.onChange();
  }
}
