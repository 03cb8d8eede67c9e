/** Requests per second and CPU per request, driven by `redis-benchmark`. */

import type { BenchOptions } from "./options.ts";
import {
  compare,
  type Comparison,
  comparisonCells,
  comparisonHeader,
  medianRatio,
  type Pair,
} from "./comparison.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import type { Load } from "./redis_benchmark.ts";
import { touchPageCache } from "./page_cache.ts";
import { BenchServer } from "./server.ts";
import { formatRatio, formatTable } from "./table.ts";

/** Different keys that random requests go to. */
const KEYS = 100_000;
/** What a command takes in an append-only file beside its value, in bytes: at most this. */
const COMMAND_BYTES = 128;
/** What is measured unless the command line says otherwise. */
const COMMANDS = ["set", "get", "hset", "incr"];

/** From how many requests per second on, of redis-server's, pipelines of one length are good enough. */
const LEAST_RATIO = new Map([[1, 0.75], [16, 0.5]]);
/** What an append-only file may cost: CPU per request, of that without one. */
const MOST_AOF_COST = 1.25;

/** One measured case. */
export interface ThroughputResult extends Comparison {
  readonly command: string;
  readonly valueBytes: number;
  readonly pipeline: number;
  readonly aof: boolean;
}

/** Runs all cases and prints them as they come. */
export async function throughput(options: BenchOptions): Promise<ThroughputResult[]> {
  const results: ThroughputResult[] = [];
  for (const pipeline of options.pipelines) {
    for (const valueBytes of options.sizes) {
      for (const command of options.commands ?? COMMANDS) {
        // Its argument has the same length whatever the value size.
        if (command === "incr" && valueBytes !== options.sizes[0]) continue;
        const load = makeLoad(options, command, valueBytes, pipeline);
        const measured = await measure(options, command, load);
        for (const result of measured) console.error(progressLine(result));
        results.push(...measured);
      }
    }
  }
  return results;
}

function makeLoad(
  options: BenchOptions,
  command: string,
  valueBytes: number,
  pipeline: number,
): Load {
  const usual = pipeline === 1 ? 100_000 : valueBytes > 256 ? 200_000 : 500_000;
  const { clients, requests = usual } = options;
  return { test: ["-t", command], valueBytes, pipeline, requests, clients, keys: KEYS };
}

/** Measures one load on all servers at once, each idle while another is driven. */
async function measure(
  options: BenchOptions,
  command: string,
  load: Load,
): Promise<ThroughputResult[]> {
  await using servers = new AsyncDisposableStack();
  const pairs: Pair[] = [];
  for (const appendonly of options.aof) {
    const redis = servers.use(await BenchServer.start(options.redis, { appendonly }));
    const miniredis = servers.use(await BenchServer.start(options.miniredis, { appendonly }));
    const valkey = options.valkey &&
      servers.use(await BenchServer.start(options.valkey, { appendonly }));
    if (command === "get") {
      for (const server of [redis, miniredis, valkey]) {
        if (server !== undefined) await fill(server, load);
      }
    }
    pairs.push({ miniredis, redis, ...valkey === undefined ? {} : { valkey } });
  }
  const written = load.requests * (load.valueBytes + COMMAND_BYTES);
  const comparisons = await compare(pairs, load, options.runs, (server) => {
    touchPageCache(server.directory, written);
  });
  return comparisons.map((comparison, i) => ({
    command,
    valueBytes: load.valueBytes,
    pipeline: load.pipeline,
    aof: options.aof[i],
    ...comparison,
  }));
}

/** Sets every key that `redis-benchmark` may ask for. */
async function fill(server: BenchServer, load: Load): Promise<void> {
  using connection = await server.connect();
  const value = "x".repeat(load.valueBytes);
  const command = (i: number) => encodeCommand("SET", benchmarkKey(i), value);
  await connection.pipeline(chunked(load.keys, command), load.keys);
}

/** The names that `redis-benchmark -r` uses: 16 bytes. */
export function benchmarkKey(i: number): string {
  return `key:${String(i).padStart(12, "0")}`;
}

/** The table of all cases, then what an append-only file costs. */
export function formatThroughput(results: readonly ThroughputResult[]): string {
  const header = ["case", ...comparisonHeader(results), "AOF costs", "redis'"];
  return formatTable(header, results.map((result) => tableRow(result, results)));
}

function tableRow(result: ThroughputResult, all: readonly ThroughputResult[]): string[] {
  const least = LEAST_RATIO.get(result.pipeline);
  return [
    caseName(result),
    ...comparisonCells(result, least),
    ...aofCosts(result, all),
  ];
}

/** What the append-only file costs us and redis-server, where the same case was measured without one. */
function aofCosts(result: ThroughputResult, all: readonly ThroughputResult[]): string[] {
  const { command, valueBytes, pipeline, aof, runs } = result;
  const without = all.find((other) =>
    !other.aof && other.command === command && other.valueBytes === valueBytes &&
    other.pipeline === pipeline
  );
  if (!aof || without === undefined) return ["", ""];
  const cost = medianRatio(runs.miniredis, without.runs.miniredis, "cpuPerRequest");
  const theirs = medianRatio(runs.redis, without.runs.redis, "cpuPerRequest");
  return [formatRatio(cost, { atMost: MOST_AOF_COST }), formatRatio(theirs)];
}

function caseName({ command, valueBytes, pipeline, aof }: ThroughputResult): string {
  const size = command === "incr" ? "" : ` ${valueBytes} B`;
  return `-P ${pipeline} ${command.toUpperCase()}${size}${aof ? " AOF" : ""}`;
}

function progressLine(result: ThroughputResult): string {
  return tableRow(result, []).filter((cell) => cell !== "").join("  ");
}
