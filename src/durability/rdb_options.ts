/** How RDB files are loaded and saved in a server, by its configuration. */

import type { Clock } from "../base/clock.ts";
import { REDIS_VERSION } from "../config/command_line.ts";
import type { Configuration } from "../config/mod.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import type { RdbLoadOptions } from "../persistence/rdb_loader.ts";
import type { RdbSaveOptions } from "../persistence/rdb_saver.ts";

/** What the options depend on. */
export interface RdbServer {
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: Configuration;
  readonly keyspace: Keyspace;
  readonly memory: { readonly used: number };
  readonly debug: { readonly skipsChecksums: boolean };
  readonly primaryLink: { readonly isReplica: boolean };
  /** What a file says of the history that the data is from: names and values. */
  readonly historyAux: readonly (readonly [string, string])[];
}

/** How a file is loaded; `isAofBase`: as what the append-only file begins with. */
export function rdbLoadOptions(server: RdbServer, isAofBase: boolean): RdbLoadOptions {
  const { configuration: { settings }, keyspace, clock, log, debug, primaryLink } = server;
  return {
    keyspace,
    limits: settings,
    checksum: settings.rdbchecksum && !debug.skipsChecksums,
    // What is loaded was written by a server, so that `clients` is no reason to be strict.
    mends: settings["sanitize-dump-payload"] !== "yes",
    // The commands that follow a base, or the primary, tell which of its keys have expired.
    expiredBefore: isAofBase || primaryLink.isReplica ? 0 : clock.now(),
    log,
  };
}

/** How a file is saved; `isAofBase`: as what the append-only file begins with. */
export function rdbSaveOptions(server: RdbServer, isAofBase: boolean): RdbSaveOptions {
  const { configuration: { settings }, clock, memory } = server;
  const policy = settings["maxmemory-policy"];
  return {
    compress: settings.rdbcompression,
    checksum: settings.rdbchecksum,
    use: policy.endsWith("-lru") ? "idle" : policy.endsWith("-lfu") ? "frequency" : "none",
    aux: [
      ["redis-ver", REDIS_VERSION],
      ["redis-bits", "64"],
      ["ctime", String(Math.floor(clock.now() / 1000))],
      ["used-mem", String(memory.used)],
      // The commands that follow a base are of a later history than its own.
      ...isAofBase ? [] : server.historyAux,
      ["aof-base", isAofBase ? "1" : "0"],
    ],
  };
}
