/** The end of the file that commands are written to: what was written in part is taken back. */

import type { Clock } from "../base/clock.ts";
import { fileErrorText, type OpenFile } from "./file.ts";
import type { PersistenceLog } from "./persistence_error.ts";

/** A write error that stays is logged again after this, in ms. */
const ERROR_LOG_INTERVAL = 30_000;

/** A file that is written at its end. */
export class AofTail {
  readonly file: OpenFile;
  /** Length of the file up to the last complete write. */
  size: number;
  /** Why the last write failed, in the system's words; null where it did not. */
  error: string | null = null;
  readonly #host: { readonly clock: Clock; readonly log: PersistenceLog };
  /** When an error was last logged, in ms since the epoch. */
  #loggedAt = -Infinity;

  constructor(file: OpenFile, host: { readonly clock: Clock; readonly log: PersistenceLog }) {
    this.file = file;
    this.size = file.sizeSync();
    this.#host = host;
  }

  /** Writes bytes, and says how many of them are in the file now; fewer than all where `error` is set. */
  write(bytes: Uint8Array): number {
    let done = 0;
    try {
      while (done < bytes.length) {
        const count = this.file.writeSync(done === 0 ? bytes : bytes.subarray(done));
        if (count <= 0) throw new Error("The file took no bytes");
        done += count;
      }
    } catch (error) {
      done = this.#takeBack(fileErrorText(error), done, bytes.length);
      this.size += done;
      return done;
    }
    this.size += done;
    if (this.error !== null) {
      this.error = null;
      this.#loggedAt = -Infinity;
      this.#host.log.warning("AOF write error looks solved, Redis can write again.");
    }
    return done;
  }

  /** A write has failed after `done` bytes: says how many of them stay. */
  #takeBack(text: string, done: number, expected: number): number {
    const { log, clock } = this.#host;
    const now = clock.now();
    const isToBeLogged = now - this.#loggedAt >= ERROR_LOG_INTERVAL;
    const warn = (message: string) => {
      if (isToBeLogged) log.warning(message);
    };
    if (isToBeLogged) this.#loggedAt = now;
    this.error = text;
    if (done === 0) {
      warn(`Error writing to the AOF file: ${text}`);
      return 0;
    }
    warn(`Short write while writing to the AOF file: (nwritten=${done}, expected=${expected})`);
    try {
      this.file.truncateSync(this.size);
      return 0;
    } catch (error) {
      warn(
        "Could not remove short write from the append-only file.  Redis may refuse to load " +
          `the AOF the next time it starts.  ftruncate: ${fileErrorText(error)}`,
      );
      // What can't be taken back is gone on from: the rest of the bytes makes it whole again.
      return done;
    }
  }
}
