/** The commands about Redis Cluster. */

import type { CommandDeclaration } from "../declaration.ts";
import { CLUSTER } from "./cluster.ts";
import type { ClusterContext } from "./cluster_context.ts";
import { asking, readOnly, readWrite } from "./mode.ts";

const COMMON = {
  since: "3.0.0",
  group: "cluster",
  complexity: "O(1)",
  arity: 1,
  categories: ["connection"],
} as const;

/** Every command of the cluster group. */
export const CLUSTER_COMMANDS: readonly CommandDeclaration<ClusterContext>[] = [
  CLUSTER,
  {
    ...COMMON,
    name: "asking",
    summary: "Has the next command served by a node that imports the slot of its key",
    flags: ["fast"],
    traits: ["keeps_asking"],
    run: asking,
  },
  {
    ...COMMON,
    name: "readonly",
    summary: "Has a replica of a cluster serve this connection's reads",
    flags: ["loading", "stale", "fast"],
    run: readOnly,
  },
  {
    ...COMMON,
    name: "readwrite",
    summary: "Ends what READONLY began",
    flags: ["loading", "stale", "fast"],
    run: readWrite,
  },
];
