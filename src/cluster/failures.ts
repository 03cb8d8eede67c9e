/** When a node is held to have failed, and when not any more. */

import { Task } from "./agenda.ts";
import { type ClusterNode, NodeFlag } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";

/** A primary with slots that is back is taken for working after so many node timeouts: it may have been replaced. */
const TIMEOUTS_UNTIL_BACK = 2;

/** Marks nodes as failed, and as working again. */
export class Failures {
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  /** This node has no answer from another one, or has it again; returns whether that is news. */
  suspect(node: ClusterNode): boolean {
    if (node.is(NodeFlag.Pfail | NodeFlag.Fail)) return false;
    node.flags |= NodeFlag.Pfail;
    this.#parts.host.log.debug(`*** NODE ${node.id} possibly failing`);
    return true;
  }

  /** Something has come from a node: if it has not failed for the others, it works. */
  answered(node: ClusterNode): void {
    if (node.isMaybeFailing) {
      node.flags &= ~NodeFlag.Pfail;
      this.#parts.state.agenda.add(Task.Save | Task.Status);
    } else if (node.hasFailed) {
      this.#clear(node);
    }
  }

  /** A node that does not answer has failed if most primaries have no answer either; tells all. */
  judge(node: ClusterNode): void {
    const { state, host, messenger } = this.#parts;
    if (!node.isMaybeFailing || node.hasFailed) return;
    const mine = state.myself.isPrimary ? 1 : 0;
    if (state.countFailureReports(node, host.now()) + mine < state.quorum) return;
    host.log.notice(`Marking node ${node.id} as failing (quorum reached).`);
    this.#mark(node);
    messenger.fail(node);
  }

  /** Another node has found that most primaries have no answer from one. */
  told(node: ClusterNode, by: ClusterNode): void {
    if (node.is(NodeFlag.Fail | NodeFlag.Myself)) return;
    this.#parts.host.log.notice(`FAIL message received from ${by.id} about ${node.id}`);
    this.#mark(node);
  }

  #mark(node: ClusterNode): void {
    node.flags = node.flags & ~NodeFlag.Pfail | NodeFlag.Fail;
    node.failedAt = this.#parts.host.now();
    this.#parts.state.agenda.add(Task.Save | Task.Status);
  }

  #clear(node: ClusterNode): void {
    const { state, host, settings } = this.#parts;
    const hasSlots = node.isPrimary && node.slots.size > 0;
    const since = host.now() - node.failedAt;
    if (hasSlots && since <= TIMEOUTS_UNTIL_BACK * settings["cluster-node-timeout"]) return;
    const kind = node.isReplica ? "replica" : hasSlots ? "" : "master without slots";
    const why = hasSlots
      ? "is reachable again and nobody is serving its slots after some time"
      : "is reachable again";
    host.log.notice(`Clear FAIL state for node ${node.id}: ${kind}${kind && " "}${why}.`);
    node.flags &= ~NodeFlag.Fail;
    state.agenda.add(Task.Save | Task.Status);
  }
}
