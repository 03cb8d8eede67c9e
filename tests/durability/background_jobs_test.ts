import { setImmediate } from "node:timers";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { ReplyError } from "../../src/base/errors.ts";
import { Hold } from "../../src/base/hold.ts";
import type { BackgroundJobKind, BackgroundTask } from "../../src/durability/background_job.ts";
import { BackgroundJobs, type BackgroundWorker } from "../../src/durability/background_jobs.ts";
import { Log } from "../../src/observe/log.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { waitFor } from "../support/wait_for.ts";

const MB = 1024 * 1024;

/** Jobs of a server, and what they were told. */
function createJobs() {
  const clock = new ManualClock(), lines: string[] = [];
  const host = {
    clock,
    lines,
    log: new Log(clock, (line) => void lines.push(line.trim())),
    loading: new Hold(),
    halfway: new Hold(),
    keyDelay: 0,
    changes: 0,
    onChange: () => void host.changes++,
  };
  return { host, jobs: new BackgroundJobs(host) };
}

/** Begins a task as the work of its kind. */
function begin(jobs: BackgroundJobs, task: BackgroundTask): void {
  jobs.setWorker(task.kind, {
    dueReason: () => null,
    hasToWait: () => false,
    open: () => task,
  });
  jobs.begin(task.kind);
}

/** A task that writes a number of slices; what happens to it is noted in `events`. */
function createTask(
  files: FaultyFileSystem,
  slices: number,
  changes: Partial<BackgroundTask> & { bytesPerSlice?: number; fails?: boolean } = {},
) {
  const events: string[] = [];
  const { bytesPerSlice = 1 } = changes;
  const file = files.openSync("file", "create");
  let written = 0;
  /** When the last slice did. */
  let ended = performance.now();
  const writer = {
    totalKeys: slices,
    get writtenKeys() {
      return written;
    },
    get writtenBytes() {
      return written * bytesPerSlice;
    },
    advance: (deadline: number) => {
      assert(deadline > ended);
      if (changes.fails) throw new Error("broken");
      file.writeSync(new Uint8Array(1));
      ended = performance.now();
      return ++written === slices;
    },
    flush: () => {},
    end: () => void events.push("writer ended"),
  };
  const task: BackgroundTask = {
    kind: "rdb",
    target: file,
    writer,
    syncsOften: false,
    finish: () => void events.push("finished"),
    abandon: () => void events.push("abandoned"),
    ended: (outcome, error) => void events.push(error ? `${outcome}: ${error}` : outcome),
    ...changes,
  };
  return { task, events };
}

Deno.test("BackgroundJobs writes, syncs and closes the file before it is put in its place", async () => {
  const files = new FaultyFileSystem(), { jobs, host } = createJobs();
  const { task, events } = createTask(files, 3, {
    finish: () => {
      events.push(`finished with ${files.openFiles} open files`);
      assertEquals(files.trace.at(-1), "sync file");
    },
  });
  begin(jobs, task);
  assertEquals(jobs.running?.totalKeys, 3);
  assertEquals(host.changes, 1);
  assertThrows(() => jobs.begin("rdb"), Error, "A background job is running");
  await jobs.settled();
  assertEquals(events, ["writer ended", "finished with 0 open files", "done"]);
  assertEquals([jobs.running, host.changes, files.openFiles], [null, 2, 0]);
});

