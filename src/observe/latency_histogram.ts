/**
 * How long calls took, in a histogram with two significant digits, at most a second: what INFO's
 * latencystats and LATENCY HISTOGRAM tell. Its steps are those of HdrHistogram
 * (https://github.com/HdrHistogram/HdrHistogram), so that the figures look like Redis'.
 */

/** Values up to this many are exact; from there on each power of two has half as many steps. */
const STEPS = 256;
const HALF_STEPS = STEPS / 2;
const HALF_STEPS_BITS = 7;
/** A call that took no measurable time counts as this, in ns. */
const MIN = 1;
/** Calls that took longer count as this, in ns. */
const MAX = 1_000_000_000;
const COUNTERS = indexOf(MAX) + 1;
/** Where the steps of a HdrHistogram up to `MAX` end, in ns. */
const END = 2 ** 30;

/** Durations of calls in nanoseconds. Takes no memory until something is recorded. */
export class LatencyHistogram {
  // A counter may pass 2^32.
  #counts: Float64Array | null = null;
  #total = 0;

  /** How many calls were recorded. */
  get total(): number {
    return this.#total;
  }

  /** Records `calls` calls that took `nanoseconds` each. */
  record(nanoseconds: number, calls = 1): void {
    const counts = this.#counts ??= new Float64Array(COUNTERS);
    counts[indexOf(nanoseconds < MAX ? Math.max(MIN, nanoseconds | 0) : MAX)] += calls;
    this.#total += calls;
  }

  /** The duration that `percent` (0 to 100) of the calls did not exceed, in ns; 0 without calls. */
  percentile(percent: number): number {
    const counts = this.#counts;
    if (counts === null) return 0;
    let left = Math.max(1, Math.floor(percent / 100 * this.#total + 0.5));
    for (let index = 0; index < COUNTERS; index++) {
      left -= counts[index];
      if (left <= 0) return percent === 0 ? lowestOf(index) : lowestOf(index + 1) - 1;
    }
    return MAX;
  }

  /** How many calls took at most `nanoseconds`, as far as the steps tell them apart. */
  countUpTo(nanoseconds: number): number {
    const counts = this.#counts;
    if (counts === null || nanoseconds < 0) return 0;
    const last = indexOf(Math.min(nanoseconds, MAX));
    let count = 0;
    for (let index = 0; index <= last; index++) count += counts[index];
    return count;
  }

  /** The longest duration that is not told apart from `nanoseconds`, in ns. */
  highestLike(nanoseconds: number): number {
    return Math.min(lowestOf(indexOf(nanoseconds) + 1), END) - 1;
  }

  /** Forgets all calls. */
  reset(): void {
    this.#counts = null;
    this.#total = 0;
  }
}

/** The counter of a whole number of ns. */
function indexOf(value: number): number {
  if (value < STEPS) return value;
  const shift = 31 - Math.clz32(value) - HALF_STEPS_BITS;
  return (shift << HALF_STEPS_BITS) + (value >> shift);
}

/** The smallest number of ns that a counter counts. */
function lowestOf(index: number): number {
  if (index < STEPS) return index;
  const shift = (index >> HALF_STEPS_BITS) - 1;
  return ((index & (HALF_STEPS - 1)) + HALF_STEPS) * 2 ** shift;
}
