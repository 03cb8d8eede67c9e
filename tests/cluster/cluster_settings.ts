/** What nodes in tests are set to. */

import type { ClusterSettings } from "../../src/cluster/cluster_settings.ts";

/** Redis' defaults, but for what a test says. */
export function settings(over: Partial<ClusterSettings> = {}): ClusterSettings {
  return {
    "cluster-node-timeout": 15_000,
    "cluster-migration-barrier": 1,
    "cluster-allow-replica-migration": true,
    "cluster-replica-validity-factor": 10,
    "cluster-replica-no-failover": false,
    "cluster-require-full-coverage": true,
    "cluster-link-sendbuf-limit": 0,
    "cluster-announce-ip": "",
    "cluster-announce-hostname": "",
    "cluster-announce-port": 0,
    "cluster-announce-bus-port": 0,
    "cluster-announce-tls-port": 0,
    "cluster-port": 0,
    "repl-ping-replica-period": 10,
    ...over,
  };
}