Deno.test("BackgroundJobs lets others run between two slices", async () => {
  const files = new FaultyFileSystem(), { jobs } = createJobs();
  const { task } = createTask(files, 20);
  begin(jobs, task);
  assertEquals(jobs.running?.writtenKeys, 0);
  const seen = new Set<number>();
  while (jobs.running !== null) {
    seen.add(jobs.running.writtenKeys);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert(seen.size > 10, [...seen].join());
  await jobs.settled();
});

Deno.test("BackgroundJobs syncs the file every few megabytes where that is wanted", async () => {
  for (const syncsOften of [true, false]) {
    const files = new FaultyFileSystem(), { jobs } = createJobs();
    const { task } = createTask(files, 10, { bytesPerSlice: 2 * MB, syncsOften });
    begin(jobs, task);
    await jobs.settled();
    const syncs = files.trace.filter((operation) => operation === "sync file").length;
    assertEquals(syncs, syncsOften ? 6 : 1);
  }
});

Deno.test("BackgroundJobs tells why a job has failed, and removes what it wrote", async () => {
  for (const fault of ["advance", "sync", "early sync", "finish"] as const) {
    const files = new FaultyFileSystem(), { jobs } = createJobs();
    if (fault.endsWith("sync")) files.fail("sync", "broken");
    const { task, events } = createTask(files, 10, {
      fails: fault === "advance",
      bytesPerSlice: fault === "early sync" ? 2 * MB : 1,
      syncsOften: true,
      ...fault === "finish" ? { finish: () => Promise.reject(new Error("broken")) } : {},
    });
    begin(jobs, task);
    await jobs.settled();
    assertEquals(events, ["writer ended", "abandoned", "failed: Error: broken"], fault);
    assertEquals([jobs.running, files.openFiles], [null, 0]);
  }
});

Deno.test("BackgroundJobs kills a job wherever it stands, and can start the next one at once", async () => {
  const phases = {
    "at the beginning": () => true,
    "while it writes": (files: FaultyFileSystem) => files.trace.length > 2,
    "while it syncs": (files: FaultyFileSystem) => files.heldSyncs > 0,
  };
  for (const [phase, isReached] of Object.entries(phases)) {
    const files = new FaultyFileSystem(), { jobs, host } = createJobs();
    files.holdSyncs = true;
    host.keyDelay = phase === "while it writes" ? 1e9 : 0;
    const { task, events } = createTask(files, 3);
    if (phase === "while it writes") host.keyDelay = 1e9;
    begin(jobs, task);
    await waitFor(phase, () => host.keyDelay > 0 ? files.trace.length > 1 : isReached(files));
    jobs.kill();
    jobs.kill();
    // Before it is killed, its snapshot may have ended by itself.
    assertEquals(events, ["writer ended", "abandoned", "killed"], phase);
    assertEquals(jobs.running, null);
    host.keyDelay = 0;
    const next = createTask(files, 1);
    begin(jobs, next.task);
    await waitFor("the next sync", () => files.heldSyncs > 0);
    files.holdSyncs = false;
    await waitFor("both to end", () => {
      files.finishSyncs();
      return jobs.running === null;
    });
    await jobs.settled();
    assertEquals(next.events.at(-1), "done");
    assertEquals(events.length, 3, phase);
    assertEquals(files.openFiles, 0, phase);
  }
});

Deno.test("BackgroundJobs waits for each key as long as it is told to", async () => {
  const files = new FaultyFileSystem(), { jobs, host } = createJobs();
  host.keyDelay = 20_000;
  const { task } = createTask(files, 3);
  const began = performance.now();
  begin(jobs, task);
  await jobs.settled();
  assert(performance.now() - began >= 60);
});

/** The queue of jobs that last until they are killed; what begins is noted by its kind. */
class Queue {
  readonly files = new FaultyFileSystem();
  readonly began: BackgroundJobKind[] = [];
  readonly jobs: BackgroundJobs;
  readonly host: ReturnType<typeof createJobs>["host"];
  readonly rdb = this.#worker("rdb");
  readonly aof = this.#worker("aof");

  constructor() {
    ({ jobs: this.jobs, host: this.host } = createJobs());
    this.host.keyDelay = 1e9;
    this.jobs.setWorker("rdb", this.rdb);
    this.jobs.setWorker("aof", this.aof);
  }

  /** Looks for work as often as it takes until a job runs, and ends that; says which it was. */
  next(): BackgroundJobKind | undefined {
    for (let looks = 0; looks < 3 && this.jobs.running === null; looks++) this.jobs.beginNext();
    const kind = this.jobs.running?.kind;
    this.jobs.kill();
    return kind;
  }

  #worker(
    kind: BackgroundJobKind,
  ): BackgroundWorker & { isDue: boolean; waits: boolean; fails: boolean } {
    const worker = {
      isDue: false,
      waits: false,
      fails: false,
      dueReason: () => worker.isDue ? `${kind} is due` : null,
      hasToWait: () => worker.waits,
      open: () => {
        if (worker.fails) throw new PersistenceError("broken");
        this.began.push(kind);
        return createTask(this.files, 2, { kind }).task;
      },
    };
    return worker;
  }
}

