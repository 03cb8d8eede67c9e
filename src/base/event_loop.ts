/** The event loop: leaving time for whatever else there is to do, or none at all. */

import { setImmediate } from "node:timers";

/**
 * While there are immediates, Deno's runtime looks only in every 61st turn of its event loop for what
 * has arrived at sockets. A turn in which nothing happens takes about 4 µs, a timer of 0 ms more than
 * one millisecond.
 */
const TURNS = 64;

/**
 * Ends when everybody else has had a turn: immediates that were asked for have run, and what has
 * arrived at other sockets has been seen.
 */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => {
    let left = TURNS;
    const turn = (): void => {
      if (--left === 0) resolve();
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
}

/** Has everybody wait for so many ms: for what tests of servers ask for, and nothing else. */
export function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
