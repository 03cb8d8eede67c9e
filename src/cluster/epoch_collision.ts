/** Two primaries with one epoch, which can come of what users do: one of the two takes another. */

import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";

/** If this node and another one are primaries with the same epoch, that with the smaller id begins a new one. */
export function resolveCollision({ state, host }: ClusterParts, other: ClusterNode): void {
  const { myself } = state;
  if (!myself.isPrimary || !other.isPrimary || other.configEpoch !== myself.configEpoch) return;
  if (other.id <= myself.id) return;
  myself.configEpoch = state.beginEpoch();
  host.log.warning(
    `WARNING: configEpoch collision with node ${other.id}. configEpoch set to ${myself.configEpoch}`,
  );
}
