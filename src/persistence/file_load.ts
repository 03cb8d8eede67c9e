/** Loading of files that may be large: in slices that leave time for connections, or all at once. */

import { letOthersRun } from "../base/event_loop.ts";
import { readAtOnce, type Reading } from "./rdb_reading.ts";

/** A file, or several, that can be loaded. */
export interface FileLoad<Summary> {
  /** How many bytes have been loaded. */
  readonly offset: number;
  /** How many there are. */
  readonly size: number;
  /** Loads; to be called once. */
  run(): Reading<Summary>;
}

/** How a loading gives way. */
export interface SliceOptions {
  /** Called between slices. */
  progress(loadedBytes: number, totalBytes: number): void;
  /** Ends the loading between two slices, by an exception. */
  readonly signal?: AbortSignal;
  /** How long to load before everybody else has a turn, in ms. */
  readonly slice?: number;
}

const DEFAULT_SLICE = 8;

/** Loads in slices between which everybody else has a turn. Throws what the loading throws. */
export async function loadInSlices<Summary>(
  load: FileLoad<Summary>,
  options: SliceOptions,
): Promise<Summary> {
  const { signal, slice = DEFAULT_SLICE } = options;
  const reading = load.run();
  let deadline = performance.now() + slice;
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    if (performance.now() < deadline) continue;
    options.progress(load.offset, load.size);
    await letOthersRun();
    // Thrown where the loading stands, so that it closes what it has open.
    if (signal?.aborted) reading.throw(signal.reason);
    deadline = performance.now() + slice;
  }
}

/** Loads while everybody else waits. */
export function loadAtOnce<Summary>(load: FileLoad<Summary>): Summary {
  return readAtOnce(load.run());
}
