/**
 * RdbSaves: how long a large data set takes to be loaded and to be saved in the background, and what
 * clients notice of that while they write to it.
 */

import { makeDirectory, removeDirectory } from "./children.ts";
import { type Latencies, LatencyProbe } from "./latency_probe.ts";
import { NUMBER, numberedCommands } from "./numbered_commands.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import type { RawConnection } from "./raw_connection.ts";
import { drive, type Load } from "./redis_benchmark.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatRatio, formatTable, median } from "./table.ts";

const KEYS = 2_000_000;
const ELEMENTS = 5_000_000;
const AT_ONCE = 100;
/** `redis-benchmark` writes its random numbers with so many digits more than `NUMBER` has. */
const ZEROS = "0000";
const VALUE = "v".repeat(24);

const RUNS = 2;
/** How often somebody looks whether the save has ended, and at the memory, in ms. */
const LOOK_INTERVAL = 50;
const SAVE_TIMEOUT = 180_000;

/** The load comes in parts of about this long, which begin anew as long as it is needed, in ms. */
const LOAD_PART = 1500;
/** Parts of the load without a save, and those before them, in which code is compiled. */
const CALM_PARTS = 6;
const WARM_UP_PARTS = 2;
const WARM_UP_REQUESTS = 100_000;

/** The least speed, of redis-server's. */
const LEAST_SPEED = 0.5;
/** The most that 99.9 % of all answers may take longer while a snapshot is made. */
const MOST_SLOWER = 3;
/** The longest that any answer may take, in ms. */
const LONGEST_STALL = 50;
/** The most memory beside that which the data take. */
const MOST_EXTRA = 0.3;

/** What clients send meanwhile: to all keys, into the hash and into the sorted set. */
const WRITES: readonly Pick<Load, "test" | "keys">[] = [
  { test: ["SET", "k:__rand_int__", VALUE], keys: KEYS },
  { test: ["HSET", "hash", "f:__rand_int__", VALUE], keys: ELEMENTS },
  { test: ["ZADD", "board", "__rand_int__", "m:__rand_int__"], keys: ELEMENTS },
];

/** What a server did under load. */
export interface UnderLoad {
  readonly calm: Latencies;
  readonly saving: Latencies;
  /** How long the save took, in ms. */
  readonly saved: number;
  /** Resident memory in bytes: before the save, and the most during it. */
  readonly residentBefore: number;
  readonly residentMost: number;
}

/** One server's figures. */
export interface SnapshotFigures {
  /** From the start of the process until it answers PONG, in ms; medians. */
  readonly loaded: number;
  /** The same of a save while nothing else happens. */
  readonly saved: number;
  readonly fileBytes: number;
  readonly underLoad: UnderLoad;
}

/** Both servers' figures. */
export interface SnapshotResult {
  readonly miniredis: SnapshotFigures;
  readonly redis: SnapshotFigures;
  /** Medians of the ratios of speeds, run by run. */
  readonly loadingSpeed: number;
  readonly savingSpeed: number;
}

/** Has both load the same file, then save what they loaded. */
export async function snapshot(options: BenchOptions): Promise<SnapshotResult> {
  const directories = { theirs: makeDirectory(), ours: makeDirectory() };
  await writeDump(options.redis, directories.theirs);
  Deno.copyFileSync(`${directories.theirs}/dump.rdb`, `${directories.ours}/dump.rdb`);
  const loads = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    loads.theirs.push(await measureLoading(options.redis, directories.theirs));
    loads.ours.push(await measureLoading(options.miniredis, directories.ours));
  }
  const saves = { ours: [] as number[], theirs: [] as number[] };
  const underLoad = {
    ours: undefined as UnderLoad | undefined,
    theirs: undefined as UnderLoad | undefined,
  };
  {
    await using theirs = await startOn(options.redis, directories.theirs);
    await using ours = await startOn(options.miniredis, directories.ours);
    for (let run = 0; run < RUNS; run++) {
      saves.theirs.push(await saveInBackground(theirs));
      saves.ours.push(await saveInBackground(ours));
    }
    underLoad.theirs = await measureUnderLoad(theirs);
    underLoad.ours = await measureUnderLoad(ours);
  }
  const figures = (name: "ours" | "theirs"): SnapshotFigures => ({
    loaded: median(loads[name]),
    saved: median(saves[name]),
    fileBytes: Deno.statSync(`${directories[name]}/dump.rdb`).size,
    underLoad: underLoad[name] as UnderLoad,
  });
  const speed = ({ ours, theirs }: Record<"ours" | "theirs", number[]>) =>
    median(ours.map((took, i) => theirs[i] / took));
  const result = {
    miniredis: figures("ours"),
    redis: figures("theirs"),
    loadingSpeed: speed(loads),
    savingSpeed: speed(saves),
  };
  for (const directory of Object.values(directories)) removeDirectory(directory);
  return result;
}

/** Fills a server and has it write its file. */
async function writeDump(contender: Contender, directory: string): Promise<void> {
  await using server = await startOn(contender, directory);
  using connection = await server.connect();
  const fill = (before: string[], repeated: string[], times: number, count: number) =>
    connection.pipeline(
      numberedCommands({ before, repeated, times, count, commands: AT_ONCE }),
      count / times,
    );
  await fill(["SET"], [`k:${ZEROS}${NUMBER}`, VALUE], 1, KEYS);
  await fill(["HSET", "hash"], [`f:${ZEROS}${NUMBER}`, VALUE], AT_ONCE, ELEMENTS);
  await fill(["ZADD", "board"], [NUMBER, `m:${ZEROS}${NUMBER}`], AT_ONCE, ELEMENTS);
  const reply = await connection.call("SAVE");
  if (reply !== "+OK") throw new Error(`${contender.name} answered ${reply}`);
}

