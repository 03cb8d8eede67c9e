/** What is counted of a command. */

import { LatencyHistogram } from "../observe/latency_histogram.ts";

/** What INFO's commandstats and latencystats sections tell of a command. */
export class CommandStatistics {
  calls = 0;
  /** Time spent in it, in µs. */
  microseconds = 0;
  /** Calls refused before they ran (arity, authentication, memory, role). */
  rejected = 0;
  /** Calls that ran and replied an error. */
  failed = 0;
  /** How long the calls took that were made while `latency-tracking` was on. */
  readonly latency = new LatencyHistogram();

  /** Counts calls that took `microseconds` together. */
  recordCalls(calls: number, microseconds: number, tracksLatency: boolean): void {
    this.calls += calls;
    this.microseconds += microseconds;
    if (tracksLatency) this.latency.record(microseconds * 1000 / calls, calls);
  }

  reset(): void {
    this.calls =
      this.microseconds =
      this.rejected =
      this.failed =
        0;
    this.latency.reset();
  }
}
