/** Requests per second and CPU per request, driven by `redis-benchmark`. */

import type { BenchOptions } from "./options.ts";
import { drive, type Load, type Throughput } from "./redis_benchmark.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import { BenchServer, type Contender } from "./server.ts";
import { formatCount, formatRatio, formatTable, median } from "./table.ts";

/** Different keys that random requests go to. */
const KEYS = 100_000;
/** An extra run before those that count has this part of their requests: code is compiled in it. */
const WARM_UP = 1 / 2;

/** From how many requests per second on, of redis-server's, pipelines of one length are good enough. */
const LEAST_RATIO = new Map([[1, 0.75], [16, 0.5]]);
/** What an append-only file may cost: CPU per request, of that without one. */
const MOST_AOF_COST = 1.25;

interface Case {
  readonly load: Load;
  readonly aof: boolean;
  readonly runs: Record<Contender["name"], Throughput[]>;
}

/** One measured case: the medians of the runs of both. */
export interface ThroughputResult {
  readonly command: string;
  readonly valueBytes: number;
  readonly pipeline: number;
  readonly aof: boolean;
  readonly miniredis: Throughput;
  readonly redis: Throughput;
  /** Medians of the ratios, run by run: what one run shares with its neighbour cancels out. */
  readonly requestsRatio: number;
  readonly cpuRatio: number;
}

/** Runs all cases and prints them as they come. */
export async function throughput(options: BenchOptions): Promise<ThroughputResult[]> {
  const results: ThroughputResult[] = [];
  for (const pipeline of options.pipelines) {
    for (const valueBytes of options.sizes) {
      for (const command of options.commands) {
        // Its argument has the same length whatever the value size.
        if (command === "incr" && valueBytes !== options.sizes[0]) continue;
        const load = makeLoad(options, command, valueBytes, pipeline);
        const measured = await measure(options, load);
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
  return { command, valueBytes, pipeline, requests, clients, keys: KEYS };
}

/** Measures one load on all servers at once, each idle while another is driven. */
async function measure(options: BenchOptions, load: Load): Promise<ThroughputResult[]> {
  await using servers = new AsyncDisposableStack();
  const cases: Case[] = options.aof.map((aof) => ({
    load,
    aof,
    runs: { "miniredis": [], "redis-server": [] },
  }));
  const pairs: { server: BenchServer; its: Case }[] = [];
  for (const its of cases) {
    for (const contender of [options.redis, options.miniredis]) {
      const server = servers.use(await BenchServer.start(contender, { appendonly: its.aof }));
      if (load.command === "get") await fill(server, load);
      await drive(server, { ...load, requests: Math.ceil(load.requests * WARM_UP) });
      pairs.push({ server, its });
    }
  }
  for (let run = 0; run < options.runs; run++) {
    for (const { server, its } of pairs) {
      its.runs[server.contender.name].push(await drive(server, load));
    }
  }
  return cases.map(summarize);
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

function summarize({ load, aof, runs }: Case): ThroughputResult {
  const ours = runs["miniredis"], theirs = runs["redis-server"];
  const ratios = (of: keyof Throughput) => ours.map((run, i) => run[of] / theirs[i][of]);
  return {
    command: load.command,
    valueBytes: load.valueBytes,
    pipeline: load.pipeline,
    aof,
    miniredis: medians(ours),
    redis: medians(theirs),
    requestsRatio: median(ratios("requestsPerSecond")),
    cpuRatio: median(ratios("cpuPerRequest")),
  };
}

function medians(runs: readonly Throughput[]): Throughput {
  return {
    requestsPerSecond: median(runs.map((run) => run.requestsPerSecond)),
    cpuPerRequest: median(runs.map((run) => run.cpuPerRequest)),
  };
}

/** The table of all cases, then what an append-only file costs. */
export function formatThroughput(results: readonly ThroughputResult[]): string {
  const header = [
    ...[
      "case",
      "miniredis/s",
      "redis/s",
      "ratio",
      "miniredis µs",
      "redis µs",
      "ratio",
      "AOF costs",
      "redis'",
    ],
  ];
  return formatTable(header, results.map((result) => tableRow(result, results)));
}

function tableRow(result: ThroughputResult, all: readonly ThroughputResult[]): string[] {
  const least = LEAST_RATIO.get(result.pipeline);
  return [
    caseName(result),
    formatCount(result.miniredis.requestsPerSecond),
    formatCount(result.redis.requestsPerSecond),
    formatRatio(result.requestsRatio, least === undefined ? undefined : { atLeast: least }),
    result.miniredis.cpuPerRequest.toFixed(2),
    result.redis.cpuPerRequest.toFixed(2),
    formatRatio(result.cpuRatio),
    ...aofCosts(result, all),
  ];
}

/** What the append-only file costs us and redis-server, where the same case was measured without one. */
function aofCosts(result: ThroughputResult, all: readonly ThroughputResult[]): string[] {
  const { command, valueBytes, pipeline, aof, miniredis, redis } = result;
  const without = all.find((other) =>
    !other.aof && other.command === command && other.valueBytes === valueBytes &&
    other.pipeline === pipeline
  );
  if (!aof || without === undefined) return ["", ""];
  const cost = miniredis.cpuPerRequest / without.miniredis.cpuPerRequest;
  const theirs = redis.cpuPerRequest / without.redis.cpuPerRequest;
  return [formatRatio(cost, { atMost: MOST_AOF_COST }), formatRatio(theirs)];
}

function caseName({ command, valueBytes, pipeline, aof }: ThroughputResult): string {
  const size = command === "incr" ? "" : ` ${valueBytes} B`;
  return `-P ${pipeline} ${command.toUpperCase()}${size}${aof ? " AOF" : ""}`;
}

function progressLine(result: ThroughputResult): string {
  return tableRow(result, []).filter((cell) => cell !== "").join("  ");
}
