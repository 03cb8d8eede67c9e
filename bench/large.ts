/**
 * Very much data: 20,000,000 keys while they come in, and a hash of 5,000,000 fields while it comes and
 * while it goes. Another connection measures how long the server leaves it without an answer.
 */

import { type Latencies, LatencyProbe } from "./latency_probe.ts";
import { NUMBER, numberedCommands } from "./numbered_commands.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import type { RawConnection } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatTable } from "./table.ts";

const KEYS = 20_000_000;
const KEYS_AT_ONCE = 1000;
const FIELDS = 5_000_000;
const FIELDS_AT_ONCE = 100;
/** The longest that a server may leave somebody without an answer, in ms. */
const LONGEST_STALL = 50;
/** What a server may still do after a value is gone is watched for so long, in ms. */
const AFTERMATH = 2000;
/** The heap of miniredis in MB: raised, as docs/operation.md says of large data sets. */
const HEAP_MEGABYTES = 8192;

/** The ways in which a large hash goes. */
const REMOVALS: readonly (readonly string[])[] = [
  ["UNLINK", "big"],
  ["DEL", "big"],
  ["FLUSHALL", "ASYNC"],
  ["PEXPIRE", "big", "1"],
];

/** One thing that was watched. */
export interface Watched {
  readonly name: string;
  /** How long it took, in ms. */
  readonly took: number;
  readonly latencies: Latencies;
  /** Resident memory at the end, in bytes. */
  readonly resident: number;
}

/** Both servers' figures. */
export interface LargeResult {
  readonly miniredis: readonly Watched[];
  readonly redis: readonly Watched[];
}

/** Fills the servers, one after the other. */
export async function large(options: BenchOptions): Promise<LargeResult> {
  const redis = await measure(options.redis);
  return { redis, miniredis: await measure(options.miniredisWithHeap(HEAP_MEGABYTES)) };
}

async function measure(contender: Contender): Promise<Watched[]> {
  return [...await measureKeys(contender), ...await measureHash(contender)];
}

async function measureKeys(contender: Contender): Promise<Watched[]> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  using connection = await server.connect();
  const load = () =>
    connection.pipeline(
      numberedCommands({
        before: ["SET"],
        repeated: [`k:${NUMBER}`, `v:${NUMBER}`],
        times: 1,
        count: KEYS,
        commands: KEYS_AT_ONCE,
      }),
      KEYS,
    );
  const watched = await watch(server, "20,000,000 SETs", load);
  const size = await connection.call("DBSIZE");
  if (size !== `:${KEYS}`) throw new Error(`${contender.name} has ${size} keys`);
  return [watched];
}

async function measureHash(contender: Contender): Promise<Watched[]> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  using connection = await server.connect();
  const all: Watched[] = [];
  for (const removal of REMOVALS) {
    const filling = await watch(server, "5,000,000 fields come", () => fillHash(connection));
    if (all.length === 0) all.push(filling);
    const length = await connection.call("HLEN", "big");
    if (length !== `:${FIELDS}`) throw new Error(`${contender.name} has ${length} fields`);
    all.push(
      await watch(server, `${removal.join(" ")} of them`, async () => {
        await connection.call(...removal);
        await pause(AFTERMATH);
      }),
    );
    const exists = await connection.call("EXISTS", "big");
    if (exists !== ":0") throw new Error(`${contender.name} still has the hash`);
  }
  return all;
}

function fillHash(connection: RawConnection): Promise<void> {
  const chunks = numberedCommands({
    before: ["HSET", "big"],
    repeated: [`f:${NUMBER}`, `v:${NUMBER}`],
    times: FIELDS_AT_ONCE,
    count: FIELDS,
    commands: 10,
  });
  return connection.pipeline(chunks, FIELDS / FIELDS_AT_ONCE);
}

/** Does something while the server is asked whether it is there. */
async function watch(
  server: BenchServer,
  name: string,
  work: () => Promise<void>,
): Promise<Watched> {
  const probe = await LatencyProbe.start(server);
  const began = performance.now();
  await work();
  const took = performance.now() - began;
  const latencies = await probe.stop();
  const watched = { name, took, latencies, resident: residentBytes(server.pid) };
  console.error(cells(watched, false).join("  "));
  return watched;
}

/** The table of both. */
export function formatLarge({ miniredis, redis }: LargeResult): string {
  const header = ["took", "median", "worst answer", "its own", "RSS"];
  return [
    formatTable(["miniredis", ...header], miniredis.map((ours) => cells(ours, true))),
    formatTable(["redis-server", ...header], redis.map((theirs) => cells(theirs, false))),
  ].join("\n\n");
}

function cells({ name, took, latencies, resident }: Watched, judged: boolean): string[] {
  const { median, worst, worstOfServer } = latencies;
  const verdict = worstOfServer <= LONGEST_STALL ? " ok" : " MISSED";
  return [
    name,
    `${(took / 1000).toFixed(1)} s`,
    `${median.toFixed(1)} ms`,
    `${worst.toFixed(0)} ms`,
    `${worstOfServer.toFixed(0)} ms${judged ? verdict : ""}`,
    formatMegabytes(resident),
  ];
}
