/** How long it takes a replica that has nothing to get all data. */

import type { BenchOptions } from "../options.ts";
import { formatRatio, formatTable, median } from "../table.ts";
import { ReplicationServer, timed } from "./servers.ts";

const KEYS = 2_000_000;
const VALUE = "v".repeat(24);
const MOST_RUNS = 3;
/** The longest time, of that which redis-server takes for another one. */
const MOST_RATIO = 1.5;

/** From REPLICAOF until the link is up, in ms, for each pair of primary and replica. */
export interface FullSyncResult {
  readonly oursToRedis: number;
  readonly redisToRedis: number;
  readonly redisToOurs: number;
  readonly oursToOurs: number;
  /** The time of the first one of that of the second, run by run. */
  readonly sendingRatio: number;
  /** That of the third of that of the second. */
  readonly loadingRatio: number;
}

/** Has replicas get two million keys, in turns. */
export async function measureFullSync(options: BenchOptions): Promise<FullSyncResult> {
  const { miniredis, redis } = options;
  await using ours = await ReplicationServer.start(miniredis);
  await using theirs = await ReplicationServer.start(redis);
  for (const primary of [ours, theirs]) await primary.fill(KEYS, VALUE);
  const pairs = {
    redisToRedis: { primary: theirs, replica: redis },
    oursToRedis: { primary: ours, replica: redis },
    redisToOurs: { primary: theirs, replica: miniredis },
    oursToOurs: { primary: ours, replica: miniredis },
  };
  const times = { redisToRedis: [], oursToRedis: [], redisToOurs: [], oursToOurs: [] } as Record<
    keyof typeof pairs,
    number[]
  >;
  for (let run = 0; run < Math.min(options.runs, MOST_RUNS); run++) {
    for (const name of Object.keys(pairs) as (keyof typeof pairs)[]) {
      const { primary, replica } = pairs[name];
      const took = await measure(primary, replica);
      console.error(`${primary.name} → ${replica.name}: ${(took / 1000).toFixed(2)} s`);
      times[name].push(took);
    }
  }
  const ratio = (name: keyof typeof pairs) =>
    median(times[name].map((took, i) => took / times.redisToRedis[i]));
  return {
    oursToRedis: median(times.oursToRedis),
    redisToRedis: median(times.redisToRedis),
    redisToOurs: median(times.redisToOurs),
    oursToOurs: median(times.oursToOurs),
    sendingRatio: ratio("oursToRedis"),
    loadingRatio: ratio("redisToOurs"),
  };
}

async function measure(
  primary: ReplicationServer,
  contender: BenchOptions["redis"],
): Promise<number> {
  await using replica = await ReplicationServer.start(contender);
  const took = await timed(async () => {
    await replica.follow(primary.port);
    await replica.waitForLink();
  });
  const size = await replica.control.call("DBSIZE");
  if (size !== `:${KEYS}`) throw new Error(`the replica ${replica.name} has ${size} keys`);
  return took;
}

/** The table of all pairs. */
export function formatFullSync(result: FullSyncResult): string {
  const { oursToRedis, redisToRedis, redisToOurs, oursToOurs } = result;
  const row = (name: string, took: number, verdict: string) => [
    ...[name, `${(took / 1000).toFixed(2)} s`, verdict],
  ];
  return formatTable(["full sync of 2,000,000 keys", "time", "ratio"], [
    row("redis-server → redis-server", redisToRedis, ""),
    row(
      "miniredis → redis-server",
      oursToRedis,
      formatRatio(result.sendingRatio, { atMost: MOST_RATIO }),
    ),
    row(
      "redis-server → miniredis",
      redisToOurs,
      formatRatio(result.loadingRatio, { atMost: MOST_RATIO }),
    ),
    row("miniredis → miniredis", oursToOurs, ""),
  ]);
}
