/** The directives that decide what a node of a cluster does. */

import type { Settings } from "../config/mod.ts";

/** Their values, as they are now. Times are in ms. */
export type ClusterSettings = Readonly<
  Pick<
    Settings,
    | "cluster-node-timeout"
    | "cluster-migration-barrier"
    | "cluster-allow-replica-migration"
    | "cluster-replica-validity-factor"
    | "cluster-replica-no-failover"
    | "cluster-require-full-coverage"
    | "cluster-link-sendbuf-limit"
    | "cluster-announce-ip"
    | "cluster-announce-hostname"
    | "cluster-announce-port"
    | "cluster-announce-bus-port"
    | "cluster-announce-tls-port"
    | "cluster-port"
    | "repl-ping-replica-period"
  >
>;
