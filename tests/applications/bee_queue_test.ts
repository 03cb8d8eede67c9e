/** npm:bee-queue: jobs in lists, moved by scripts. */

import { assertEquals } from "@std/assert";
import BeeQueue from "bee-queue";
import { waitFor } from "../support/wait_for.ts";
import { onBoth } from "./on_both.ts";

interface Task {
  readonly n: number;
}

const settings = (port: number) => ({
  redis: { port },
  activateDelayedJobs: true,
  removeOnSuccess: false,
  stallInterval: 200,
});

onBoth("Bee-Queue runs jobs, retries failed ones, and delays", async (port) => {
  const queue = new BeeQueue<Task>("work", settings(port));
  try {
    const results: number[] = [], attempts: number[] = [];
    queue.on("job succeeded", (_id: string, result: number) => results.push(result));
    queue.process(4, (job: BeeQueue.Job<Task>) => {
      if (job.data.n >= 0) return Promise.resolve(job.data.n * 2);
      attempts.push(job.options.retries);
      return attempts.length < 3
        ? Promise.reject(new Error("no luck"))
        : Promise.resolve(job.data.n);
    });
    for (let n = 0; n < 20; n++) await queue.createJob({ n }).save();
    await waitFor("all to be done", () => results.length === 20);
    assertEquals(results.sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => 2 * n));
    await queue.createJob({ n: -1 }).retries(2).backoff("fixed", 20).save();
    await waitFor("the third attempt", () => results.includes(-1));
    assertEquals(attempts, [2, 1, 0]);
    const due = Date.now() + 300;
    await queue.createJob({ n: 100 }).delayUntil(due).save();
    await waitFor("the delayed one", () => results.includes(200));
    assertEquals(Date.now() >= due, true);
    const health = await queue.checkHealth();
    assertEquals([health.succeeded, health.failed, health.waiting], [22, 0, 0]);
  } finally {
    await queue.close(1000);
  }
});

onBoth("Bee-Queue takes a job again whose worker has stalled", async (port) => {
  const lost = new BeeQueue<Task>("work", settings(port));
  const other = new BeeQueue<Task>("work", settings(port));
  try {
    const taken = Promise.withResolvers<void>();
    lost.process(() => {
      taken.resolve();
      return new Promise(() => {});
    });
    await lost.createJob({ n: 1 }).save();
    await taken.promise;
    await lost.close(10).catch(() => {});
    const done: number[] = [];
    other.process((job: BeeQueue.Job<Task>) => Promise.resolve(done.push(job.data.n)));
    await waitFor("it to be found", async () => {
      await other.checkStalledJobs();
      return done.length === 1;
    });
    assertEquals(done, [1]);
  } finally {
    await other.close(1000);
  }
});
