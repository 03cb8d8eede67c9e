/** Both servers driven in turns with one load, and what comes of it. */

import { drive, type Load, type Throughput } from "./redis_benchmark.ts";
import type { BenchServer } from "./server.ts";
import { formatCount, formatRatio, median } from "./table.ts";

/** An extra run before those that count has this part of their requests: code is compiled in it. */
const WARM_UP = 1 / 2;

/** Servers that are compared: two, and Valkey where it was asked for. */
export interface Pair {
  readonly miniredis: BenchServer;
  readonly redis: BenchServer;
  readonly valkey?: BenchServer;
}

/** The runs of the servers, in groups that were made one after the other. */
export interface Runs {
  readonly miniredis: readonly Throughput[];
  readonly redis: readonly Throughput[];
  readonly valkey?: readonly Throughput[];
}

/** The medians of the runs of each; ratios are to redis-server, but for the last two. */
export interface Comparison {
  readonly miniredis: Throughput;
  readonly redis: Throughput;
  readonly valkey?: Throughput;
  readonly valkeyRatio?: number;
  readonly valkeyCpuRatio?: number;
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
  const servers = pairs.flatMap(({ redis, miniredis, valkey }) =>
    valkey === undefined ? [redis, miniredis] : [redis, miniredis, valkey]
  );
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
  const of = (server: BenchServer) => results.get(server) ?? [];
  return pairs.map(({ miniredis, redis, valkey }) =>
    summarize({
      miniredis: of(miniredis),
      redis: of(redis),
      ...valkey === undefined ? {} : { valkey: of(valkey) },
    })
  );
}

function summarize(runs: Runs): Comparison {
  const { miniredis, redis, valkey } = runs;
  return {
    miniredis: medians(miniredis),
    redis: medians(redis),
    requestsRatio: medianRatio(miniredis, redis, "requestsPerSecond"),
    cpuRatio: medianRatio(miniredis, redis, "cpuPerRequest"),
    ...valkey === undefined ? {} : {
      valkey: medians(valkey),
      valkeyRatio: medianRatio(miniredis, valkey, "requestsPerSecond"),
      valkeyCpuRatio: medianRatio(miniredis, valkey, "cpuPerRequest"),
    },
    runs,
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

/** The titles of `comparisonCells`, for all of these results. */
export function comparisonHeader(results: readonly Comparison[]): string[] {
  const titles = ["miniredis/s", "redis/s", "ratio", "miniredis µs", "redis µs", "ratio"];
  const hasValkey = results.some(({ valkey }) => valkey !== undefined);
  return hasValkey ? [...titles, "valkey/s", "ratio", "valkey µs", "ratio"] : titles;
}

/** A table's cells; `atLeast` is the ratio of requests/s that is aimed for. */
export function comparisonCells(
  comparison: Comparison,
  atLeast: number | undefined,
): string[] {
  const { miniredis, redis, requestsRatio, cpuRatio } = comparison;
  return [
    formatCount(miniredis.requestsPerSecond),
    formatCount(redis.requestsPerSecond),
    formatRatio(requestsRatio, atLeast === undefined ? undefined : { atLeast }),
    miniredis.cpuPerRequest.toFixed(2),
    redis.cpuPerRequest.toFixed(2),
    formatRatio(cpuRatio),
    ...valkeyCells(comparison),
  ];
}

function valkeyCells({ valkey, valkeyRatio = NaN, valkeyCpuRatio = NaN }: Comparison): string[] {
  if (valkey === undefined) return [];
  return [
    formatCount(valkey.requestsPerSecond),
    formatRatio(valkeyRatio),
    valkey.cpuPerRequest.toFixed(2),
    formatRatio(valkeyCpuRatio),
  ];
}
