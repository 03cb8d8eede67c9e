/** Closes clients whose buffers take more than `maxmemory-clients` allows. */

import type { MemoryOrPercent, Settings } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Client } from "./client.ts";
import type { ClientMemory } from "./client_memory.ts";

/** Redis' smallest limit: below it nobody could talk to the server to change it. */
const SMALLEST_LIMIT = 128 * 1024;

/** What client eviction works with. */
export interface ClientEvictionParts {
  readonly clients: Iterable<Client>;
  /** What they take together. */
  readonly memory: ClientMemory;
  readonly settings: Readonly<Settings>;
  readonly statistics: Statistics;
  readonly log: Log;
}

/** Closes the largest clients until the others are within the limit. To be called before commands run, and now and then. */
export function evictClients(
  { clients, memory, settings, statistics, log }: ClientEvictionParts,
): void {
  const limit = limitOf(settings["maxmemory-clients"], Number(settings.maxmemory));
  if (limit === 0) return;
  if (memory.total <= limit) return;
  for (const client of clients) client.measure();
  const candidates = [...clients].filter(({ noEvict, closing, mustObey }) =>
    !noEvict && !closing && !mustObey
  )
    .sort((a, b) => b.countedBytes - a.countedBytes);
  for (const client of candidates) {
    if (memory.total <= limit) return;
    log.notice(`Evicting client: ${client.describe()}`);
    statistics.evictedClients++;
    client.disconnect();
  }
}

/** The limit in bytes; 0: none. */
function limitOf({ amount, isPercent }: MemoryOrPercent, maxmemory: number): number {
  const limit = isPercent ? maxmemory * Number(amount) / 100 : Number(amount);
  return limit === 0 ? 0 : Math.max(SMALLEST_LIMIT, limit);
}
