/** How much output may wait for a client that does not read it (`client-output-buffer-limit`). */

import type { OutputBufferLimit } from "../config/mod.ts";

/** What Redis has for each client anyway, and does not count, in bytes. */
export const NOT_COUNTED = 16 * 1024;

/** Whether so many bytes that wait are above a hard limit. */
export function isAboveHardLimit(bytes: number, { hard }: OutputBufferLimit): boolean {
  return hard !== 0 && bytes - NOT_COUNTED >= hard;
}

/** Watches one client's output. */
export class OutputLimit {
  /** Since when it has been above the soft limit, in ms since the epoch; 0: it is not. */
  #softSince = 0;

  /** So little waits that no limit is concerned. */
  withdraw(): void {
    this.#softSince = 0;
  }

  /** Whether a client has to go for whom so many bytes wait; `now` in ms since the epoch. */
  isExceeded(bytes: number, limit: OutputBufferLimit, now: number): boolean {
    if (isAboveHardLimit(bytes, limit)) return true;
    const { soft, seconds } = limit, counted = bytes - NOT_COUNTED;
    if (soft === 0 || counted < soft) {
      this.#softSince = 0;
      return false;
    }
    if (this.#softSince === 0) this.#softSince = now;
    return now - this.#softSince > seconds * 1000;
  }
}
