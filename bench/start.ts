/** What it takes to start, until the first answer. */

import type { BenchOptions } from "./options.ts";
import { processorNanoseconds } from "./process_usage.ts";
import { BenchServer, type Contender } from "./server.ts";
import { formatTable, median } from "./table.ts";

const STARTS = 20;
/** The most CPU time in ms that the executable is to need; it was 150 before its modules were bundled. */
const MOST_CPU = 75;

/** One server's medians. */
export interface StartResult {
  readonly name: string;
  /** From the start of the process until PONG, in ms. */
  readonly time: number;
  /** CPU time of all threads meanwhile, in ms. */
  readonly cpu: number;
  readonly isExecutable: boolean;
}

/** Starts both in turns, each time with an empty directory. */
export async function start(options: BenchOptions): Promise<StartResult[]> {
  const contenders = [options.miniredis, options.redis];
  // The first start of an executable compiles its code, and keeps that in a file for the next ones.
  for (const contender of contenders) await measure(contender);
  const runs: { time: number; cpu: number }[][] = contenders.map(() => []);
  for (let i = 0; i < STARTS; i++) {
    for (const [at, contender] of contenders.entries()) runs[at].push(await measure(contender));
  }
  return contenders.map(({ name, command }, at) => ({
    name,
    time: median(runs[at].map((run) => run.time)),
    cpu: median(runs[at].map((run) => run.cpu)),
    isExecutable: command.length === 1,
  }));
}

async function measure(contender: Contender): Promise<{ time: number; cpu: number }> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  const time = performance.now() - server.startedAt;
  return { time, cpu: processorNanoseconds(server.pid) / 1e6 };
}

/** The table of both. */
export function formatStart(results: readonly StartResult[]): string {
  const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`;
  return formatTable(
    ["from the start to PONG", "time", "CPU", ""],
    results.map(({ name, time, cpu, isExecutable }) => {
      const verdict = cpu <= MOST_CPU ? "ok" : "MISSED";
      const isMeant = name === "miniredis" && isExecutable;
      return [name, milliseconds(time), milliseconds(cpu), isMeant ? verdict : ""];
    }),
  );
}
