/** How long it takes until a server has loaded its append-only file, and whether it answers meanwhile. */

import { makeDirectory, removeDirectory } from "./children.ts";
import type { BenchOptions } from "./options.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatRatio, formatTable, median } from "./table.ts";
import { benchmarkKey } from "./throughput.ts";

const COMMANDS = 2_000_000;
const KEYS = 1_000_000;
const HASHES = 40_000;
const COUNTERS = 100_000;
const VALUE = "v".repeat(32);
/** The longest time, of redis-server's. */
const MOST_RATIO = 2;
/** A connection asks this often, in ms. */
const ASK_INTERVAL = 20;

/** One start of a server. */
export interface Loading {
  /** From the start of the process until it answers PONG, in ms. */
  readonly ready: number;
  /** How often PING was answered with LOADING. */
  readonly refusals: number;
  /** The longest that an answer took, in ms. */
  readonly slowestAnswer: number;
}

/** Medians of the runs of both. */
export interface LoadResult {
  readonly commands: number;
  readonly miniredis: Loading;
  readonly redis: Loading;
  readonly ratio: number;
}

/** Starts both servers on the same directory, in turns. */
export async function load(options: BenchOptions): Promise<LoadResult> {
  const directory = makeDirectory();
  writeAppendOnlyFile(directory);
  const runs = { ours: [] as Loading[], theirs: [] as Loading[] };
  for (let run = 0; run < options.runs; run++) {
    runs.theirs.push(await measure(options.redis, directory));
    runs.ours.push(await measure(options.miniredis, directory));
  }
  removeDirectory(directory);
  return {
    commands: COMMANDS,
    miniredis: medians(runs.ours),
    redis: medians(runs.theirs),
    ratio: median(runs.ours.map((run, i) => run.ready / runs.theirs[i].ready)),
  };
}

/** An append-only file in Redis 7's layout: an empty base, and all commands in the incremental file. */
function writeAppendOnlyFile(directory: string): void {
  const path = `${directory}/appendonlydir`;
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(
    `${path}/appendonly.aof.manifest`,
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
  Deno.writeTextFileSync(`${path}/appendonly.aof.1.base.aof`, "");
  using file = Deno.openSync(`${path}/appendonly.aof.1.incr.aof`, { create: true, write: true });
  const encoder = new TextEncoder();
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  };
  write(encodeCommand("SELECT", "0"));
  for (const chunk of chunked(COMMANDS, commandAt)) write(chunk);
}

/** Six in ten commands SET a key, two HSET a field of some hash, two count. */
function commandAt(i: number): string {
  const kind = i % 10;
  if (kind < 6) return encodeCommand("SET", benchmarkKey(i % KEYS), VALUE);
  if (kind < 8) return encodeCommand("HSET", `hash:${i % HASHES}`, `field:${i}`, VALUE);
  return encodeCommand("INCR", `counter:${i % COUNTERS}`);
}

async function measure(contender: Contender, directory: string): Promise<Loading> {
  await using server = await BenchServer.launch(contender, { appendonly: true, directory });
  using connection = await server.connect();
  let refusals = 0, slowestAnswer = 0;
  for (;;) {
    const asked = performance.now();
    const answer = await connection.call("PING");
    const now = performance.now();
    slowestAnswer = Math.max(slowestAnswer, now - asked);
    if (answer === "+PONG") return { ready: now - server.startedAt, refusals, slowestAnswer };
    if (!answer.startsWith("-LOADING ")) throw new Error(`${contender.name} answered ${answer}`);
    refusals++;
    await pause(ASK_INTERVAL);
  }
}

function medians(runs: readonly Loading[]): Loading {
  return {
    ready: median(runs.map((run) => run.ready)),
    refusals: median(runs.map((run) => run.refusals)),
    slowestAnswer: median(runs.map((run) => run.slowestAnswer)),
  };
}

/** The table of both. */
export function formatLoad({ miniredis, redis, ratio }: LoadResult): string {
  return formatTable(["2,000,000 commands", "miniredis", "redis-server", "ratio"], [
    [
      "seconds until ready",
      (miniredis.ready / 1000).toFixed(2),
      (redis.ready / 1000).toFixed(2),
      formatRatio(ratio, { atMost: MOST_RATIO }),
    ],
    ["LOADING answered, times", String(miniredis.refusals), String(redis.refusals), ""],
    ["slowest answer, ms", miniredis.slowestAnswer.toFixed(0), redis.slowestAnswer.toFixed(0), ""],
  ]);
}
