/**
 * Snapshots for replicas that lack everything: straight into their connections, or by way of the RDB file.
 * Replicas that want the same and come together share one.
 */

import { bytesOf } from "../base/span.ts";
import { randomHex } from "../base/random_hex.ts";
import type { BackgroundTask, JobOutcome } from "../durability/background_job.ts";
import type { BackgroundJobs } from "../durability/background_jobs.ts";
import { hasDirectory } from "../durability/data_directory.ts";
import { rdbSaveOptions, type RdbServer } from "../durability/rdb_options.ts";
import { beginRdb } from "../persistence/data_set_writer.ts";
import { fileErrorText, type FileSystem, type OpenFile } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import { overflowPlace } from "./overflow_file.ts";
import type { Replica } from "./replica.ts";
import type { ReplicationStream } from "./stream.ts";
import { FilePayload, SyncSpool } from "./sync_spool.ts";

/** What follows a data set whose length nobody knew when it was begun, in hexadecimal digits. */
const END_MARK_DIGITS = 40;

/** What full syncs need of the server. */
export interface FullSyncServer extends RdbServer {
  readonly jobs: BackgroundJobs;
  readonly files: FileSystem;
  /** Writes the RDB file in the background, and is told when that has ended. */
  readonly rdbSaves: {
    saveForReplicas(ended: (outcome: JobOutcome) => void): void;
  };
}

/** The snapshots for replicas: one at a time, in the slot for work in the background. */
export class FullSyncs {
  readonly #server: FullSyncServer;
  readonly #stream: ReplicationStream;
  readonly #replicas: () => Iterable<Replica>;
  /** Called when a snapshot begins: the stream is to say anew which database it is in. */
  readonly #began: () => void;
  /** The filter of the replicas that the RDB file is written for which is being saved; null: for none. */
  #savesFor: string | null = null;

  constructor(
    server: FullSyncServer,
    stream: ReplicationStream,
    replicas: () => Iterable<Replica>,
    began: () => void,
  ) {
    this.#server = server;
    this.#stream = stream;
    this.#replicas = replicas;
    this.#began = began;
  }

  /** A replica lacks everything: begins a snapshot for it, has it share one, or leaves it waiting. */
  request(replica: Replica): void {
    const { jobs, log, configuration: { settings } } = this.#server;
    if (jobs.running?.kind === "rdb") {
      const first = this.#sharedWith(replica);
      if (first !== undefined) {
        log.notice("Waiting for end of BGSAVE for SYNC");
        this.#join(replica, first);
      } else {
        log.notice(
          "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC",
        );
      }
      return;
    }
    if (this.#isStreamed(replica) && settings["repl-diskless-sync-delay"] > 0) {
      log.notice("Delay next BGSAVE for diskless SYNC");
      return;
    }
    if (jobs.running !== null) {
      log.notice(
        "No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed",
      );
      return;
    }
    this.#begin();
  }

  /** Begins a snapshot for those who wait, if it is time; to be called every second. */
  beginIfDue(): void {
    const { jobs, keyspace, clock, configuration: { settings } } = this.#server;
    if (jobs.running !== null || keyspace.loading.isHeld || keyspace.halfway.isHeld) return;
    const waiting = this.#waiting();
    if (waiting.length === 0) return;
    const now = clock.now();
    const longest = Math.max(...waiting.map(({ acknowledgedAt }) => now - acknowledgedAt));
    const delay = settings["repl-diskless-sync-delay"] * 1000;
    const enough = settings["repl-diskless-sync-max-replicas"];
    const isFull = enough > 0 && waiting.length >= enough;
    if (!this.#isStreamed(waiting[0]) || longest >= delay || isFull) this.#begin();
  }

  /** Those that wait for a snapshot, and want the same as the first one of them. */
  #waiting(): readonly Replica[] {
    const all = [...this.#replicas()].filter(({ state }) => state === "wait_bgsave_start");
    return all.filter((one) =>
      one.filter === all[0].filter && this.#isStreamed(one) === this.#isStreamed(all[0])
    );
  }

  /** Whether a replica is sent the data while that is made. */
  #isStreamed(replica: Replica): boolean {
    if (!replica.takesStreamedData) return false;
    const { settings } = this.#server.configuration;
    // The file has all data, and may have no place.
    return settings["repl-diskless-sync"] || replica.filter !== "" || !hasDirectory(settings);
  }

