/** BullMQ's jobs: how many a second are added and done, each by scripts. */

import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process_usage.ts";
import { BenchServer } from "./server.ts";
import { formatCount, formatRatio, formatTable, median } from "./table.ts";

const JOBS = 10_000;
const CONCURRENCY = 50;
/** The ratio of jobs/s to reach. */
const AT_LEAST = 0.8;

/** One run. */
interface JobsRun {
  readonly jobsPerSecond: number;
  /** CPU time of the server for one job, in µs. */
  readonly cpuPerJob: number;
}

/** The runs of both servers, in pairs. */
export interface JobsResult {
  readonly miniredis: readonly JobsRun[];
  readonly redis: readonly JobsRun[];
}

/** Runs both servers in turns, after a first time that does not count. */
export async function jobs(options: BenchOptions): Promise<JobsResult> {
  await using redis = await BenchServer.start(options.redis, { appendonly: false });
  await using miniredis = await BenchServer.start(options.miniredis, { appendonly: false });
  const result = { miniredis: [] as JobsRun[], redis: [] as JobsRun[] };
  for (let i = 0; i <= options.runs; i++) {
    const theirs = await run(redis), ours = await run(miniredis);
    if (i === 0) continue;
    result.redis.push(theirs);
    result.miniredis.push(ours);
  }
  return result;
}

async function run(server: BenchServer): Promise<JobsRun> {
  using client = await server.connect();
  await client.call("FLUSHALL");
  const connection = new Redis(server.port, { maxRetriesPerRequest: null });
  const queue = new Queue("jobs", { connection });
  const cpu = cpuMicroseconds(server.pid), began = performance.now();
  await queue.addBulk(Array.from({ length: JOBS }, (_, i) => ({ name: "job", data: { i } })));
  const all = Promise.withResolvers<void>();
  let done = 0;
  const worker = new Worker("jobs", () => Promise.resolve(), {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  worker.on("completed", () => {
    if (++done === JOBS) all.resolve();
  });
  const ended = worker.run();
  await all.promise;
  const seconds = (performance.now() - began) / 1000;
  const cpuPerJob = (cpuMicroseconds(server.pid) - cpu) / JOBS;
  await worker.close();
  await ended;
  await queue.close();
  connection.disconnect();
  return { jobsPerSecond: JOBS / seconds, cpuPerJob };
}

/** The table. */
export function formatJobs({ miniredis, redis }: JobsResult): string {
  const row = (title: string, of: keyof JobsRun, target?: { atLeast: number }) => [
    title,
    formatCount(median(miniredis.map((run) => run[of]))),
    formatCount(median(redis.map((run) => run[of]))),
    formatRatio(median(miniredis.map((run, i) => run[of] / redis[i][of])), target),
  ];
  return formatTable(["BullMQ", "miniredis", "redis-server", "ratio"], [
    row("jobs/s", "jobsPerSecond", { atLeast: AT_LEAST }),
    row("CPU µs a job", "cpuPerJob"),
  ]);
}
