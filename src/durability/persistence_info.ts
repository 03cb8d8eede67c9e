/** INFO's persistence section. */

import type { Clock } from "../base/clock.ts";
import type { Configuration } from "../config/mod.ts";
import type { InfoFields } from "../observe/info.ts";
import type { AofStatistics } from "../persistence/aof.ts";
import type { AofRewrites } from "./aof_rewrites.ts";
import type { RunningJob } from "./background_job.ts";
import type { BackgroundJobs } from "./background_jobs.ts";
import type { DataLoader, LoadingProgress } from "./data_loader.ts";

/** What the section is about. */
export interface PersistentState {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly jobs: Pick<BackgroundJobs, "running" | "isWaiting">;
  readonly persistence: {
    readonly loader: Pick<DataLoader, "progress" | "loadedKeys" | "expiredKeys">;
    readonly aof: { readonly statistics: AofStatistics };
    readonly rewrites: Pick<
      AofRewrites,
      "count" | "consecutiveFailures" | "lastStatus" | "lastSeconds"
    >;
  };
  readonly rdbSaves: {
    readonly saves: number;
    readonly lastSave: number;
    readonly lastStatus: "ok" | "err";
    readonly lastBackgroundSeconds: number;
    readonly changesSince: number;
  };
}

/**
 * The fields of the section. Nothing is ever forked, so there is no memory that forks copied; what Redis
 * has a forked child for is a job in the background.
 */
export function persistenceFields(state: PersistentState): InfoFields {
  const { persistence: { aof, rewrites, loader }, jobs, rdbSaves, clock } = state;
  const { appendonly } = state.configuration.settings;
  const loading = loader.progress;
  const statistics = aof.statistics, { running } = jobs;
  const isRewriteWaiting = jobs.isWaiting("aof") ? 1 : 0;
  const keysDone = running?.writtenKeys ?? 0, keysInAll = running?.totalKeys ?? 0;
  const secondsOf = (kind: RunningJob["kind"]) =>
    running?.kind === kind ? Math.floor((clock.now() - running.startedAt) / 1000) : -1;
  return [
    ["loading", loading === null || loading.isAside ? 0 : 1],
    ["async_loading", loading?.isAside ? 1 : 0],
    ["current_cow_peak", 0],
    ["current_cow_size", 0],
    ["current_cow_size_age", 0],
    ["current_fork_perc", (100 * keysDone / Math.max(1, keysInAll)).toFixed(2)],
    ["current_save_keys_processed", keysDone],
    ["current_save_keys_total", keysInAll],
    ["rdb_changes_since_last_save", rdbSaves.changesSince],
    ["rdb_bgsave_in_progress", running?.kind === "rdb" ? 1 : 0],
    ["rdb_last_save_time", rdbSaves.lastSave],
    ["rdb_last_bgsave_status", rdbSaves.lastStatus],
    ["rdb_last_bgsave_time_sec", rdbSaves.lastBackgroundSeconds],
    ["rdb_current_bgsave_time_sec", secondsOf("rdb")],
    ["rdb_saves", rdbSaves.saves],
    ["rdb_last_cow_size", 0],
    ["rdb_last_load_keys_expired", loader.expiredKeys],
    ["rdb_last_load_keys_loaded", loader.loadedKeys],
    ["aof_enabled", appendonly ? 1 : 0],
    ["aof_rewrite_in_progress", running?.kind === "aof" ? 1 : 0],
    ["aof_rewrite_scheduled", isRewriteWaiting],
    ["aof_last_rewrite_time_sec", rewrites.lastSeconds],
    ["aof_current_rewrite_time_sec", secondsOf("aof")],
    ["aof_last_bgrewrite_status", rewrites.lastStatus],
    ["aof_rewrites", rewrites.count],
    ["aof_rewrites_consecutive_failures", rewrites.consecutiveFailures],
    ["aof_last_write_status", statistics.lastWriteStatus],
    ["aof_last_cow_size", 0],
    ["module_fork_in_progress", 0],
    ["module_fork_last_cow_size", 0],
    ...appendonly
      ? [
        ["aof_current_size", statistics.currentSize] as const,
        ["aof_base_size", statistics.baseSize] as const,
        ["aof_pending_rewrite", isRewriteWaiting] as const,
        ["aof_buffer_length", statistics.bufferLength] as const,
        ["aof_pending_bio_fsync", statistics.pendingBioFsync] as const,
        ["aof_delayed_fsync", statistics.delayedFsync] as const,
      ]
      : [],
    ...loading === null ? [] : loadingFields(loading, clock.now()),
  ];
}

function loadingFields(progress: LoadingProgress, now: number): InfoFields {
  const { startedAt, loadedBytes, totalBytes } = progress;
  const elapsed = (now - startedAt) / 1000;
  // As Redis does, as long as nothing can be told yet.
  let secondsLeft = 1;
  if (elapsed >= 1 && loadedBytes > 0) {
    secondsLeft = Math.floor(elapsed * (totalBytes - loadedBytes) / loadedBytes);
  }
  return [
    ["loading_start_time", Math.floor(startedAt / 1000)],
    ["loading_total_bytes", totalBytes],
    ["loading_rdb_used_mem", 0],
    ["loading_loaded_bytes", loadedBytes],
    ["loading_loaded_perc", (100 * loadedBytes / Math.max(1, totalBytes)).toFixed(2)],
    ["loading_eta_seconds", secondsLeft],
  ];
}
