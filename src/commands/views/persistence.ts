/** The data set on disk, as commands see it. */

/** Whether work in the background has begun, or will as soon as it can. */
export type BackgroundStart = "started" | "scheduled";

/** The data set on disk as an RDB file. */
export interface RdbSavesView {
  /** Writes it, at once and as a whole. Throws `ReplyError` where that fails; the old file stays then. */
  save(): void;
  /**
   * Writes it while the server goes on. Where other work is being done in the background it does so later
   * if it `mayBeLater`, and throws `ReplyError` else.
   */
  saveInBackground(mayBeLater: boolean): BackgroundStart;
  /** When it was last written, or the server started, in s since the epoch. */
  readonly lastSave: number;
  /** All data was removed, which the file has to follow where there are rules of `save`. */
  flushed(): void;
}

/** How DEBUG RELOAD proceeds. */
export interface ReloadOptions {
  /** Writes the RDB file first. */
  readonly save: boolean;
  /** Removes all data before the file is loaded. */
  readonly flush: boolean;
  /** Replaces keys that are there already. */
  readonly merge: boolean;
}

/** Putting what is on disk in place of the data set, while everybody waits. */
export interface ReloadView {
  /** Loads the RDB file. Throws `ReplyError` where that fails. */
  reloadRdb(options: ReloadOptions): void;
  /** Loads the append-only file. Throws `ReplyError` where that fails. */
  reloadAppendOnlyFile(): void;
}

/** Rewriting of the append-only file. */
export interface AofRewritesView {
  /** Has it rewritten, now or after other work in the background. Throws `ReplyError` where that can't be. */
  request(): BackgroundStart;
}
