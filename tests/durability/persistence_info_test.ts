import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Configuration } from "../../src/config/mod.ts";
import type { RunningJob } from "../../src/durability/background_job.ts";
import type { LoadingProgress } from "../../src/durability/data_loader.ts";
import { persistenceFields } from "../../src/durability/persistence_info.ts";

const START = 1_700_000_000_500;
const AOF = {
  currentSize: 300,
  baseSize: 200,
  bufferLength: 7,
  pendingBioFsync: 1,
  delayedFsync: 2,
  lastWriteStatus: "err",
} as const;

const REWRITES = {
  count: 3,
  consecutiveFailures: 0,
  lastStatus: "ok",
  lastSeconds: 4,
} as const;

const RDB_SAVES = {
  saves: 2,
  lastStatus: "err",
  lastBackgroundSeconds: 6,
  lastSave: 1_700_000_000,
  changesSince: 9,
} as const;

/** The fields, `elapsed` ms after the start. */
function fieldsAt(
  elapsed: number,
  progress: LoadingProgress | null,
  appendonly: "yes" | "no",
  running: RunningJob | null = null,
) {
  const clock = new ManualClock(START);
  const configuration = new Configuration("/");
  configuration.loadCommandLine([`appendonly ${appendonly}`]);
  clock.advance(elapsed);
  const persistence = {
    loader: { progress, loadedKeys: 5, expiredKeys: 1 },
    aof: { statistics: AOF },
    rewrites: REWRITES,
  };
  const jobs = { running, isWaiting: (kind: RunningJob["kind"]) => kind === "aof" };
  return new Map(
    persistenceFields({ clock, configuration, persistence, rdbSaves: RDB_SAVES, jobs }),
  );
}

Deno.test("persistenceFields tells of the append-only file when it is configured", () => {
  const fields = fieldsAt(0, null, "yes");
  assertEquals(fields.get("loading"), 0);
  assertEquals(fields.get("aof_enabled"), 1);
  assertEquals(fields.get("aof_last_write_status"), "err");
  assertEquals(fields.get("aof_last_rewrite_time_sec"), 4);
  assertEquals(fields.get("rdb_changes_since_last_save"), 9);
  assertEquals(fields.get("rdb_last_save_time"), 1_700_000_000);
  assertEquals(fields.get("rdb_saves"), 2);
  assertEquals(fields.get("rdb_last_load_keys_loaded"), 5);
  assertEquals(fields.get("rdb_last_load_keys_expired"), 1);
  assertEquals([...fields].slice(-6), [
    ["aof_current_size", 300],
    ["aof_base_size", 200],
    ["aof_pending_rewrite", 1],
    ["aof_buffer_length", 7],
    ["aof_pending_bio_fsync", 1],
    ["aof_delayed_fsync", 2],
  ]);
});

Deno.test("persistenceFields tells of the job that runs in the background", () => {
  const at = (kind: RunningJob["kind"]) =>
    fieldsAt(7900, null, "no", { kind, startedAt: START, totalKeys: 300, writtenKeys: 100 });
  const rdb = at("rdb"), aof = at("aof");
  assertEquals(rdb.get("current_fork_perc"), "33.33");
  assertEquals(rdb.get("current_save_keys_processed"), 100);
  assertEquals(rdb.get("current_save_keys_total"), 300);
  assertEquals(rdb.get("rdb_last_bgsave_status"), "err");
  assertEquals(rdb.get("rdb_last_bgsave_time_sec"), 6);
  for (const [fields, save, rewrite] of [[rdb, 1, 0], [aof, 0, 1]] as const) {
    assertEquals(fields.get("rdb_bgsave_in_progress"), save);
    assertEquals(fields.get("rdb_current_bgsave_time_sec"), save === 1 ? 7 : -1);
    assertEquals(fields.get("aof_rewrite_in_progress"), rewrite);
    assertEquals(fields.get("aof_current_rewrite_time_sec"), rewrite === 1 ? 7 : -1);
    assertEquals(fields.get("aof_rewrite_scheduled"), 1);
  }
});

Deno.test("persistenceFields leaves the file's sizes out when there is none", () => {
  const fields = fieldsAt(0, null, "no");
  assertEquals([...fields.keys()].at(-1), "module_fork_last_cow_size");
});

Deno.test("persistenceFields tells how far loading is and how long it may take", () => {
  const progress = { startedAt: START, loadedBytes: 100, totalBytes: 400, isAside: false };
  const fields = fieldsAt(2000, progress, "yes");
  assertEquals(fields.get("loading"), 1);
  assertEquals(fields.get("aof_enabled"), 1);
  assertEquals([...fields].slice(-6), [
    ["loading_start_time", 1_700_000_000],
    ["loading_total_bytes", 400],
    ["loading_rdb_used_mem", 0],
    ["loading_loaded_bytes", 100],
    ["loading_loaded_perc", "25.00"],
    ["loading_eta_seconds", 6],
  ]);
});

Deno.test("persistenceFields has no figure to divide by when loading has just begun", () => {
  const fields = fieldsAt(
    0,
    { startedAt: START, loadedBytes: 0, totalBytes: 0, isAside: false },
    "yes",
  );
  assertEquals(fields.get("loading_loaded_perc"), "0.00");
  assertEquals(fields.get("loading_eta_seconds"), 1);
});
