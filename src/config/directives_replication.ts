/** Directives about other servers: replication and cluster. */

import {
  directive,
  INT_MAX,
  integer,
  LONG_MAX,
  memory,
  oneOf,
  text,
  ULONG_MAX,
  yesNo,
} from "./directive.ts";
import { ValueError } from "./errors.ts";
import { PRIMARY } from "./special_types.ts";

/** The smallest backlog that Redis keeps, in bytes. */
const BACKLOG_MIN = 16 * 1024;

function checkHostname(name: string): void {
  if (name.length >= 256) throw new ValueError("Hostnames must be less than 256 characters");
  if (!/^[A-Za-z0-9.-]*$/.test(name)) {
    throw new ValueError("Hostnames may only contain alphanumeric characters, hyphens or dots");
  }
}

/** What a replica does. */
const FOLLOWING = {
  "masterauth": text("", { sensitive: true, emptyIsUnset: true, holdsNul: true }),
  "masteruser": text("", { sensitive: true, emptyIsUnset: true }),
  "replica-announced": yesNo("yes"),
  "replica-announce-ip": text("", { alias: "slave-announce-ip", emptyIsUnset: true }),
  "replica-announce-port": integer(0, 0, 65535, { alias: "slave-announce-port" }),
  "replica-ignore-disk-write-errors": yesNo("no"),
  "replica-ignore-maxmemory": yesNo("yes", { alias: "slave-ignore-maxmemory" }),
  "replica-lazy-flush": yesNo("no", { alias: "slave-lazy-flush" }),
  "replica-priority": integer(100, 0, INT_MAX, { alias: "slave-priority" }),
  "replica-read-only": yesNo("yes", { alias: "slave-read-only" }),
  "replica-serve-stale-data": yesNo("yes", { alias: "slave-serve-stale-data" }),
  "repl-diskless-load": oneOf(["disabled", "on-empty-db", "swapdb"], "disabled", {
    deniedWhileLoading: true,
  }),
  "repl-timeout": integer(60, 1, INT_MAX),
} as const;

/** See `DIRECTIVES`. */
export const REPLICATION_DIRECTIVES = {
  "replicaof": directive(PRIMARY, null, {
    alias: "slaveof",
    immutable: true,
  }),
  "min-replicas-max-lag": integer(10, 0, INT_MAX, { alias: "min-slaves-max-lag" }),
  "min-replicas-to-write": integer(0, 0, INT_MAX, { alias: "min-slaves-to-write" }),
  "propagation-error-behavior": oneOf(["ignore", "panic", "panic-on-replicas"], "ignore"),
  ...FOLLOWING,
  "repl-backlog-size": memory(1024 * 1024, 1, LONG_MAX, {
    adjustOnSet: (bytes) => Math.max(bytes, BACKLOG_MIN),
  }),
  "repl-backlog-ttl": integer(3600, 0, LONG_MAX),
  "repl-disable-tcp-nodelay": yesNo("no"),
  "repl-diskless-sync": yesNo("yes"),
  "repl-diskless-sync-delay": integer(5, 0, INT_MAX),
  "repl-diskless-sync-max-replicas": integer(0, 0, INT_MAX),
  "repl-ping-replica-period": integer(10, 1, INT_MAX, { alias: "repl-ping-slave-period" }),
} as const;

/** See `DIRECTIVES`. */
export const CLUSTER_DIRECTIVES = {
  "cluster-enabled": yesNo("no", { immutable: true }),
  "cluster-config-file": text("nodes.conf", { immutable: true }),
  "cluster-port": integer(0, 0, 65535, { immutable: true }),
  "cluster-node-timeout": integer(15000, 0, LONG_MAX),
  "cluster-migration-barrier": integer(1, 0, INT_MAX),
  "cluster-allow-replica-migration": yesNo("yes"),
  "cluster-replica-validity-factor": integer(10, 0, INT_MAX, {
    alias: "cluster-slave-validity-factor",
  }),
  "cluster-replica-no-failover": yesNo("no", { alias: "cluster-slave-no-failover" }),
  "cluster-require-full-coverage": yesNo("yes"),
  "cluster-allow-reads-when-down": yesNo("no"),
  "cluster-allow-pubsubshard-when-down": yesNo("yes"),
  "cluster-link-sendbuf-limit": memory(0, 0, ULONG_MAX),
  "cluster-announce-ip": text("", { emptyIsUnset: true }),
  "cluster-announce-hostname": text("", { emptyIsUnset: true, check: checkHostname }),
  "cluster-announce-port": integer(0, 0, 65535),
  "cluster-announce-bus-port": integer(0, 0, 65535),
  "cluster-announce-tls-port": integer(0, 0, 65535),
  "cluster-preferred-endpoint-type": oneOf(["ip", "hostname", "unknown-endpoint"], "ip"),
} as const;
