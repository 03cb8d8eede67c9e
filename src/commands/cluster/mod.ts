/** The commands about Redis Cluster, of which no server here is a part. */

import type { CommandDeclaration } from "../declaration.ts";
import { CLUSTER } from "./cluster.ts";
import { refuseCluster } from "./refusal.ts";

const COMMON = {
  since: "3.0.0",
  group: "cluster",
  complexity: "O(1)",
  arity: 1,
  categories: ["connection"],
  run: refuseCluster,
} as const;

/** Every command of the cluster group. */
export const CLUSTER_COMMANDS: readonly CommandDeclaration[] = [
  CLUSTER,
  {
    ...COMMON,
    name: "asking",
    summary: "Has the next command served by a node that imports the slot of its key",
    flags: ["fast"],
  },
  {
    ...COMMON,
    name: "readonly",
    summary: "Has a replica of a cluster serve this connection's reads",
    flags: ["loading", "stale", "fast"],
  },
  {
    ...COMMON,
    name: "readwrite",
    summary: "Ends what READONLY began",
    flags: ["loading", "stale", "fast"],
  },
];
