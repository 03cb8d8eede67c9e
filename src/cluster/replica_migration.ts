/** How a replica goes over to a primary that has none left. */

import { NodeFlag } from "./cluster_node.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MyRole } from "./my_role.ts";

/** A primary may get its own replicas back within this time, in ms. */
const PATIENCE = 5000;
/** Nobody goes where no primary has so many replicas that work. */
const LEAST_SPARE = 2;

/** Has this replica go over to another primary, if it is the one to do so. */
export class ReplicaMigration {
  readonly #parts: ClusterParts;
  readonly #role: MyRole;

  constructor(parts: ClusterParts, role: MyRole) {
    this.#parts = parts;
    this.#role = role;
  }

  /** Looks at all primaries; to be called every so often. */
  update(): void {
    const { state, settings, host } = this.#parts, { myself } = state;
    const { primary } = myself;
    if (!settings["cluster-allow-replica-migration"] || !myself.isReplica || primary === null) {
      return;
    }
    const working = [...state.nodes.values()].filter((node) => node.isPrimary && !node.hasFailed);
    const most = Math.max(0, ...working.map((node) => node.workingReplicas));
    if (!working.some(isOrphaned) || most < LEAST_SPARE || primary.workingReplicas < most) return;
    if (!state.isOk || primary.workingReplicas <= settings["cluster-migration-barrier"]) return;
    const now = host.now();
    for (const node of state.nodes.values()) {
      if (!working.includes(node) || !isOrphaned(node)) node.orphanedAt = 0;
      else if (node.orphanedAt === 0) node.orphanedAt = now;
    }
    const target = working.find((node) => isOrphaned(node) && now - node.orphanedAt > PATIENCE);
    if (target === undefined || !this.#isFirst(working, most)) return;
    host.log.warning(`Migrating to orphaned master ${target.id}`);
    this.#role.follow(target);
  }

  /** Of the replicas of all primaries with the most replicas, that with the smallest id goes. */
  #isFirst(working: readonly ClusterNode[], most: number): boolean {
    const { myself } = this.#parts.state;
    return working.every((node) =>
      node.workingReplicas !== most || node.replicas.every(({ id }) => id >= myself.id)
    );
  }
}

/** Whether a primary that had replicas has none that works. */
function isOrphaned(node: ClusterNode): boolean {
  return node.is(NodeFlag.MigrateTo) && node.slots.size > 0 && node.workingReplicas === 0;
}
