/** What becomes of slots when a node says that they are its own: the greater epoch has them. */

import { Task } from "./agenda.ts";
import type { ClusterNode, NodeLink } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MessageHeader } from "./message.ts";
import type { MyRole } from "./my_role.ts";
import { hasSlot, slotsOf } from "./slot_set.ts";

/** Takes claims in. */
export class SlotClaims {
  readonly #parts: ClusterParts;
  readonly #role: MyRole;

  constructor(parts: ClusterParts, role: MyRole) {
    this.#parts = parts;
    this.#role = role;
  }

  /** A primary says which slots it has. */
  heard(claimer: ClusterNode, { configEpoch, slots }: MessageHeader): void {
    this.claim(claimer, configEpoch, slots);
    // What is said of an older epoch was said before.
    if (configEpoch < claimer.configEpoch) return;
    const { unclaimed } = this.#parts.state;
    for (const slot of claimer.slots) {
      if (hasSlot(slots, slot)) unclaimed.delete(slot);
      else unclaimed.add(slot);
    }
  }

  /** A primary claims slots in an epoch. What that entails for this node happens at once. */
  claim(claimer: ClusterNode, epoch: bigint, slots: Uint8Array): void {
    const { state, host, settings } = this.#parts, { myself, myPrimary } = state;
    if (claimer.isMyself) return;
    let claimed = 0, lost = 0;
    /** Slots that were this node's, and have keys. */
    const withKeys: number[] = [];
    for (const slot of slotsOf(slots)) {
      claimed++;
      const owner = state.owner(slot);
      // What a user is moving here is given by the user.
      if (owner === claimer || state.importing.has(slot)) continue;
      const isFree = owner === null || state.unclaimed.has(slot);
      if (!isFree && owner.configEpoch >= epoch) continue;
      if (owner === myself && host.keys.has(slot)) withKeys.push(slot);
      if (owner !== null && owner === myPrimary) lost++;
      state.assign(slot, claimer);
      state.agenda.add(Task.Save | Task.Status | Task.Sync);
    }
    const mayFollow = settings["cluster-allow-replica-migration"] || claimed === lost;
    if (lost > 0 && myPrimary?.slots.size === 0 && mayFollow) {
      host.log.warning(
        `Configuration change detected. Reconfiguring myself as a replica of ${claimer.id}`,
      );
      this.#role.follow(claimer);
    } else if (!this.#leaveReplica()) {
      for (const slot of withKeys) host.keys.deleteSlot(slot);
    }
  }

  /** Where this node's primary has become somebody's replica, this node follows that one; returns whether so. */
  #leaveReplica(): boolean {
    const { state: { myself }, host } = this.#parts, { primary } = myself;
    const next = primary?.primary ?? null;
    if (primary === null || next === null || next === myself) return false;
    host.log.warning(`I'm a sub-replica! Reconfiguring myself from ${primary.id} to ${next.id}`);
    this.#role.follow(next);
    return true;
  }

  /**
   * Slots that a node claims and another one has in a greater epoch: the node is told of the first such one, on the
   * link that it used, as this node may have none to it.
   */
  contradict(claimer: ClusterNode, link: NodeLink, header: MessageHeader): void {
    const { state, host, messenger } = this.#parts;
    for (const slot of slotsOf(header.slots)) {
      const owner = state.owner(slot);
      if (owner === null || owner === claimer || owner.configEpoch <= header.configEpoch) continue;
      if (state.unclaimed.has(slot)) continue;
      host.log.verbose(
        `Node ${claimer.id} has old slots configuration, sending an UPDATE message about ${owner.id}`,
      );
      messenger.update(link, owner);
      return;
    }
  }
}
