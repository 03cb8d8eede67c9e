/** The open end of the AOF: commands go in, and it says from when on their effects may be told. */

import type { Clock, Timer } from "../base/clock.ts";
import { blockFor } from "../base/event_loop.ts";
import { AofBuffer, type CommandArguments } from "./aof_buffer.ts";
import { SelectTracker } from "../resp/select_tracker.ts";
import { AofTail } from "./aof_tail.ts";
import { fileErrorText, type OpenFile } from "./file.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";

/**
 * When written data is synced (the `appendfsync` directive): before anything is answered, once a
 * second, or when the operating system likes.
 */
export type FsyncPolicy = "always" | "everysec" | "no";

/** What an `AofWriter` needs of the server around it. */
export interface AofWriterHost {
  readonly clock: Clock;
  readonly log: PersistenceLog;
  /** The directives that are in force; read anew whenever they matter. */
  readonly settings: {
    readonly fsyncPolicy: FsyncPolicy;
    /** Whether commands are preceded by the time they were run at (`aof-timestamp-enabled`). */
    readonly timestampsEnabled: boolean;
  };
  /** Called after each write: how long it held the server up, in ms, and whether a sync was running. */
  wrote?(duration: number, syncPending: boolean): void;
  /** Called after each sync under `always`: for how long output waited for it, in ms. */
  synced?(duration: number): void;
  /** Called when `safe` has grown otherwise than within `flush`: what waited for it may leave. */
  onSafe(): void;
  /** Called when data can't be persisted under `always`: the server has to end at once. */
  onFatal(): void;
  /** Called when `error` has become something, or nothing. */
  failing?(isFailing: boolean): void;
}

/** How often data is synced under `everysec`, and a failed write or sync is tried again, in ms. */
const SYNC_INTERVAL = 1000;
/**
 * So many bytes are written before the turn is over: a buffer that is made anew costs more than a write, and
 * so does one that does not stay in the processor's cache.
 */
const EARLY_WRITE = 256 * 1024;
/** A sync that takes longer than this is complained about, in ms. */
const SLOW_SYNC = 2000;

/**
 * Writes commands to the last incremental file.
 *
 * Bytes are counted from the start of the server on, through all files: `appended` is how many there
 * are, `safe` how many of them will outlive whatever the fsync policy promises to outlive (a crash of
 * the process, or with `always` a power cut). What clients are sent in a turn of the event loop waits
 * until `safe` has reached the ticket which that turn's `flush()` returned:
 *
 * ```ts
 * const ticket = writer.flush();
 * if (ticket <= writer.safe) send(); // else send when onSafe() was called and it has got there
 * ```
 *
 * A write that fails is taken back (a short one is cut off), its bytes are kept and tried again every
 * second and with the next command; meanwhile `error` is set, for later writes to be refused.
 */
export class AofWriter {
  /** How long each write is put off, while everybody waits, in ms: for tests. */
  writeDelay = 0;
  readonly #host: AofWriterHost;
  readonly #buffer = new AofBuffer();
  readonly #selected = new SelectTracker();
  /** The second that the current file was last annotated with. */
  #annotated = 0;
  #tail: AofTail | null = null;
  #timer: Timer | null = null;

  #written = 0;
  #synced = 0;
  #safe = 0;
  /** `appended` at the last flush: output that was gathered since then may depend on what is newer. */
  #ticketed = 0;

  #syncing: Promise<void> | null = null;
  #syncStarted = 0;
  #syncCovers = 0;
  /** The interval passed while a sync was running: the next one starts as soon as that has ended. */
  #syncOverdue = false;
  #slowSyncLogged = 0;
  #delayedSyncs = 0;
  /** Counts the files: a sync that ends after its file was given up concerns nobody. */
  #generation = 0;

  #lastSyncError: string | null = null;
  /** Whether the host was told last that there is an error. */
  #isFailing = false;
  #fatal = false;

  constructor(host: AofWriterHost) {
    this.#host = host;
  }

  /** Whether there is a file to write to. While there is none, what is appended is dropped. */
  get active(): boolean {
    return this.#tail !== null;
  }

  /** Bytes appended since the server started. */
  get appended(): number {
    return this.#written + this.#buffer.length;
  }

  /** How many of the appended bytes are as safe as the fsync policy promises. */
  get safe(): number {
    return this.#safe;
  }

  /**
   * Why the last write or sync failed, in the system's words, or null when it did not: commands that
   * write are to be refused with `MISCONF Errors writing to the AOF file: ` and this.
   */
  get error(): string | null {
    return this.#writeError ?? this.#syncError;
  }

  /** Length of the current file in bytes. */
  get fileSize(): number {
    return this.#tail?.size ?? 0;
  }

  /** Bytes that wait to be handed to the system (`aof_buffer_length`). */
  get bufferLength(): number {
    return this.#buffer.length;
  }

  /** Whether a sync is running (`aof_pending_bio_fsync`). */
  get syncPending(): boolean {
    return this.#syncing !== null;
  }

