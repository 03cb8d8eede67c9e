/** How fast a replica applies what it has missed, from its primary's backlog. */

import type { BenchOptions } from "../options.ts";
import { cpuMicroseconds } from "../process_usage.ts";
import { chunked, encodeCommand } from "../raw_connection.ts";
import { formatCount, formatMegabytes, formatRatio, formatTable, median } from "../table.ts";
import { ReplicationServer, timed } from "./servers.ts";

const COMMANDS = 2_000_000;
const KEYS = 100_000;
const VALUE = "v".repeat(32);
const MOST_RUNS = 3;
/** The least speed, of redis-server's. */
const LEAST_SPEED = 0.7;
/** Nobody listens there. */
const NOWHERE = 1;

/** One replica's catching up. */
export interface CatchUp {
  /** In ms. */
  readonly took: number;
  /** Of the replica, in ms. */
  readonly cpu: number;
  readonly bytes: number;
}

/** Medians of both. */
export interface CatchUpResult {
  readonly miniredis: CatchUp;
  readonly redis: CatchUp;
  /** The median of the ratios of speeds. */
  readonly speed: number;
  /** The same of CPU time. */
  readonly cpuRatio: number;
}

/** A primary, a redis-server, gets a stream of commands while its two replicas have no link to it. */
export async function measureCatchUp(options: BenchOptions): Promise<CatchUpResult> {
  await using primary = await ReplicationServer.start(options.redis, {
    "repl-backlog-size": "512mb",
  });
  await using theirs = await ReplicationServer.start(options.redis, { "repl-backlog-size": "1mb" });
  await using ours = await ReplicationServer.start(options.miniredis, {
    "repl-backlog-size": "1mb",
  });
  const runs = { ours: [] as CatchUp[], theirs: [] as CatchUp[] };
  for (const replica of [theirs, ours]) {
    await replica.follow(primary.port);
    await replica.waitForLink();
  }
  // The first one is not counted: code is compiled in it.
  for (let run = 0; run <= Math.min(options.runs, MOST_RUNS); run++) {
    for (const replica of [theirs, ours]) await replica.follow(NOWHERE);
    const before = await primary.offset();
    await primary.control.pipeline(chunked(COMMANDS, commandAt), COMMANDS);
    const end = await primary.offset();
    const [their, our] = [
      await measure(theirs, primary, end, end - before),
      await measure(ours, primary, end, end - before),
    ];
    if (run === 0) continue;
    runs.theirs.push(their);
    runs.ours.push(our);
  }
  const ratio = (of: "took" | "cpu") =>
    median(runs.ours.map((run, i) => run[of] / runs.theirs[i][of]));
  return {
    miniredis: medians(runs.ours),
    redis: medians(runs.theirs),
    speed: 1 / ratio("took"),
    cpuRatio: ratio("cpu"),
  };
}

async function measure(
  replica: ReplicationServer,
  primary: ReplicationServer,
  end: number,
  bytes: number,
): Promise<CatchUp> {
  const partial = Number(await primary.info("sync_partial_ok", "stats"));
  const before = cpuMicroseconds(replica.pid);
  const took = await timed(async () => {
    await replica.follow(primary.port);
    await replica.waitForOffset(end);
  });
  const cpu = (cpuMicroseconds(replica.pid) - before) / 1000;
  if (Number(await primary.info("sync_partial_ok", "stats")) !== partial + 1) {
    throw new Error(`${replica.name} has not gone on from where it was`);
  }
  console.error(`${replica.name} catches up in ${(took / 1000).toFixed(2)} s`);
  return { took, cpu, bytes };
}

/** Half of the commands SET a key; hashes, lists, counters and sorted sets share the others. */
function commandAt(i: number): string {
  const key = String(i * 7919 % KEYS).padStart(8, "0");
  const kind = i % 10;
  if (kind < 5) return encodeCommand("SET", `key:${key}`, VALUE);
  if (kind < 7) return encodeCommand("HSET", `hash:${i % 1000}`, `field:${key}`, VALUE);
  if (kind < 8) return encodeCommand("INCR", `counter:${key}`);
  if (kind < 9) return encodeCommand("ZADD", `board:${i % 100}`, key, `member:${key}`);
  // Lists stay as long as they are.
  return i % 20 < 10
    ? encodeCommand("RPUSH", `list:${i % 1000}`, VALUE)
    : encodeCommand("LTRIM", `list:${(i - 10) % 1000}`, "-100", "-1");
}

function medians(runs: readonly CatchUp[]): CatchUp {
  return {
    took: median(runs.map(({ took }) => took)),
    cpu: median(runs.map(({ cpu }) => cpu)),
    bytes: median(runs.map(({ bytes }) => bytes)),
  };
}

/** The table of both. */
export function formatCatchUp({ miniredis, redis, speed, cpuRatio }: CatchUpResult): string {
  const row = (name: string, cell: (figures: CatchUp) => string, verdict = "") => [
    ...[name, cell(miniredis), cell(redis), verdict],
  ];
  const perSecond = (count: number, { took }: CatchUp) => count / took * 1000;
  return formatTable(["a replica catches up 2,000,000 commands", "miniredis", "redis-server", ""], [
    row("time", ({ took }) => `${(took / 1000).toFixed(2)} s`),
    row(
      "commands per second, speed",
      (figures) => formatCount(perSecond(COMMANDS, figures)),
      formatRatio(speed, { atLeast: LEAST_SPEED }),
    ),
    row("bytes per second", (figures) => formatMegabytes(perSecond(figures.bytes, figures))),
    row(
      "CPU per command, µs",
      ({ cpu }) => (cpu * 1000 / COMMANDS).toFixed(2),
      formatRatio(cpuRatio),
    ),
  ]);
}
