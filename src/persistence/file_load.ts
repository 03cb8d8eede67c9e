/** Loading of files that may be large: in slices that leave time for connections, or all at once. */

import { letOthersRun } from "../base/event_loop.ts";
import { readAtOnce, type Reading } from "./rdb_reading.ts";

/** A file, or several, that can be loaded. */
export interface FileLoad<Summary> {
  /** How many bytes have been loaded. */
  readonly offset: number;
  /** How many there are. */
  readonly size: number;
  /** How many keys and commands have been loaded. */
  readonly loaded: number;
  /** Whether what comes next is not there yet; absent where all is there. */
  readonly isStarved?: boolean;
  /** Loads; to be called once. */
  run(): Reading<Summary>;
}

/** How a loading gives way. */
export interface SliceOptions {
  /** Called between slices. */
  progress(loadedBytes: number, totalBytes: number): void;
  /** Waits for more, where the loading is starved. */
  readonly more?: () => Promise<void>;
  /** Microseconds that loading has to take for each key or command; none, if not given. */
  readonly keyDelay?: () => number;
  /** Ends the loading between two slices, by an exception. */
  readonly signal?: AbortSignal;
  /** How long to load before everybody else has a turn, in ms. */
  readonly slice?: number;
}

const DEFAULT_SLICE = 8;
/** Waits are no longer than this, so that what ends them is soon noticed, in ms. */
const LONGEST_WAIT = 10;

/** Loads in slices between which everybody else has a turn. Throws what the loading throws. */
export async function loadInSlices<Summary>(
  load: FileLoad<Summary>,
  options: SliceOptions,
): Promise<Summary> {
  const { signal, slice = DEFAULT_SLICE, keyDelay = () => 0 } = options;
  const reading = load.run();
  const began = performance.now();
  /** How long it is until the next part may be loaded, in ms. */
  const timeLeft = () => keyDelay() * load.loaded / 1000 - (performance.now() - began);
  for (let deadline = began + slice;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    if (load.isStarved === true && options.more !== undefined) {
      try {
        await options.more();
      } catch (error) {
        // Thrown where the loading stands, so that it gives back what it has taken.
        reading.throw(error);
      }
    }
    if (performance.now() < deadline && timeLeft() <= 0) continue;
    for (let left = 0; left >= 0; left = timeLeft()) {
      options.progress(load.offset, load.size);
      if (left > 0) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(left, LONGEST_WAIT)));
      } else await letOthersRun();
      // Thrown where the loading stands, so that it closes what it has open.
      if (signal?.aborted) reading.throw(signal.reason);
    }
    deadline = performance.now() + slice;
  }
}

/** Loads while everybody else waits. */
export function loadAtOnce<Summary>(load: FileLoad<Summary>): Summary {
  return readAtOnce(load.run());
}