  /** How often a sync was found to be slow while data was waiting for the next (`aof_delayed_fsync`). */
  get delayedSyncs(): number {
    return this.#delayedSyncs;
  }

  /** Zeroes what is counted. */
  resetStatistics(): void {
    this.#delayedSyncs = 0;
  }

  /** Starts to write at the end of `file`, which the writer closes in the end. */
  start(file: OpenFile): void {
    if (this.#tail !== null) throw new Error("The AOF writer already has a file");
    this.#tail = new AofTail(file, this.#host);
    this.#selected.restart();
    this.#annotated = 0;
    this.#syncError = null;
    this.#timer = this.#host.clock.every(SYNC_INTERVAL, () => this.#tick());
  }

  /**
   * Goes on in another file, which `open` returns: it is called when everything appended so far is in the
   * first one, written and synced. Throws what it throws, or what went wrong before, and goes on with the
   * first file then.
   */
  switchTo(open: () => OpenFile): void {
    const file = this.#tail?.file ?? null;
    if (file === null) throw new Error("The AOF writer has no file");
    this.#complete(file);
    const next = open();
    this.#release(file);
    this.start(next);
  }

  /** Appends a command for `database` that lies encoded in bytes `[start, end)` of `buffer`. */
  appendEncoded(database: number, buffer: Uint8Array, start: number, end: number): void {
    if (this.#tail === null) return;
    this.#annotate();
    this.#select(database);
    this.#buffer.appendEncoded(buffer, start, end);
    this.#writeEarly();
  }

  /** Encodes and appends a command for `database`. */
  appendCommand(database: number, args: CommandArguments): void {
    if (this.#tail === null) return;
    this.#annotate();
    this.#select(database);
    this.#buffer.appendCommand(args);
    this.#writeEarly();
  }

  /**
   * Hands to the system what was appended and, under `always`, starts the sync that covers it. Called
   * once per turn of the event loop. Returns the turn's ticket: all output that was gathered up to now
   * may leave once `safe` has reached it. While writes fail, only turns that appended something get a
   * ticket to wait for, so that clients can go on reading.
   */
  flush(): number {
    if (this.#fatal) return Infinity;
    const appended = this.appended;
    const fresh = appended !== this.#ticketed;
    this.#ticketed = appended;
    if (this.#buffer.length > 0 && (fresh || this.#writeError === null)) this.#write();
    if (this.#fatal) return Infinity;
    if (this.#written > this.#synced && this.#host.settings.fsyncPolicy === "always") this.#sync();
    return fresh || this.#writeError === null ? appended : this.#safe;
  }

  /** Takes notice of a change of the fsync policy. */
  policyChanged(): void {
    if (this.#tail === null) return;
    if (this.#host.settings.fsyncPolicy === "always") {
      if (this.#written > this.#synced) this.#sync();
    } else {
      this.#advance(this.#written);
    }
  }

  /**
   * Ends writing while the server goes on without an AOF: writes and syncs what there is, as far as
   * that works, and lets go all output that waited.
   */
  stop(): void {
    const file = this.#tail?.file ?? null;
    if (file === null) return;
    if (this.#buffer.length > 0) this.#write();
    try {
      file.syncDataSync();
    } catch (error) {
      this.#host.log.warning(`Fail to fsync the AOF file: ${fileErrorText(error)}`);
    }
    this.discard();
  }

  /** As `stop`, for a file that nobody needs any more: what was not written yet is dropped. */
  discard(): void {
    const file = this.#tail?.file ?? null;
    if (file === null) return;
    this.#release(file);
    const appended = this.appended;
    this.#buffer.consume(this.#buffer.length);
    this.#written = this.#synced = appended;
    this.#syncError = null;
    this.#advance(appended);
  }

  /**
   * Writes and syncs everything and closes the file, for the server's end. Returns false, after a line
   * in the log, when that did not work.
   */
  async close(): Promise<boolean> {
    const file = this.#tail?.file ?? null;
    if (file === null) return true;
    this.#timer?.cancel();
    while (this.#syncing) await this.#syncing;
    if (this.#buffer.length > 0 && !this.#fatal) this.#write();
    const covers = this.#written;
    try {
      await file.syncData();
      this.#synced = covers;
      this.#advance(covers);
    } catch (error) {
      this.#syncError = fileErrorText(error);
      this.#host.log.warning(`Fail to fsync the AOF file: ${this.#syncError}.`);
    }
    this.#release(file);
    return this.#synced === this.appended;
  }

  get #writeError(): string | null {
    return this.#tail?.error ?? null;
  }

  get #syncError(): string | null {
    return this.#lastSyncError;
  }

  set #syncError(text: string | null) {
    this.#lastSyncError = text;
    this.#tellFailing();
  }

  #tellFailing(): void {
    const isFailing = this.error !== null;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#host.failing?.(isFailing);
  }

  /** Writes and syncs everything; throws a `PersistenceError` when that does not work. */
  #complete(file: OpenFile): void {
    if (this.#buffer.length > 0) this.#write();
    const { error } = this;
    if (error !== null) throw new PersistenceError(`Error writing to the AOF file: ${error}`);
    if (this.#written === this.#synced) return;
    try {
      file.syncDataSync();
    } catch (error) {
      this.#noteSyncError(fileErrorText(error));
      throw new PersistenceError(`Fail to fsync the AOF file: ${fileErrorText(error)}`);
    }
    this.#synced = this.#written;
    this.#advance(this.#written);
  }

  /** Writes before the turn is over what would make the buffer large. */
  #writeEarly(): void {
    if (this.#buffer.length >= EARLY_WRITE && this.error === null && !this.#fatal) this.#write();
  }

  /** Notes when what follows is run, once for each second. */
  #annotate(): void {
    const { settings, clock } = this.#host;
    if (!settings.timestampsEnabled) return;
    const seconds = Math.floor(clock.now() / 1000);
    if (seconds <= this.#annotated) return;
    this.#annotated = seconds;
    this.#buffer.annotate(seconds);
  }

  #select(database: number): void {
    const select = this.#selected.select(database);
    if (select !== null) this.#buffer.appendEncoded(select, 0, select.length);
  }

  #advance(safe: number): void {
    if (safe <= this.#safe) return;
    this.#safe = safe;
    this.#host.onSafe();
  }

  #release(file: OpenFile): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tail = null;
    this.#tellFailing();
    this.#generation++;
    // The system may hand a closed file's number to another one while a sync still uses it.
    if (this.#syncing) this.#syncing.then(() => file.close());
    else file.close();
    this.#syncing = null;
    this.#syncOverdue = false;
  }

  #write(): void {
    const tail = this.#tail;
    if (tail === null) return;
    const { fsyncPolicy } = this.#host.settings;
    if (this.writeDelay > 0) blockFor(this.writeDelay);
    const began = performance.now();
    const taken = tail.write(this.#buffer.pending);
    if (tail.error === null) this.#host.wrote?.(performance.now() - began, this.syncPending);
    this.#buffer.consume(taken);
    this.#written += taken;
    this.#tellFailing();
    if (fsyncPolicy !== "always") {
      if (tail.error === null) this.#advance(this.#written);
    } else if (tail.error !== null) {
      this.#die(
        "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
      );
    }
  }

  #tick(): void {
    if (this.#fatal) return;
    if (this.#writeError !== null && this.#buffer.length > 0) {
      this.#write();
      if (this.#fatal) return;
    }
    if (this.#written === this.#synced) return;
    const policy = this.#host.settings.fsyncPolicy;
    if (policy === "no" && this.#syncError === null) return;
    if (this.#syncing === null) {
      this.#sync();
    } else {
      this.#syncOverdue = true;
      if (policy === "everysec" && this.#written > this.#syncCovers) this.#noteSlowSync();
    }
  }

  #noteSlowSync(): void {
    const now = this.#host.clock.now();
    if (now - Math.max(this.#syncStarted, this.#slowSyncLogged) < SLOW_SYNC) return;
    this.#slowSyncLogged = now;
    this.#delayedSyncs++;
    this.#host.log.notice(
      "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without " +
        "waiting for fsync to complete, this may slow down Redis.",
    );
  }

  /** Starts a sync unless one is running; under `always` the next one starts when that has ended. */
  #sync(): void {
    const file = this.#tail?.file ?? null;
    if (this.#syncing !== null || file === null) return;
    const generation = this.#generation;
    const covers = this.#syncCovers = this.#written;
    this.#syncStarted = this.#host.clock.now();
    const began = performance.now();
    const { fsyncPolicy } = this.#host.settings;
    this.#syncing = file.syncData().then(
      () => {
        if (fsyncPolicy === "always") this.#host.synced?.(performance.now() - began);
        if (generation === this.#generation) this.#syncEnded(covers);
      },
      (error) => {
        if (generation === this.#generation) this.#syncFailed(fileErrorText(error));
      },
    );
  }

  #syncEnded(covers: number): void {
    this.#syncing = null;
    this.#synced = Math.max(this.#synced, covers);
    this.#syncError = null;
    const isDue = this.#syncOverdue || this.#host.settings.fsyncPolicy === "always";
    this.#syncOverdue = false;
    // The next sync starts before what waited for this one leaves: it takes longer than that.
    if (isDue && this.#written > covers) this.#sync();
    this.#advance(covers);
  }

  #syncFailed(text: string): void {
    this.#syncing = null;
    this.#syncOverdue = false;
    this.#noteSyncError(text);
  }

  #noteSyncError(text: string): void {
    if (this.#host.settings.fsyncPolicy === "always") {
      this.#syncError = text;
      this.#die(
        `Can't persist AOF for fsync error when the AOF fsync policy is 'always': ${text}. Exiting...`,
      );
      return;
    }
    if (this.#syncError === null) this.#host.log.warning(`Fail to fsync the AOF file: ${text}`);
    this.#syncError = text;
  }

  #die(message: string): void {
    this.#fatal = true;
    this.#host.log.warning(message);
    this.#host.onFatal();
  }
}
