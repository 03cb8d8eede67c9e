/** What the parts of a cluster's node have in common. */

import type { ClusterHost } from "./cluster_host.ts";
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
}
