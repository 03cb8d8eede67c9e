/** A file that all data is written into in the background: a slice between two turns of everybody else. */

import type { Clock } from "../base/clock.ts";
import { letOthersRun } from "../base/event_loop.ts";
import type { DataSetWriter } from "../persistence/data_set_writer.ts";

/** What is written: the RDB file, or a base of the append-only file. */
export type BackgroundJobKind = "rdb" | "aof";

/** How a job ended. */
export type JobOutcome = "done" | "killed" | "failed";

/** Where the data goes: a file, or replicas. */
export interface BackgroundTarget {
  /**
   * Null where more may be written now; else ends when that is so. What changes meanwhile hands over what it
   * was all the same. A file takes everything at once.
   */
  readonly waitsForRoom?: () => Promise<void> | null;
  /** Resolves when all that was written before the call is safe. */
  syncData(): Promise<void>;
  close(): void;
}

/** What is to be written in the background, and what becomes of it. */
export interface BackgroundTask {
  readonly kind: BackgroundJobKind;
  /** What `writer` writes into. Closed by the job. */
  readonly target: BackgroundTarget;
  /** Ended by the job. */
  readonly writer: DataSetWriter;
  /** Whether the target is synced again and again while it is written, and not only in the end. */
  readonly syncsOften: boolean;
  /** Puts the file in its place, which is whole, synced and closed now. The job has failed if this throws. */
  finish(): void | Promise<void>;
  /** Removes what was written, as the job was killed or has failed. */
  abandon(): void;
  /** Is told at last what became of it; `error` is why it failed. */
  ended(outcome: JobOutcome, error?: unknown): void;
}

/** The job that is running, for INFO and others who must know. */
export interface RunningJob {
  readonly kind: BackgroundJobKind;
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  readonly totalKeys: number;
  readonly writtenKeys: number;
}

/** What a job needs of the server. */
export interface BackgroundJobHost {
  readonly clock: Clock;
  /** Microseconds to wait for each key that is written (`rdb-key-save-delay`). */
  readonly keyDelay: number;
}

/** How long a slice takes while clients have work for the server, in ms. */
const BUSY_SLICE = 1;
/** How long it takes at most while they have none. */
const IDLE_SLICE = 8;
/** If the turn of everybody else took longer than this, there was work in it, in ms. */
const BUSY_TURN = 1;
/** A file that is synced often is so after this many bytes. */
const SYNC_EVERY = 4 * 1024 * 1024;
/** Waits are no longer than this, so that what ends them is soon noticed, in ms. */
const LONGEST_WAIT = 10;

/** One job, from its first slice to the file in its place. */
export class BackgroundJob implements RunningJob {
  readonly startedAt: number;
  readonly #task: BackgroundTask;
  readonly #host: BackgroundJobHost;
  #outcome: JobOutcome = "done";
  #error: unknown;
  #isWatching = true;
  /** The sync that was begun last, while the file is written. */
  #syncing: Promise<void> = Promise.resolve();
  #syncedBytes = 0;

  constructor(task: BackgroundTask, host: BackgroundJobHost) {
    this.#task = task;
    this.#host = host;
    this.startedAt = host.clock.now();
  }

  get kind(): BackgroundJobKind {
    return this.#task.kind;
  }

  get totalKeys(): number {
    return this.#task.writer.totalKeys;
  }

  get writtenKeys(): number {
    return this.#task.writer.writtenKeys;
  }

  /** Does all of it; never rejects. */
  async run(): Promise<void> {
    try {
      await this.#writeFile();
      if (!this.#isKilled) await this.#task.finish();
    } catch (error) {
      if (this.#isKilled) return;
      this.#outcome = "failed";
      this.#error = error;
      this.#task.abandon();
    }
  }

  /** Ends it at once: what it wrote is removed. */
  kill(): void {
    this.#outcome = "killed";
    this.#stopWatching();
    this.#task.abandon();
  }

  /** Tells the task what became of it. */
  tellOutcome(): void {
    this.#task.ended(this.#outcome, this.#error);
  }

  get #isKilled(): boolean {
    return this.#outcome === "killed";
  }

  /** Writes, syncs and closes the file. */
  async #writeFile(): Promise<void> {
    const { target } = this.#task;
    try {
      // The turn in which the job was started is over first.
      await letOthersRun();
      await this.#writeData();
      this.#stopWatching();
      await this.#syncing;
      if (!this.#isKilled) await target.syncData();
    } finally {
      this.#stopWatching();
      // The system may hand a closed file's number to another one while a sync still uses it.
      await Promise.allSettled([this.#syncing]);
      target.close();
    }
  }

  async #writeData(): Promise<void> {
    const { writer } = this.#task;
    const began = performance.now();
    for (let slice = BUSY_SLICE, whole = false; !whole && !this.#isKilled;) {
      whole = writer.advance(performance.now() + slice);
      await this.#syncSome();
      await this.#waitForRoom();
      const paused = performance.now();
      await letOthersRun();
      const isBusy = performance.now() - paused > BUSY_TURN;
      slice = isBusy ? BUSY_SLICE : Math.min(2 * slice, IDLE_SLICE);
      await this.#waitForKeys(began);
    }
  }

  /** Begins a sync where enough was written since the last one, which must have ended by then. */
  async #syncSome(): Promise<void> {
    const { writer: { writtenBytes }, target, syncsOften } = this.#task;
    if (!syncsOften || writtenBytes - this.#syncedBytes < SYNC_EVERY) return;
    await this.#syncing;
    if (this.#isKilled) return;
    this.#syncedBytes = writtenBytes;
    this.#syncing = target.syncData();
    // Its failure is met by whoever waits for it next.
    this.#syncing.catch(() => {});
  }

  /** Waits until the target takes more; what changes hand over meanwhile goes there nevertheless. */
  async #waitForRoom(): Promise<void> {
    const { target, writer } = this.#task;
    for (let room = target.waitsForRoom?.() ?? null; room !== null && !this.#isKilled;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const soon = new Promise<void>((resolve) => timer = setTimeout(resolve, LONGEST_WAIT));
      await Promise.race([room, soon]);
      clearTimeout(timer);
      if (!this.#isKilled) writer.flush();
      room = target.waitsForRoom?.() ?? null;
    }
  }

  /** Waits as long as `rdb-key-save-delay` asks for. */
  async #waitForKeys(began: number): Promise<void> {
    while (!this.#isKilled) {
      const due = began + this.writtenKeys * this.#host.keyDelay / 1000;
      const left = due - performance.now();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, LONGEST_WAIT)));
    }
  }

  #stopWatching(): void {
    if (!this.#isWatching) return;
    this.#isWatching = false;
    this.#task.writer.end();
  }
}
