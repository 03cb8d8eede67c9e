/** One run of `redis-benchmark`, with what it cost the server. */

import { startChild } from "./children.ts";
import { cpuMicroseconds } from "./process_usage.ts";
import type { BenchServer } from "./server.ts";

/** What the load consists of. */
export interface Load {
  /** The end of `redis-benchmark`'s command line: `-t` and the name of a test, or a command. */
  readonly test: readonly string[];
  readonly valueBytes: number;
  readonly pipeline: number;
  readonly requests: number;
  readonly clients: number;
  /** Random numbers in keys and arguments are below this. */
  readonly keys: number;
}

/** What a run gave. */
export interface Throughput {
  readonly requestsPerSecond: number;
  /** CPU time of the server, user and system, in µs. */
  readonly cpuPerRequest: number;
}

/** `redis-benchmark` spins for ever when its server dies: a run may take so many seconds. */
const RUN_TIMEOUT = 120;

/** Drives a server and measures. Throws when the load generator fails or runs out of time. */
export async function drive(server: BenchServer, load: Load): Promise<Throughput> {
  const before = cpuMicroseconds(server.pid);
  const child = startChild([
    ...["timeout", "-s", "KILL", String(RUN_TIMEOUT), "redis-benchmark", "--csv"],
    ...["-h", "127.0.0.1", "-p", String(server.port)],
    ...["-c", String(load.clients), "-n", String(load.requests), "-P", String(load.pipeline)],
    ...["-d", String(load.valueBytes), "-r", String(load.keys), ...load.test],
  ]);
  const code = await child.ended;
  const { output } = child;
  if (code !== 0) throw new Error(`redis-benchmark ended with code ${code}: ${output}`);
  const cpu = cpuMicroseconds(server.pid) - before;
  return {
    requestsPerSecond: parseRequestsPerSecond(output),
    cpuPerRequest: cpu / load.requests,
  };
}

/** The second column of the one result line, whose first is the name of the test. */
function parseRequestsPerSecond(csv: string): number {
  const match = /^"(?!test)[^"]*","([\d.]+)"/m.exec(csv);
  if (match === null) throw new Error(`redis-benchmark said: ${csv}`);
  return Number(match[1]);
}
