/** The memory of a million short keys, of small hashes and of a large sorted set. */

import { type DataSet, SMALL_HASHES, SORTED_SET, STRINGS } from "./data_sets.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import { chunked } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatRatio, formatTable } from "./table.ts";

/** How long a server may tidy up before it is looked at, in ms. */
const SETTLE = 3000;
/** The most memory, of redis-server's. */
const MOST_RATIO = 1.5;

/** What is measured, and whether the target is about the whole process or about what it grew by. */
const CASES = [
  { dataSet: STRINGS, judged: "process" },
  { dataSet: SMALL_HASHES, judged: "growth" },
  { dataSet: SORTED_SET, judged: "growth" },
] as const;

/** Resident memory of a server in bytes. */
export interface Memory {
  readonly empty: number;
  readonly loaded: number;
}

/** What both take for a data set. */
export interface MemoryResult {
  readonly name: string;
  readonly judged: "process" | "growth";
  readonly miniredis: Memory;
  readonly redis: Memory;
}

/** Fills both servers and looks at them, one after the other. */
export async function memory(options: BenchOptions): Promise<MemoryResult[]> {
  const results: MemoryResult[] = [];
  for (const { dataSet, judged } of CASES) {
    const redis = await measure(options.redis, dataSet);
    const miniredis = await measure(options.miniredis, dataSet);
    results.push({ name: dataSet.name, judged, miniredis, redis });
  }
  return results;
}

async function measure(contender: Contender, dataSet: DataSet): Promise<Memory> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  const empty = residentBytes(server.pid);
  using connection = await server.connect();
  const { commands, command, replyLines } = dataSet;
  await connection.pipeline(chunked(commands, command), commands * replyLines);
  await pause(SETTLE);
  return { empty, loaded: residentBytes(server.pid) };
}

/** The tables of all data sets. */
export function formatMemory(results: readonly MemoryResult[]): string {
  return results.map(formatDataSet).join("\n\n");
}

function formatDataSet({ name, judged, miniredis, redis }: MemoryResult): string {
  const growth = (memory: Memory) => memory.loaded - memory.empty;
  const row = (title: string, ours: number, theirs: number, isJudged: boolean) => [
    title,
    formatMegabytes(ours),
    formatMegabytes(theirs),
    formatRatio(ours / theirs, isJudged ? { atMost: MOST_RATIO } : undefined),
  ];
  return formatTable([name, "miniredis", "redis-server", "ratio"], [
    row("RSS empty", miniredis.empty, redis.empty, false),
    row("RSS growth", growth(miniredis), growth(redis), judged === "growth"),
    row("RSS in all", miniredis.loaded, redis.loaded, judged === "process"),
  ]);
}
