/** What a replica costs its primary: requests per second and CPU per request, with one and without. */

import { compare, type Comparison, medianRatio } from "../comparison.ts";
import type { BenchOptions } from "../options.ts";
import type { Load } from "../redis_benchmark.ts";
import { formatCount, formatRatio, formatTable } from "../table.ts";
import { ReplicationServer } from "./servers.ts";

const PIPELINES = [1, 16];
const COMMANDS = ["set", "incr", "lpush", "hset"];
const VALUE_BYTES = 32;
const KEYS = 100_000;
/** The least requests per second, of those without a replica. */
const LEAST_RATIO = 0.85;
/** The most CPU per request, likewise: what decides where there are processors enough for all. */
const MOST_CPU_RATIO = 1 / LEAST_RATIO;

/** What one load came to. */
export interface ReplicaCost {
  readonly command: string;
  readonly pipeline: number;
  readonly without: Comparison;
  readonly with: Comparison;
  /** Requests per second with a replica, of those without; and CPU per request. */
  readonly ours: { readonly requests: number; readonly cpu: number };
  readonly theirs: { readonly requests: number; readonly cpu: number };
}

/** Drives four servers in turns: both, alone and with a redis-server as their replica. */
export async function measureReplicaCost(options: BenchOptions): Promise<ReplicaCost[]> {
  const results: ReplicaCost[] = [];
  for (const pipeline of PIPELINES) {
    for (const command of options.commands ?? COMMANDS) {
      const result = await measure(options, command, pipeline);
      console.error(row(result).join("  "));
      results.push(result);
    }
  }
  return results;
}

async function measure(
  options: BenchOptions,
  command: string,
  pipeline: number,
): Promise<ReplicaCost> {
  await using servers = new AsyncDisposableStack();
  const start = async (contender: BenchOptions["redis"]) =>
    servers.use(await ReplicationServer.start(contender));
  const alone = { miniredis: await start(options.miniredis), redis: await start(options.redis) };
  const led = { miniredis: await start(options.miniredis), redis: await start(options.redis) };
  const followers = new Map<unknown, [ReplicationServer, ReplicationServer]>();
  for (const primary of [led.miniredis, led.redis]) {
    const replica = await start(options.redis);
    await replica.follow(primary.port);
    await replica.waitForLink();
    followers.set(primary.server, [primary, replica]);
  }
  const { clients, requests = pipeline === 1 ? 100_000 : 400_000 } = options;
  const load: Load = {
    test: ["-t", command],
    valueBytes: VALUE_BYTES,
    keys: KEYS,
    ...{ pipeline, requests, clients },
  };
  const pairs = [alone, led].map(({ miniredis, redis }) => ({
    miniredis: miniredis.server,
    redis: redis.server,
  }));
  const [without, withReplica] = await compare(pairs, load, options.runs, async () => {
    // What a replica has still to do of the last run would take time from this one.
    for (const [primary, replica] of followers.values()) {
      await replica.waitForOffset(await primary.offset());
    }
  });
  const ratios = (name: "miniredis" | "redis") => ({
    requests: medianRatio(withReplica.runs[name], without.runs[name], "requestsPerSecond"),
    cpu: medianRatio(withReplica.runs[name], without.runs[name], "cpuPerRequest"),
  });
  return {
    ...{ command, pipeline, without },
    with: withReplica,
    ours: ratios("miniredis"),
    theirs: ratios("redis"),
  };
}

function row(result: ReplicaCost): string[] {
  const { command, pipeline, without, with: led, ours, theirs } = result;
  return [
    `-P ${pipeline} ${command.toUpperCase()}`,
    formatCount(without.miniredis.requestsPerSecond),
    formatCount(led.miniredis.requestsPerSecond),
    formatRatio(ours.requests, { atLeast: LEAST_RATIO }),
    `${without.miniredis.cpuPerRequest.toFixed(2)} → ${led.miniredis.cpuPerRequest.toFixed(2)}`,
    formatRatio(ours.cpu, { atMost: MOST_CPU_RATIO }),
    formatCount(without.redis.requestsPerSecond),
    formatCount(led.redis.requestsPerSecond),
    formatRatio(theirs.requests),
    `${without.redis.cpuPerRequest.toFixed(2)} → ${led.redis.cpuPerRequest.toFixed(2)}`,
    formatRatio(theirs.cpu),
  ];
}

/** The table of all loads. */
export function formatReplicaCost(results: readonly ReplicaCost[]): string {
  return formatTable([
    ...["with one replica", "miniredis/s alone", "with", "ratio", "CPU µs", "ratio"],
    ...["redis/s alone", "with", "ratio", "CPU µs", "ratio"],
  ], results.map(row));
}
