/**
 * A full sync while clients write: every key is overwritten once, and one of two replicas takes no more than
 * 1 MB/s. What clients of the primary notice, what memory it takes, and whether the other replica has to wait.
 */

import { Relay } from "../../tests/support/relay.ts";
import { type Latencies, LatencyProbe } from "../latency_probe.ts";
import type { BenchOptions } from "../options.ts";
import { residentBytes } from "../process_usage.ts";
import { type Contender, pause } from "../server.ts";
import { formatMegabytes, formatRatio, formatTable } from "../table.ts";
import { ReplicationServer, setKeys, timed } from "./servers.ts";

const KEYS = 1_000_000;
/** Only these are there when the fast replica comes for the first time. */
const FIRST_KEYS = 1000;
const SLOW_BYTES_PER_SECOND = 1_000_000;
/** As redis-server has it if nobody says otherwise: how far behind a replica may be. */
const OUTPUT_LIMIT = "replica 256mb 64mb 60";
const NOWHERE = 1;
const SETTLE = 3000;
/** Memory is looked at for so long after the fast replica has everything, in ms. */
const AFTERWARDS = 5000;
const LOOK_INTERVAL = 50;

const LONGEST_STALL = 50;
const MOST_EXTRA = 0.3;

/** What one primary did. */
export interface SyncUnderLoad {
  /** Of the primary, while all keys are overwritten and nobody syncs. */
  readonly calm: Latencies;
  /** The same during the full sync. */
  readonly syncing: Latencies;
  /** Of reads of the fast replica, which loads meanwhile with `swapdb`. */
  readonly reading: Latencies;
  /** How long the fast replica takes by itself while nobody writes, in ms. */
  readonly alone: number;
  /** How long it takes beside the slow one, while all keys are overwritten. */
  readonly fast: number;
  /** How long overwriting took, in ms. */
  readonly calmWrites: number;
  readonly writes: number;
  /** Resident memory of the primary. */
  readonly residentBefore: number;
  readonly residentMost: number;
}

/** Both primaries. */
export interface SyncUnderLoadResult {
  readonly miniredis: SyncUnderLoad;
  readonly redis: SyncUnderLoad;
}

/** Measures both, one after the other. */
export async function measureSyncUnderLoad(options: BenchOptions): Promise<SyncUnderLoadResult> {
  return {
    redis: await measure(options, options.redis),
    miniredis: await measure(options, options.miniredis),
  };
}

async function measure(options: BenchOptions, contender: Contender): Promise<SyncUnderLoad> {
  await using primary = await ReplicationServer.start(contender, {
    "client-output-buffer-limit": OUTPUT_LIMIT,
  });
  await using relay = await Relay.start(primary.port);
  await using fast = await ReplicationServer.start(options.miniredis, {
    "repl-diskless-load": "swapdb",
  });
  await using slow = await ReplicationServer.start(options.redis);
  const writer = await primary.server.connect();
  const overwrite = (letter: string) => timed(() => setKeys(writer, KEYS, letter.repeat(32)));
  // It has data of the same history, so that this may be read while newer data is loaded.
  await primary.fill(FIRST_KEYS, "a".repeat(32));
  await fast.follow(primary.port);
  await fast.waitForLink();
  await fast.follow(NOWHERE);
  await primary.fill(KEYS, "b".repeat(32));
  const alone = await timed(async () => {
    await fast.follow(primary.port);
    await fast.waitForLink();
  });
  await fast.follow(NOWHERE);

  const calmProbe = await LatencyProbe.start(primary.server);
  const calmWrites = await overwrite("c");
  const calm = await calmProbe.stop();

  await pause(SETTLE);
  const residentBefore = residentBytes(primary.pid);
  let residentMost = residentBefore;
  const look = setInterval(() => {
    residentMost = Math.max(residentMost, residentBytes(primary.pid));
  }, LOOK_INTERVAL);
  relay.throttle("toClient", SLOW_BYTES_PER_SECOND);
  const [probe, reader] = [
    await LatencyProbe.start(primary.server),
    await LatencyProbe.start(fast.server),
  ];
  // Both ask before either is served: they share a snapshot.
  await primary.expect("+OK", "CONFIG", "SET", "repl-diskless-sync-delay", "1");
  await slow.follow(relay.port);
  const written = Promise.withResolvers<number>();
  const took = await timed(async () => {
    await fast.follow(primary.port);
    await waitForSnapshot(primary);
    overwrite("d").then(written.resolve, written.reject);
    await fast.waitForLink();
  });
  const reading = await reader.stop();
  const writes = await written.promise;
  await fast.waitForOffset(await primary.offset());
  const syncing = await probe.stop();
  await pause(AFTERWARDS);
  clearInterval(look);
  console.error(
    `${primary.name}: alone ${alone.toFixed(0)} ms, fast ${took.toFixed(0)} ms, writes ` +
      `${writes.toFixed(0)} ms, slow one ${await slow.info("master_link_status")}, worst ` +
      `${syncing.worst.toFixed(1)} (own ${syncing.worstOfServer.toFixed(1)}) ms, RSS ` +
      `${formatMegabytes(residentBefore)} → ${formatMegabytes(residentMost)}`,
  );
  relay.throttle("toClient", Infinity);
  await slow.waitForLink();
  await slow.waitForOffset(await primary.offset());
  for (const replica of [fast, slow]) await replica.expect(`:${KEYS}`, "DBSIZE");
  writer[Symbol.dispose]();
  return {
    ...{ calm, syncing, reading, alone, calmWrites, writes, residentBefore, residentMost },
    fast: took,
  };
}

async function waitForSnapshot(primary: ReplicationServer): Promise<void> {
  while (await primary.info("rdb_bgsave_in_progress", "persistence") !== "1") await pause(1);
}

/** The table of both. */
export function formatSyncUnderLoad({ miniredis, redis }: SyncUnderLoadResult): string {
  const row = (name: string, cell: (figures: SyncUnderLoad) => string, verdict = "") => [
    ...[name, cell(miniredis), cell(redis), verdict],
  ];
  const extra = ({ residentBefore, residentMost }: SyncUnderLoad) =>
    residentMost / residentBefore - 1;
  const atMost = (value: number, most: number) => value <= most ? "ok" : "MISSED";
  const latency = ({ worst, worstOfServer }: Latencies) =>
    `${worst.toFixed(1)} (own ${worstOfServer.toFixed(1)}) ms`;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return formatTable(["1,000,000 keys overwritten during a full sync", "miniredis", "redis", ""], [
    row("worst answer without a sync", ({ calm }) => latency(calm)),
    row(
      "worst answer during the sync",
      ({ syncing }) => latency(syncing),
      atMost(miniredis.syncing.worstOfServer, LONGEST_STALL),
    ),
    row(
      "worst answer of the replica that loads",
      ({ reading }) => latency(reading),
      atMost(miniredis.reading.worstOfServer, LONGEST_STALL),
    ),
    row("overwriting without a sync", ({ calmWrites }) => seconds(calmWrites)),
    row("overwriting during the sync", ({ writes }) => seconds(writes)),
    row("the fast replica alone", ({ alone }) => seconds(alone)),
    row(
      "the fast replica beside one of 1 MB/s",
      ({ fast }) => seconds(fast),
      formatRatio(miniredis.fast / redis.fast),
    ),
    row("RSS", ({ residentBefore }) => formatMegabytes(residentBefore)),
    row(
      "RSS grows by",
      (figures) => `${(100 * extra(figures)).toFixed(0)} %`,
      atMost(extra(miniredis), MOST_EXTRA),
    ),
  ]);
}
