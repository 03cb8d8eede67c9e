/** The process, signals and timers of the layer, on whatever runs this. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import {
  performance,
  promiseWithResolvers,
  setTimeout as ours,
} from "../../../npm/runtime/globals.ts";
import * as system from "../../../npm/runtime/system.ts";
import { getHeapStatistics, runInNewContext, setFlagsFromString } from "../../../npm/runtime/v8.ts";

/** Run by this file itself, in a process of its own: exits with the number of signals that came. */
if (process.env.LAYER_SIGNALS !== undefined) {
  let count = 0;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"] as const) {
    system.addSignalListener(signal, () => {
      if (++count === 4) system.exit(40 + count);
      system.stdout.writeSync(new TextEncoder().encode(`${signal}\n`));
    });
  }
  system.stdout.writeSync(new TextEncoder().encode("ready\n"));
  setTimeout(() => system.exit(1), 20_000);
} else {
  test("signals come to their listeners, and end nothing else", async () => {
    const child = spawn(process.execPath, [process.argv[1]], {
      env: { ...process.env, LAYER_SIGNALS: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    const order = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"] as const;
    child.stdout.on("data", (chunk) => {
      said += String(chunk);
      const lines = said.split("\n").length - 1;
      const next = order[lines - 1];
      if (next !== undefined && said.endsWith("\n")) child.kill(next);
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(said, "ready\nSIGTERM\nSIGINT\nSIGHUP\n");
    assert.equal(code, 44);
  });

  test("timers and the clock are those of the time when the module was loaded", async () => {
    const { setTimeout: real } = globalThis, now = globalThis.performance.now;
    try {
      globalThis.setTimeout = (() => {
        throw new Error("a fake timer");
      }) as unknown as typeof setTimeout;
      globalThis.performance.now = () => 0;
      const began = performance.now();
      await new Promise<void>((resolve) => void ours(resolve, 20));
      assert.ok(performance.now() - began > 10);
    } finally {
      globalThis.setTimeout = real;
      globalThis.performance.now = now;
    }
  });

  test("the process and the machine are described", async () => {
    assert.match(system.userAgent, /^(Node\.js|Bun)\/\d+\.\d+\.\d+$/);
    assert.equal(system.build.os, "linux");
    assert.match(system.build.arch, /^(x86_64|aarch64)$/);
    assert.equal(system.pid, process.pid);
    assert.ok(system.memoryUsage().heapUsed > 0);
    assert.ok(system.systemMemoryInfo().total > 1e8);
    assert.equal(system.cwd(), process.cwd());
    const { promise, resolve } = promiseWithResolvers<number>();
    resolve(7);
    assert.equal(await promise, 7);
  });

  test("the heap's size and its end are known, and garbage can be collected", () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    assert.ok(used > 0 && limit > used);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("typeof gc === 'function' ? gc : null");
    assert.equal(typeof collect, "function");
    let kept: unknown = Array.from({ length: 1e6 }, (_, i) => ({ i }));
    const before = getHeapStatistics().used_heap_size;
    assert.ok(kept !== null);
    kept = null;
    (collect as () => void)();
    assert.ok(getHeapStatistics().used_heap_size < before);
  });
}
