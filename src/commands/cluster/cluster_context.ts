/** What the commands about a cluster have in common. */

import { ReplyError } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { SLOT_COUNT } from "../../keyspace/key_slot.ts";
import type { ServerContext } from "../context.ts";
import type { ClusterNodeView, ClusterView } from "../views/cluster.ts";

const NO_CLUSTER = new ReplyError("ERR This instance has cluster support disabled");
const NO_SUCH_SLOT = new ReplyError("ERR Invalid or out of range slot");

/** What they see. */
export type ClusterContext = ServerContext<"cluster">;

/** The cluster. Throws Redis' error where the server is in none. */
export function requireCluster({ server: { cluster } }: ClusterContext): ClusterView {
  if (cluster === null) throw NO_CLUSTER;
  return cluster;
}

/** The node whose id an argument is. Throws an error that begins with `unknown`. */
export function requireNode(
  cluster: ClusterView,
  args: Frame,
  position: number,
  unknown = "ERR Unknown node",
): ClusterNodeView {
  const id = args.string(position), node = cluster.find(id);
  if (node === undefined) throw new ReplyError(`${unknown} ${args.shownText(position)}`);
  return node;
}

/** The slot that an argument is. */
export function requireSlot(args: Frame, position: number): number {
  let slot: number;
  try {
    slot = requireSafeInteger(args.span(position));
  } catch {
    throw NO_SUCH_SLOT;
  }
  if (slot < 0 || slot >= SLOT_COUNT) throw NO_SUCH_SLOT;
  return slot;
}