  #begin(): void {
    const waiting = this.#waiting();
    const isStreamed = this.#isStreamed(waiting[0]);
    const { log } = this.#server;
    const target = isStreamed ? "replicas sockets" : "disk";
    log.notice(`Starting BGSAVE for SYNC with target: ${target}`);
    try {
      if (isStreamed) this.#transfer(waiting);
      else this.#save(waiting);
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      log.warning("BGSAVE for replication failed");
      for (const replica of waiting) {
        replica.say("-ERR BGSAVE failed, replication can't continue\r\n");
        replica.client.closeAfterReply();
      }
    }
  }

  /** What a replica is told when its snapshot begins. */
  #start(replica: Replica, isStreamed: boolean): void {
    const { history } = this.#stream;
    replica.isStreamed = isStreamed;
    this.#began();
    replica.beginFullSync(history.id, history.offset, this.#stream.read(this.#stream.end));
  }

  // --- Straight into the connections -------------------------------------------------------------

  #transfer(replicas: readonly Replica[]): void {
    const server = this.#server;
    const { files, keyspace, configuration: { settings } } = server;
    const mark = randomHex(END_MARK_DIGITS);
    const spool = new SyncSpool(overflowPlace(files, settings, "sync"), () => {
      for (const replica of replicas) {
        replica.output.payloadGrew();
        replica.client.transport?.feedGrew();
      }
    });
    server.jobs.run((): BackgroundTask => {
      for (const replica of replicas) {
        this.#start(replica, true);
        replica.say(`$EOF:${mark}\r\n`);
        replica.sendPayload(spool.read());
        replica.moved();
      }
      const { leavesOutKeys, leavesOutFunctions } = replicas[0].settings;
      const options = { ...rdbSaveOptions(server, false), leavesOutKeys, leavesOutFunctions };
      return {
        kind: "rdb",
        target: spool,
        writer: beginRdb(spool, keyspace, options),
        syncsOften: false,
        finish: () => {
          spool.writeSync(bytesOf(mark));
          spool.finish();
        },
        abandon: () => {},
        ended: (outcome, error) => this.#streamed(replicas, outcome, error),
      };
    });
  }

  #streamed(replicas: readonly Replica[], outcome: JobOutcome, error: unknown): void {
    const { log } = this.#server;
    if (outcome === "done") {
      log.notice("Background RDB transfer terminated with success");
      return;
    }
    log.warning(
      outcome === "killed"
        ? "Background transfer was ended before its time"
        : `Background transfer error: ${fileErrorText(error)}`,
    );
    for (const replica of replicas) if (replica.state === "wait_bgsave_end") replica.disconnect();
  }

  // --- By way of the RDB file --------------------------------------------------------------------

  #save(replicas: readonly Replica[]): void {
    this.#server.rdbSaves.saveForReplicas((outcome) => this.#saved(outcome));
    this.#savesFor = replicas[0].filter;
    for (const replica of replicas) this.#start(replica, false);
  }

  /** The replica for which the file is written that another one could be sent as well. */
  #sharedWith(replica: Replica): Replica | undefined {
    if (this.#savesFor !== replica.filter || this.#isStreamed(replica)) return undefined;
    for (const other of this.#replicas()) {
      if (other.state === "wait_bgsave_end" && !other.isStreamed) return other;
    }
    return undefined;
  }

  /** A replica gets what is kept for another one, too. */
  #join(replica: Replica, other: Replica): void {
    const { history } = this.#stream;
    const { position } = other.output;
    replica.beginFullSync(history.id, position - 1, this.#stream.read(position));
  }

  #saved(outcome: JobOutcome): void {
    this.#savesFor = null;
    for (const replica of [...this.#replicas()]) {
      if (replica.state !== "wait_bgsave_end" || replica.isStreamed) continue;
      if (outcome === "done") this.#sendFile(replica);
      else {
        this.#server.log.warning("SYNC failed. BGSAVE child returned an error");
        replica.disconnect();
      }
    }
  }

  #sendFile(replica: Replica): void {
    const { files, log, configuration: { settings: { dir, dbfilename } } } = this.#server;
    let file: OpenFile;
    try {
      file = files.openSync(`${dir}/${dbfilename}`, "read");
    } catch (error) {
      log.warning(`SYNC failed. Can't open/stat DB after BGSAVE: ${fileErrorText(error)}`);
      return replica.disconnect();
    }
    const payload = new FilePayload(file);
    replica.state = "send_bulk";
    replica.moved();
    replica.say(`$${payload.size}\r\n`);
    replica.sendPayload(payload);
  }
}
