/** npm:bullmq, whose queues are Lua scripts throughout. */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  FlowProducer,
  type Job,
  Queue,
  QueueEvents,
  type QueueEventsOptions,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis";
import { waitFor } from "../support/wait_for.ts";
import { onBoth } from "./on_both.ts";

const NAME = "work";

/** What a test makes of BullMQ; all of it is closed in the end. */
class Bull implements AsyncDisposable {
  readonly #connection: Redis;
  readonly #parts: { close(): Promise<void> }[] = [];

  constructor(port: number) {
    this.#connection = new Redis(port, { maxRetriesPerRequest: null });
  }

  queue(options: Partial<QueueOptions> = {}): Queue {
    return this.#add(new Queue(NAME, { connection: this.#connection, ...options }));
  }

  worker(work: (job: Job) => Promise<unknown>, options: Partial<WorkerOptions> = {}): Worker {
    return this.#add(new Worker(NAME, work, { connection: this.#connection, ...options }));
  }

  async events(options: Partial<QueueEventsOptions> = {}): Promise<QueueEvents> {
    const events = this.#add(new QueueEvents(NAME, { connection: this.#connection, ...options }));
    await events.waitUntilReady();
    return events;
  }

  flows(): FlowProducer {
    return this.#add(new FlowProducer({ connection: this.#connection }));
  }

  #add<T extends { close(): Promise<void> }>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.reverse()) await part.close();
    this.#connection.disconnect();
  }
}

const count = (queue: Queue, state: "completed" | "failed" | "delayed" | "waiting") =>
  queue.getJobCountByTypes(state);

onBoth("BullMQ runs jobs, tells their results, and tries failed ones again", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), events = await bull.events();
  const attempts: number[] = [];
  bull.worker((job) => {
    if (job.name === "double") return Promise.resolve(job.data.n * 2);
    attempts.push(job.attemptsMade);
    return Promise.reject(new Error("no luck"));
  }, { concurrency: 5 });
  const jobs = await queue.addBulk(
    Array.from({ length: 40 }, (_, n) => ({ name: "double", data: { n } })),
  );
  const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  assertEquals(results, jobs.map((_, n) => n * 2));
  const failing = await queue.add("fail", {}, {
    attempts: 3,
    backoff: { type: "fixed", delay: 20 },
  });
  const reason = await failing.waitUntilFinished(events).catch((error: Error) => error.message);
  assertEquals([reason, attempts], ["no luck", [0, 1, 2]]);
  assertEquals([await count(queue, "completed"), await count(queue, "failed")], [40, 1]);
  const failed = await queue.getJob(failing.id!);
  assertEquals([await failed!.getState(), failed!.stacktrace?.length], ["failed", 3]);
});

onBoth("BullMQ holds jobs back for their delay", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), done: string[] = [];
  const began = Date.now();
  // In this order, so that the later one is due later however long that takes.
  await queue.add("soon", {}, { delay: 150 });
  await queue.add("late", {}, { delay: 400 });
  const never = await queue.add("never", {}, { delay: 3_600_000 });
  assertEquals(await count(queue, "delayed"), 3);
  let lateAt = 0;
  bull.worker((job) => {
    done.push(job.name);
    if (job.name === "late") lateAt = Date.now();
    return Promise.resolve();
  });
  await waitFor("both to be done", () => done.length === 2);
  assertEquals(done, ["soon", "late"]);
  assertGreaterOrEqual(lateAt - began, 400);
  await never.promote();
  await waitFor("the promoted one to be done", () => done.at(-1) === "never");
});

onBoth("BullMQ repeats what a scheduler says", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue();
  let runs = 0;
  bull.worker(() => Promise.resolve(++runs));
  await queue.upsertJobScheduler("often", { every: 50 }, { name: "tick" });
  await waitFor("it to run four times", () => runs >= 4);
  assertEquals((await queue.getJobSchedulers()).map(({ key }) => key), ["often"]);
  assertEquals(await queue.removeJobScheduler("often"), true);
  await waitFor("nothing to be planned", async () => await count(queue, "delayed") === 0);
});

onBoth("BullMQ runs the children of a flow before their parent", async (port) => {
  await using bull = new Bull(port);
  const events = await bull.events(), order: string[] = [];
  const flow = await bull.flows().add({
    name: "sum",
    queueName: NAME,
    children: [1, 2, 3].map((n) => ({
      name: "part",
      data: { n },
      queueName: NAME,
      children: [{ name: "leaf", data: { n: 10 * n }, queueName: NAME }],
    })),
  });
  bull.worker(async (job) => {
    order.push(job.name);
    const values = Object.values(await job.getChildrenValues<number>());
    return (job.data.n ?? 0) + values.reduce((sum, value) => sum + value, 0);
  });
  assertEquals(await flow.job.waitUntilFinished(events), 66);
  assertEquals(order.at(-1), "sum");
  assertEquals(order.slice(0, 6).filter((name) => name === "leaf").length, 3);
});

onBoth("BullMQ keeps to its rate", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), at: number[] = [];
  await queue.addBulk(Array.from({ length: 6 }, () => ({ name: "limited", data: {} })));
  bull.worker(() => Promise.resolve(at.push(Date.now())), { limiter: { max: 2, duration: 200 } });
  await waitFor("all to be done", () => at.length === 6);
  // Three windows: two whole ones lie between the first and the last.
  assertGreaterOrEqual(at[5] - at[0], 350);
});

onBoth("BullMQ takes jobs by their priority", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), order: string[] = [];
  for (const priority of [3, 1, 2, 1, 0]) {
    await queue.add(String(priority), {}, { priority });
  }
  bull.worker((job) => Promise.resolve(order.push(job.name)));
  await waitFor("all to be done", () => order.length === 5);
  assertEquals(order, ["0", "1", "1", "2", "3"]);
});

onBoth("BullMQ takes a job again whose worker is gone", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), events = await bull.events();
  const stalled: string[] = [];
  events.on("stalled", ({ jobId }) => stalled.push(jobId));
  const hold = Promise.withResolvers<void>();
  const lost = bull.worker(() => hold.promise, {
    lockDuration: 300,
    // It does not say in time that it is still there.
    lockRenewTime: 3_600_000,
    skipStalledCheck: true,
  });
  const job = await queue.add("held", {});
  await waitFor("the job to be taken", () => job.isActive());
  bull.worker(() => Promise.resolve("by another"), { stalledInterval: 100 });
  assertEquals(await job.waitUntilFinished(events), "by another");
  await waitFor("the event", () => stalled.length === 1);
  assertEquals(stalled, [job.id]);
  lost.on("error", () => {});
  hold.resolve();
  await lost.close(true);
});

onBoth("BullMQ pauses, drains and clears a queue", async (port) => {
  await using bull = new Bull(port);
  const queue = bull.queue(), done: string[] = [];
  await queue.pause();
  bull.worker((job) => Promise.resolve(done.push(job.name)));
  await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
  assertEquals(await queue.isPaused(), true);
  assertEquals(await queue.getJobCountByTypes("waiting"), 2);
  assertEquals(done, []);
  await queue.resume();
  await waitFor("both to be done", async () => await count(queue, "completed") === 2);
  const removed = await queue.clean(0, 10, "completed");
  assertEquals(removed.length, 2);
  await queue.pause();
  await queue.add("c", {});
  await queue.drain();
  assertEquals(await queue.getJobCountByTypes("waiting"), 0);
  await queue.obliterate({ force: true });
  const rest = new Redis(port);
  const keys = await rest.keys(`bull:${NAME}:*`);
  assert(keys.length <= 3, keys.join(" "));
  rest.disconnect();
});
