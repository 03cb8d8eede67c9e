/** The memory of one million short keys. */

import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatRatio, formatTable } from "./table.ts";
import { benchmarkKey } from "./throughput.ts";

const KEYS = 1_000_000;
const VALUE = "v".repeat(32);
/** How long a server may tidy up before it is looked at, in ms. */
const SETTLE = 3000;
/** The most resident memory, of redis-server's. */
const MOST_RATIO = 1.5;

/** Resident memory of a server in bytes. */
export interface Memory {
  readonly empty: number;
  readonly loaded: number;
}

/** What both take. */
export interface MemoryResult {
  readonly keys: number;
  readonly miniredis: Memory;
  readonly redis: Memory;
}

/** Fills both servers and looks at them. */
export async function memory(options: BenchOptions): Promise<MemoryResult> {
  return {
    keys: KEYS,
    redis: await measure(options.redis),
    miniredis: await measure(options.miniredis),
  };
}

async function measure(contender: Contender): Promise<Memory> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  const empty = residentBytes(server.pid);
  using connection = await server.connect();
  const command = (i: number) => encodeCommand("SET", benchmarkKey(i), VALUE);
  await connection.pipeline(chunked(KEYS, command), KEYS);
  await pause(SETTLE);
  return { empty, loaded: residentBytes(server.pid) };
}

/** The table of both. */
export function formatMemory({ miniredis, redis }: MemoryResult): string {
  const growth = (memory: Memory) => memory.loaded - memory.empty;
  const row = (name: string, ours: number, theirs: number, atMost?: number) => [
    name,
    formatMegabytes(ours),
    formatMegabytes(theirs),
    formatRatio(ours / theirs, atMost === undefined ? undefined : { atMost }),
  ];
  return formatTable(["1,000,000 keys", "miniredis", "redis-server", "ratio"], [
    row("RSS empty", miniredis.empty, redis.empty),
    row("RSS growth", growth(miniredis), growth(redis)),
    row("RSS with keys", miniredis.loaded, redis.loaded, MOST_RATIO),
  ]);
}
