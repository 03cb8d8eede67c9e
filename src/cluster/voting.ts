/** Whom this primary votes for. */

import { Task } from "./agenda.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MessageHeader } from "./message.ts";
import { slotsOf } from "./slot_set.ts";

/** For so many node timeouts no second replica of a primary gets a vote. */
const TIMEOUTS_BETWEEN_VOTES = 2;

/** This node's votes: one an epoch, which is on disk before it leaves. */
export class Voting {
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  /** A node asks for a vote, with the epoch of the election and the slots that it wants to have. */
  asked(candidate: ClusterNode, request: MessageHeader): void {
    const { state, host, messenger } = this.#parts, { myself } = state;
    if (!myself.isPrimary || myself.slots.size === 0) return;
    const { primary } = candidate;
    const refusal = this.#refusal(candidate, request);
    if (refusal !== undefined || primary === null) {
      host.log.warning(`Failover auth denied to ${candidate.id}: ${refusal}`);
      return;
    }
    state.lastVoteEpoch = state.currentEpoch;
    primary.votedAt = host.now();
    state.agenda.add(Task.Save | Task.Sync);
    messenger.vote(candidate);
    host.log.warning(
      `Failover auth granted to ${candidate.id} for epoch ${state.currentEpoch}`,
    );
  }

  /** Why the node gets no vote. */
  #refusal(candidate: ClusterNode, request: MessageHeader): string | undefined {
    const { state, host, settings } = this.#parts,
      { currentEpoch } = state,
      { primary } = candidate;
    if (request.currentEpoch < currentEpoch) {
      return `reqEpoch (${request.currentEpoch}) < curEpoch(${currentEpoch})`;
    }
    if (state.lastVoteEpoch === currentEpoch) return `already voted for epoch ${currentEpoch}`;
    if (candidate.isPrimary) return "it is a master node";
    if (primary === null) return "I don't know its master";
    if (!primary.hasFailed && !request.forcesVote) return "its master is up";
    const wait = TIMEOUTS_BETWEEN_VOTES * settings["cluster-node-timeout"];
    const left = primary.votedAt + wait - host.now();
    if (left > 0) return `can't vote about this master before ${left} milliseconds`;
    for (const slot of slotsOf(request.slots)) {
      const epoch = state.owner(slot)?.configEpoch ?? 0n;
      if (epoch > request.configEpoch) {
        return `slot ${slot} epoch (${epoch}) > reqEpoch (${request.configEpoch})`;
      }
    }
    return undefined;
  }
}