Deno.test("BackgroundJobs prefers what waits and what is due as Redis does", async () => {
  const queue = new Queue();
  const { jobs, rdb, aof } = queue;
  assertEquals(queue.next(), undefined);
  jobs.wait("rdb");
  jobs.wait("aof");
  rdb.isDue = aof.isDue = true;
  assertEquals(queue.next(), "aof");
  assertEquals([jobs.isWaiting("aof"), jobs.isWaiting("rdb")], [false, true]);
  // A save that was asked for follows a job at once, before all that is due.
  assertEquals(queue.next(), "rdb");
  assertEquals(jobs.isWaiting("rdb"), false);
  assertEquals(queue.host.lines, []);
  assertEquals(queue.next(), "rdb");
  assertEquals(queue.host.lines.length, 1);
  rdb.isDue = false;
  assertEquals(queue.next(), "aof");
  aof.isDue = false;
  assertEquals(queue.next(), undefined);
  assertEquals(queue.began, ["aof", "rdb", "rdb", "aof"]);
  await jobs.settled();
});

Deno.test("BackgroundJobs has one job in its slot, whoever asks", async () => {
  const { jobs, aof, began } = new Queue();
  jobs.begin("rdb");
  jobs.wait("aof");
  aof.isDue = true;
  jobs.beginNext();
  assertThrows(() => jobs.begin("aof"), Error, "A background job is running");
  assertEquals(began, ["rdb"]);
  assertEquals(jobs.isWaiting("aof"), true);
  jobs.forget("aof");
  assertEquals(jobs.isWaiting("aof"), false);
  jobs.kill();
  await jobs.settled();
});

Deno.test("BackgroundJobs begins nothing while data is loaded, whoever asks", async () => {
  const queue = new Queue();
  const { jobs, rdb, aof, began, host } = queue;
  const loaded = host.loading.hold();
  jobs.wait("rdb");
  jobs.wait("aof");
  rdb.isDue = aof.isDue = true;
  jobs.beginNext();
  assertThrows(() => jobs.begin("rdb"), ReplyError, "LOADING ");
  assertThrows(() => jobs.begin("aof"), ReplyError, "LOADING ");
  assertEquals([jobs.running, began, host.changes], [null, [], 0]);
  loaded();
  assertEquals(queue.next(), "aof");
  await jobs.settled();
});

Deno.test("BackgroundJobs leaves out what has to wait, and goes on where opening fails", async () => {
  const queue = new Queue();
  const { jobs, rdb, aof } = queue;
  jobs.wait("aof");
  rdb.isDue = true;
  aof.waits = true;
  assertEquals(queue.next(), "rdb");
  assertEquals(jobs.isWaiting("aof"), true);
  aof.waits = false;
  aof.fails = true;
  assertThrows(() => jobs.begin("aof"), PersistenceError, "broken");
  assertEquals(queue.next(), "rdb");
  assertEquals(jobs.isWaiting("aof"), true, "it is still to be done");
  rdb.isDue = false;
  rdb.fails = true;
  jobs.wait("rdb");
  assertEquals(queue.next(), undefined);
  assertEquals(jobs.isWaiting("rdb"), false, "it has failed, as one that fails later");
  await jobs.settled();
});

Deno.test("BackgroundJobs lets a save that waits wait for its own turn", async () => {
  const queue = new Queue();
  const { jobs } = queue;
  jobs.wait("rdb");
  jobs.begin("rdb");
  jobs.kill();
  assertEquals(jobs.isWaiting("rdb"), true);
  assertEquals(queue.next(), "rdb");
  jobs.wait("aof");
  jobs.begin("aof");
  jobs.kill();
  assertEquals(jobs.isWaiting("aof"), false);
  assertEquals(queue.next(), undefined);
  await jobs.settled();
});
