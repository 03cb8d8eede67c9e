/** Celery and RQ, of Debian's packages: a worker that takes its tasks from the server. */

import { assert, assertEquals } from "@std/assert";
import { hasProgram } from "../support/required_test.ts";
import { onBoth } from "./on_both.ts";

/** Debian's own, for which its packages are. */
const PYTHON = "/usr/bin/python3";
const FOLDER = new URL("python/", import.meta.url).pathname;

function python(port: number, args: readonly string[]): Deno.Command {
  return new Deno.Command(PYTHON, {
    args: [...args],
    cwd: FOLDER,
    env: { REDIS_URL: `redis://127.0.0.1:${port}/0`, PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
}

/** Runs a program beside a worker, and gives what it prints. */
async function check(port: number, worker: readonly string[], program: string): Promise<unknown> {
  const work = python(port, worker).spawn();
  const workOutput = work.output();
  try {
    const { success, stdout } = await python(port, [program]).output();
    assert(success, `${program} failed`);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    work.kill("SIGTERM");
    await workOutput;
  }
}

function missingModule(name: string, debian: string): string | undefined {
  return hasProgram(PYTHON, "-c", `import ${name}, redis`)
    ? undefined
    : `${PYTHON} has no ${name} (apt-get install ${debian})`;
}

onBoth("Celery does tasks, groups, chains, chords and retries", async (port) => {
  const worker = ["-m", "celery", "-A", "celery_tasks", "worker", "-c", "2", "-l", "ERROR"];
  const found = await check(port, worker, "celery_check.py");
  const doubled = Array.from({ length: 20 }, (_, i) => 2 * i);
  assertEquals(found, {
    task: 5,
    countdown: 2,
    group: doubled,
    chain: 113,
    chord: 210,
    retries: 3,
    failure: "ValueError: no luck",
    forgotten: "PENDING",
  });
}, { missing: missingModule("celery", "python3-celery python3-redis"), isLong: true });

onBoth("RQ does jobs, those that depend on others, retries and scheduled ones", async (port) => {
  const url = `redis://127.0.0.1:${port}/0`;
  const worker = ["-m", "rq.cli", "worker", "--with-scheduler", "--url", url, "--quiet"];
  const found = await check(port, worker, "rq_check.py");
  assertEquals(found, {
    jobs: Array.from({ length: 10 }, (_, i) => 2 * i),
    dependent: 7,
    retries: 2,
    failed: "failed",
    "in registry": true,
    scheduled: 10,
    left: 0,
  });
}, { missing: missingModule("rq", "python3-rq python3-redis"), isLong: true });
