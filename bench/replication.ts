/** Replication: what a replica costs, how fast it gets all data, or what it missed, and what others notice. */

import type { BenchOptions } from "./options.ts";
import { type CatchUpResult, formatCatchUp, measureCatchUp } from "./replication/catch_up.ts";
import { formatFullSync, type FullSyncResult, measureFullSync } from "./replication/full_sync.ts";
import {
  formatSyncUnderLoad,
  measureSyncUnderLoad,
  type SyncUnderLoadResult,
} from "./replication/sync_under_load.ts";
import {
  formatReplicaCost,
  measureReplicaCost,
  type ReplicaCost,
} from "./replication/throughput.ts";

/** The figures of all parts. */
export interface ReplicationResult {
  readonly cost: readonly ReplicaCost[];
  readonly fullSync: FullSyncResult;
  readonly catchUp: CatchUpResult;
  readonly underLoad: SyncUnderLoadResult;
}

/** Measures all parts. */
export async function replication(options: BenchOptions): Promise<ReplicationResult> {
  return {
    cost: await measureReplicaCost(options),
    fullSync: await measureFullSync(options),
    catchUp: await measureCatchUp(options),
    underLoad: await measureSyncUnderLoad(options),
  };
}

/** The tables of all parts. */
export function formatReplication(result: ReplicationResult): string {
  return [
    formatReplicaCost(result.cost),
    formatFullSync(result.fullSync),
    formatCatchUp(result.catchUp),
    formatSyncUnderLoad(result.underLoad),
  ].join("\n\n");
}