function startOn(contender: Contender, directory: string): Promise<BenchServer> {
  return BenchServer.start(contender, { appendonly: false, directory });
}

async function measureLoading(contender: Contender, directory: string): Promise<number> {
  await using server = await startOn(contender, directory);
  const took = performance.now() - server.startedAt;
  using connection = await server.connect();
  const size = await connection.call("DBSIZE");
  if (size !== `:${KEYS + 2}`) throw new Error(`${contender.name} loaded ${size} keys`);
  console.error(`${contender.name} loads in ${seconds(took)}`);
  return took;
}

/** Saves in the background and waits; returns how long it took, in ms. */
async function saveInBackground(server: BenchServer, look = () => {}): Promise<number> {
  using connection = await server.connect();
  const began = performance.now();
  const reply = await connection.call("BGSAVE");
  if (reply !== "+Background saving started") {
    throw new Error(`${server.contender.name} answered ${reply}`);
  }
  while (await persistence(connection, "rdb_bgsave_in_progress") !== "0") {
    if (performance.now() - began > SAVE_TIMEOUT) throw new Error("BGSAVE does not end");
    look();
    await pause(LOOK_INTERVAL);
  }
  const took = performance.now() - began;
  const status = await persistence(connection, "rdb_last_bgsave_status");
  if (status !== "ok") throw new Error(`BGSAVE of ${server.contender.name}: ${status}`);
  console.error(`${server.contender.name} saves in ${seconds(took)}`);
  return took;
}

async function persistence(connection: RawConnection, field: string): Promise<string> {
  const info = await connection.callBulk("INFO", "persistence");
  const [, value] = new RegExp(`^${field}:(.*)\r$`, "m").exec(info) ?? [];
  if (value === undefined) throw new Error(`INFO has no ${field}`);
  return value;
}

async function measureUnderLoad(server: BenchServer): Promise<UnderLoad> {
  const rates = await Promise.all(
    WRITES.map((write) => driveOnce(server, write, WARM_UP_REQUESTS)),
  );
  const requests = rates.map((rate) => Math.ceil(rate * LOAD_PART / 1000));
  const drivePart = () =>
    Promise.all(WRITES.map((write, i) => driveOnce(server, write, requests[i])));
  for (let part = 0; part < WARM_UP_PARTS; part++) await drivePart();

  const calmProbe = await LatencyProbe.start(server);
  for (let part = 0; part < CALM_PARTS; part++) await drivePart();
  const calm = await calmProbe.stop();

  const residentBefore = residentBytes(server.pid);
  let residentMost = residentBefore, isSaving = true;
  const probe = await LatencyProbe.start(server);
  const load = (async () => {
    while (isSaving) await drivePart();
  })();
  const saved = await saveInBackground(server, () => {
    residentMost = Math.max(residentMost, residentBytes(server.pid));
  });
  // What ends with the save is a part of it: the load goes on until its part is over.
  isSaving = false;
  await load;
  const saving = await probe.stop();
  return { calm, saving, saved, residentBefore, residentMost };
}

/** One part of the load; returns its requests per second. */
async function driveOnce(
  server: BenchServer,
  write: Pick<Load, "test" | "keys">,
  requests: number,
): Promise<number> {
  const load = { ...write, requests, pipeline: 16, clients: 16, valueBytes: VALUE.length };
  return (await drive(server, load)).requestsPerSecond;
}

/** The table of both. */
export function formatSnapshot(result: SnapshotResult): string {
  const { miniredis: ours, redis: theirs } = result;
  const row = (name: string, cell: (figures: SnapshotFigures) => string, verdict = "") => [
    ...[name, cell(ours), cell(theirs), verdict],
  ];
  const slower = ({ underLoad: { calm, saving } }: SnapshotFigures) => saving.p999 / calm.p999;
  const extra = ({ underLoad }: SnapshotFigures) =>
    underLoad.residentMost / underLoad.residentBefore - 1;
  const atMost = (value: number, most: number) => value <= most ? "ok" : "MISSED";
  const header = ["2,000,000 keys, a hash and a sorted set of 5,000,000"];
  return formatTable([...header, "miniredis", "redis-server", ""], [
    row(
      "loading, speed",
      ({ loaded }) => seconds(loaded),
      formatRatio(result.loadingSpeed, { atLeast: LEAST_SPEED }),
    ),
    row(
      "BGSAVE, speed",
      ({ saved }) => seconds(saved),
      formatRatio(result.savingSpeed, { atLeast: LEAST_SPEED }),
    ),
    row("BGSAVE under load", ({ underLoad }) => seconds(underLoad.saved)),
    row("size of the file", ({ fileBytes }) => formatMegabytes(fileBytes)),
    row("p99.9 under load", ({ underLoad }) => milliseconds(underLoad.calm.p999)),
    row(
      "p99.9 during BGSAVE",
      ({ underLoad }) => milliseconds(underLoad.saving.p999),
      formatRatio(slower(ours), { atMost: MOST_SLOWER }),
    ),
    row("worst answer under load", ({ underLoad }) => milliseconds(underLoad.calm.worst)),
    row(
      "worst answer during BGSAVE",
      ({ underLoad }) => milliseconds(underLoad.saving.worst),
      atMost(ours.underLoad.saving.worst, LONGEST_STALL),
    ),
    row("RSS", ({ underLoad }) => formatMegabytes(underLoad.residentBefore)),
    row(
      "RSS grows during BGSAVE by",
      (figures) => `${(100 * extra(figures)).toFixed(0)} %`,
      atMost(extra(ours), MOST_EXTRA),
    ),
  ]);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
