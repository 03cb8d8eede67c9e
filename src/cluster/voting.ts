/** Whom this primary votes for. */

import { Task } from "./agenda.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MessageHeader } from "./message.ts";
import { slotsOf } from "./slot_set.ts";

/** For so many node timeouts no second replica of a primary gets a vote. */
const TIMEOUTS_BETWEEN_VOTES = 2;

/** So many of the other primaries, those with the latest epochs, are told of together with a vote. */
const NEWS_WITH_VOTE = 16;

/** A vote for somebody to take a primary's place. */
interface Vote {
  readonly primary: ClusterNode;
  readonly epoch: bigint;
  readonly time: number;
}

/**
 * This node's votes: one an epoch, which is on disk before it leaves.
 *
 * A majority is one of the primaries that there are, and those change. Were somebody elected by nodes that don't
 * know of the election before, and with the vote of a primary that was replaced by that, others could elect somebody
 * else in the same epoch. Hence three rules that Redis does not have, and that its nodes don't notice:
 *
 * - Together with the vote goes news of who has which slots, which the candidate has seen before it counts.
 * - A primary that a majority has not heard of for a node timeout does not vote: it may have been replaced.
 * - Who has voted for a primary to be replaced votes for nobody else before it knows what came of it, or enough
 *   time has passed for that primary to know.
 */
export class Voting {
  readonly #parts: ClusterParts;
  #last: Vote | null = null;

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
    this.#last = { primary, epoch: state.currentEpoch, time: host.now() };
    state.agenda.add(Task.Save | Task.Sync);
    this.#tellNews(candidate, primary);
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
    if (!this.#isInTouch()) return "I'm not in touch with most masters";
    const wait = TIMEOUTS_BETWEEN_VOTES * settings["cluster-node-timeout"];
    if (this.#isUndecided(primary, wait)) return "I don't know yet what came of my last vote";
    const left = primary.votedAt + wait - host.now();
    if (left > 0) return `can't vote about this master before ${left} milliseconds`;
    for (const slot of slotsOf(request.slots)) {
      if (state.unclaimed.has(slot)) continue;
      const epoch = state.owner(slot)?.configEpoch ?? 0n;
      if (epoch > request.configEpoch) {
        return `slot ${slot} epoch (${epoch}) > reqEpoch (${request.configEpoch})`;
      }
    }
    return undefined;
  }

  /** Whether most primaries have surely heard of this one within a node timeout. */
  #isInTouch(): boolean {
    const { state: { deciders, myself }, host, settings } = this.#parts;
    const since = host.now() - settings["cluster-node-timeout"];
    const near = deciders.filter((node) => node === myself || node.heardOfMeAt >= since);
    return near.length > deciders.length / 2;
  }

  /** Whether somebody may have taken a primary's place with this node's vote, without this node knowing. */
  #isUndecided(candidatesPrimary: ClusterNode, wait: number): boolean {
    const { state, host } = this.#parts, last = this.#last;
    if (last === null || last.primary === candidatesPrimary) return false;
    // Its slots would be gone.
    if (last.primary.slots.size === 0 || state.find(last.primary.id) !== last.primary) return false;
    return host.now() - last.time < wait;
  }

  #tellNews(candidate: ClusterNode, itsPrimary: ClusterNode): void {
    const { state: { deciders, myself }, messenger } = this.#parts, { link } = candidate;
    if (link === null) return;
    deciders.filter((node) => node !== myself && node !== itsPrimary)
      .sort((a, b) => a.configEpoch > b.configEpoch ? -1 : 1)
      .slice(0, NEWS_WITH_VOTE)
      .forEach((node) => messenger.update(link, node));
  }
}
