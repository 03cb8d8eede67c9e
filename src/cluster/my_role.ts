/** Whether this node is a primary or a replica, and whose: in the cluster's state and in replication alike. */

import type { ClusterParts } from "./cluster_parts.ts";
import type { ClusterNode } from "./cluster_node.ts";

/** Changes this node's role. */
export class MyRole {
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  /** This node is a primary's replica from now on. It has no slots any more. */
  follow(primary: ClusterNode): void {
    const { state, host, manualFailover } = this.#parts, { myself } = state;
    if (myself.isPrimary) state.becomeReplica(myself);
    state.follow(myself, primary);
    host.replication.follow(primary.ip, primary.port);
    manualFailover.reset();
  }

  /** This node follows nobody from now on, and is a primary without slots. */
  becomePrimary(): void {
    const { state, host } = this.#parts;
    if (state.myself.isPrimary) return;
    state.becomePrimary(state.myself);
    host.replication.becomePrimary();
  }
}
