/** The memory of connections that do nothing. */

import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import type { RawConnection } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatTable } from "./table.ts";

const CONNECTIONS = [1000, 5000];
const SETTLE = 2000;
/** The most memory per connection, in bytes. */
const MOST_BYTES = 40 * 1024;

/** Memory per idle connection in bytes. */
export interface IdleResult {
  readonly connections: number;
  readonly miniredis: number;
  readonly redis: number;
}

/** Opens connections to both, each of which says PING once. */
export async function idle(options: BenchOptions): Promise<IdleResult[]> {
  const results: IdleResult[] = [];
  for (const connections of CONNECTIONS) {
    results.push({
      connections,
      redis: await measure(options.redis, connections),
      miniredis: await measure(options.miniredis, connections),
    });
  }
  return results;
}

async function measure(contender: Contender, count: number): Promise<number> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  const before = residentBytes(server.pid);
  const connections: RawConnection[] = [];
  try {
    while (connections.length < count) {
      const connection = await server.connect();
      connections.push(connection);
      await connection.call("PING");
    }
    await pause(SETTLE);
    return (residentBytes(server.pid) - before) / count;
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
}

/** The table of both. */
export function formatIdle(results: readonly IdleResult[]): string {
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  return formatTable(
    ["idle connections", "miniredis", "redis-server", ""],
    results.map((result) => [
      String(result.connections),
      kilobytes(result.miniredis),
      kilobytes(result.redis),
      result.miniredis <= MOST_BYTES ? "ok" : "MISSED",
    ]),
  );
}
