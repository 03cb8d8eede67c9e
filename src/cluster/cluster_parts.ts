/** What the parts of a cluster's node have in common. */

import type { ClusterHost } from "./cluster_host.ts";
import type { NodeAddress, NodeLink } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ClusterState } from "./cluster_state.ts";
import type { ManualFailover } from "./manual_failover.ts";
import type { Messenger } from "./messenger.ts";

/** What happens in the cluster, happens to these. */
export interface ClusterParts {
  readonly state: ClusterState;
  readonly settings: ClusterSettings;
  readonly host: ClusterHost;
  readonly messenger: Messenger;
  readonly manualFailover: ManualFailover;
  /**
   * Begins to make a connection. `Cluster.connected` is called when it is made, `Cluster.disconnected` when
   * that fails, neither of them during this call.
   */
  connect(address: NodeAddress): NodeLink;
}
