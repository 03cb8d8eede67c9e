/** What a node knows when it starts. */

import type { NodesFile } from "./nodes_file.ts";
import type { ClusterHost, ClusterKeys } from "./cluster_host.ts";
import { ClusterNode, NodeFlag } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import { ClusterState } from "./cluster_state.ts";
import { readNodesText, writeNodesText } from "./node_lines.ts";

/**
 * What nodes.conf says, or a node that knows no other, where nothing was saved yet. Throws `CorruptNodesText`, and what
 * the file system throws.
 */
export function firstState(
  file: NodesFile,
  settings: ClusterSettings,
  { log, now, newId }: Pick<ClusterHost, "log" | "now" | "newId">,
): ClusterState {
  const text = file.read();
  if (text !== "") {
    const state = readNodesText(text, settings, now());
    log.notice(`Node configuration loaded, I'm ${state.myself.id}`);
    return state;
  }
  const myself = new ClusterNode(newId(), NodeFlag.Myself | NodeFlag.Primary, now());
  const state = new ClusterState(myself, settings);
  log.notice(`No cluster configuration found, I'm ${myself.id}`);
  file.write(writeNodesText(state), true);
  return state;
}

/**
 * Once a primary's data is loaded: slots with keys that nobody has are its own, and those that another node has are
 * being imported; so a user can see and decide. Returns whether there were any: nodes.conf is then to be saved.
 */
export function adoptKeys(
  state: ClusterState,
  keys: Pick<ClusterKeys, "has">,
  log: Pick<ClusterHost["log"], "warning">,
): boolean {
  const { myself } = state;
  if (myself.isReplica) return false;
  let isNew = false;
  for (const [slot, owner] of state.owners.entries()) {
    if (owner === myself || state.importing.has(slot) || !keys.has(slot)) continue;
    isNew = true;
    if (owner === null) {
      log.warning(`I have keys for unassigned slot ${slot}. Taking responsibility for it.`);
      state.assign(slot, myself);
    } else {
      log.warning(
        `I have keys for slot ${slot}, but the slot is assigned to another node. ` +
          "Setting it to importing state.",
      );
      state.importing.set(slot, owner);
    }
  }
  return isNew;
}
