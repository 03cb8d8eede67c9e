/** Both servers driven in turns with one load, and what comes of it. */

import { drive, type Load, type Throughput } from "./redis_benchmark.ts";
import type { BenchServer } from "./server.ts";
import { formatCount, formatRatio, median } from "./table.ts";

/** An extra run before those that count has this part of their requests: code is compiled in it. */
const WARM_UP = 1 / 2;

/** Two servers that are compared. */
export interface Pair {
  readonly miniredis: BenchServer;
  readonly redis: BenchServer;
}

/** The runs of both servers, in pairs that were made one after the other. */
export interface Runs {
  readonly miniredis: readonly Throughput[];
  readonly redis: readonly Throughput[];
}

/** The medians of the runs of both. */
export interface Comparison {
  readonly miniredis: Throughput;
  readonly redis: Throughput;
  readonly requestsRatio: number;
  readonly cpuRatio: number;
  readonly runs: Runs;
}

/**
 * Measures a load on all servers in turns: the others are idle while one is driven. `prepare` is called
 * before each run.
 */
export async function compare(
  pairs: readonly Pair[],
  load: Load,
  runs: number,
  prepare: (server: BenchServer) => void | Promise<void> = () => {},
): Promise<Comparison[]> {
  const servers = pairs.flatMap(({ redis, miniredis }) => [redis, miniredis]);
  const results = new Map<BenchServer, Throughput[]>();
  for (const server of servers) {
    await prepare(server);
    await drive(server, { ...load, requests: Math.ceil(load.requests * WARM_UP) });
    results.set(server, []);
  }
  for (let run = 0; run < runs; run++) {
    for (const server of servers) {
      await prepare(server);
      results.get(server)?.push(await drive(server, load));
    }
  }
  return pairs.map(({ miniredis, redis }) =>
    summarize(results.get(miniredis) ?? [], results.get(redis) ?? [])
  );
}

function summarize(ours: readonly Throughput[], theirs: readonly Throughput[]): Comparison {
  return {
    miniredis: medians(ours),
    redis: medians(theirs),
    requestsRatio: medianRatio(ours, theirs, "requestsPerSecond"),
    cpuRatio: medianRatio(ours, theirs, "cpuPerRequest"),
    runs: { miniredis: ours, redis: theirs },
  };
}

/** The median of the ratios, run by run: what a run shares with its neighbour in time cancels out. */
export function medianRatio(
  runs: readonly Throughput[],
  others: readonly Throughput[],
  of: keyof Throughput,
): number {
  return median(runs.map((run, i) => run[of] / others[i][of]));
}

function medians(runs: readonly Throughput[]): Throughput {
  return {
    requestsPerSecond: median(runs.map((run) => run.requestsPerSecond)),
    cpuPerRequest: median(runs.map((run) => run.cpuPerRequest)),
  };
}

/** The titles of `comparisonCells`. */
export const COMPARISON_HEADER: readonly string[] = [
  ...["miniredis/s", "redis/s", "ratio"],
  ...["miniredis µs", "redis µs", "ratio"],
];

/** A table's cells; `atLeast` is the ratio of requests/s that is aimed for. */
export function comparisonCells(
  { miniredis, redis, requestsRatio, cpuRatio }: Comparison,
  atLeast: number | undefined,
): string[] {
  return [
    formatCount(miniredis.requestsPerSecond),
    formatCount(redis.requestsPerSecond),
    formatRatio(requestsRatio, atLeast === undefined ? undefined : { atLeast }),
    miniredis.cpuPerRequest.toFixed(2),
    redis.cpuPerRequest.toFixed(2),
    formatRatio(cpuRatio),
  ];
}
