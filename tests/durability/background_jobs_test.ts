import { setImmediate } from "node:timers";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { BackgroundJobs, type BackgroundTask } from "../../src/durability/background_jobs.ts";
import { FaultyFileSystem } from "../persistence/faulty_file_system.ts";
import { waitFor } from "../support/wait_for.ts";

const MB = 1024 * 1024;

/** Jobs of a server, and what they were told. */
function createJobs() {
  const host = { clock: new ManualClock(), keyDelay: 0, changes: 0, onChange: () => {} };
  host.onChange = () => void host.changes++;
  return { host, jobs: new BackgroundJobs(host) };
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
  const snapshot = {
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
    end: () => void events.push("snapshot ended"),
  };
  const task: BackgroundTask = {
    kind: "rdb",
    file,
    snapshot,
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
  jobs.start(task);
  assertEquals(jobs.running?.totalKeys, 3);
  assertEquals(host.changes, 1);
  assertThrows(() => jobs.start(task), Error, "A background job is running");
  await jobs.settled();
  assertEquals(events, ["snapshot ended", "finished with 0 open files", "done"]);
  assertEquals([jobs.running, host.changes, files.openFiles], [null, 2, 0]);
});

Deno.test("BackgroundJobs lets others run between two slices", async () => {
  const files = new FaultyFileSystem(), { jobs } = createJobs();
  const { task } = createTask(files, 20);
  jobs.start(task);
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
    jobs.start(task);
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
    jobs.start(task);
    await jobs.settled();
    assertEquals(events, ["snapshot ended", "abandoned", "failed: Error: broken"], fault);
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
    jobs.start(task);
    await waitFor(phase, () => host.keyDelay > 0 ? files.trace.length > 1 : isReached(files));
    jobs.kill();
    jobs.kill();
    // Before it is killed, its snapshot may have ended by itself.
    assertEquals(events, ["snapshot ended", "abandoned", "killed"], phase);
    assertEquals(jobs.running, null);
    host.keyDelay = 0;
    const next = createTask(files, 1);
    jobs.start(next.task);
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
  jobs.start(task);
  await jobs.settled();
  assert(performance.now() - began >= 60);
});
