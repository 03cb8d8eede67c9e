/** What this node knows of the cluster: who is in it, who has which slot, and in which epoch. */

import { SLOT_COUNT } from "../keyspace/key_slot.ts";
import { Agenda, Task } from "./agenda.ts";
import { closeLink, type ClusterNode, NodeFlag } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import { ForgottenNodes } from "./forgotten_nodes.ts";
import { SlotSet } from "./slot_set.ts";

/** How slots are, as CLUSTER INFO counts them: each slot with a node is one of the last three. */
export interface SlotCounts {
  readonly assigned: number;
  readonly ok: number;
  readonly pfail: number;
  readonly fail: number;
}

/**
 * The state of the cluster as one node sees it. It knows nothing of connections and of time; what a change
 * entails (nodes.conf is to be written, the status may be another one) is put on the agenda.
 */
export class ClusterState {
  /** This node. */
  readonly myself: ClusterNode;
  readonly agenda: Agenda = new Agenda();
  /** Is called when a slot is not its owner's any more. */
  onUnassign: (slot: number) => void = () => {};
  /** Those that a user had this node forget: nobody's gossip brings them back for a while. */
  readonly forgotten: ForgottenNodes = new ForgottenNodes();
  /** The greatest epoch that this node has heard of. */
  currentEpoch = 0n;
  /** The epoch in which this node last voted. */
  lastVoteEpoch = 0n;
  /** Whether clients are served (`cluster_state`). `ClusterStatus` decides. */
  isOk = false;
  /** How many `deciders` there were at the last look at the status. */
  size = 1;
  /** Slots that are being moved from this node to another one. */
  readonly migrating: Map<number, ClusterNode> = new Map();
  /** Slots that are being moved from another node to this one. */
  readonly importing: Map<number, ClusterNode> = new Map();
  /**
   * Slots whose owner does not claim them any more: somebody else has them, whom this node has not heard yet. They
   * stay with their owner, who knows better where they are; but nobody is told that they are there.
   */
  readonly unclaimed: SlotSet = new SlotSet();
  readonly #settings: ClusterSettings;
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #owners: (ClusterNode | null)[] = new Array(SLOT_COUNT).fill(null);

  /** A cluster of one node. */
  constructor(myself: ClusterNode, settings: ClusterSettings) {
    this.myself = myself;
    this.#settings = settings;
    this.#nodes.set(myself.id, myself);
  }

  /** All nodes by id, this one and those in handshake included. */
  get nodes(): ReadonlyMap<string, ClusterNode> {
    return this.#nodes;
  }

  /** The node with an id. */
  find(id: string): ClusterNode | undefined {
    return this.#nodes.get(id);
  }

  /** A node is known from now on. Those that are read from nodes.conf or heard of bring their ids. */
  add(node: ClusterNode): void {
    this.#nodes.set(node.id, node);
  }

  /** A node has said its id. */
  rename(node: ClusterNode, id: string): void {
    this.#nodes.delete(node.id);
    node.id = id;
    this.#nodes.set(id, node);
  }

  /** A node is known no more: it has no slots, no replicas, and reports nothing. Not for this node. */
  remove(node: ClusterNode): void {
    for (const moving of [this.migrating, this.importing]) {
      for (const [slot, other] of moving) if (other === node) moving.delete(slot);
    }
    this.unassignAll(node);
    for (const other of this.#nodes.values()) other.failureReports.delete(node.id);
    for (const replica of node.replicas) replica.primary = null;
    node.replicas.length = 0;
    this.#leavePrimary(node);
    closeLink(node.link);
    closeLink(node.inboundLink);
    this.#nodes.delete(node.id);
  }

  // Slots.

  /** Who serves a slot; null: nobody. */
  owner(slot: number): ClusterNode | null {
    return this.#owners[slot];
  }

  /** Who serves each slot, by the slots' numbers. */
  get owners(): readonly (ClusterNode | null)[] {
    return this.#owners;
  }

  /** A slot, which has no owner or another one, is a node's from now on. */
  assign(slot: number, node: ClusterNode): void {
    this.unassign(slot);
    this.#owners[slot] = node;
    node.slots.add(slot);
    // A new primary may get replicas from others, where there are any at all.
    if (node.slots.size === 1 && this.#anyReplicas()) node.flags |= NodeFlag.MigrateTo;
  }

  /** A slot is nobody's from now on; returns whether it was somebody's. */
  unassign(slot: number): boolean {
    const owner = this.#owners[slot];
    this.unclaimed.delete(slot);
    if (owner === null) return false;
    owner.slots.delete(slot);
    this.#owners[slot] = null;
    this.onUnassign(slot);
    return true;
  }

  /** A node has no slots from now on. */
  unassignAll(node: ClusterNode): void {
    for (const slot of node.slots) this.unassign(slot);
  }

  /** No slot is being moved any more. */
  closeSlots(): void {
    this.migrating.clear();
    this.importing.clear();
  }

  /** How many slots are assigned, and how their nodes are. */
  countSlots(): SlotCounts {
    let assigned = 0, pfail = 0, fail = 0;
    for (const node of this.#nodes.values()) {
      const { size } = node.slots;
      assigned += size;
      if (node.hasFailed) fail += size;
      else if (node.isMaybeFailing) pfail += size;
    }
    return { assigned, ok: assigned - pfail - fail, pfail, fail };
  }

  // Roles.

  /** A node is a primary from now on; it has no slots yet. */
  becomePrimary(node: ClusterNode): void {
    if (node.isPrimary) return;
    if (node.primary !== null) {
      this.#leavePrimary(node);
      if (node !== this.myself) node.flags |= NodeFlag.MigrateTo;
    }
    node.flags = node.flags & ~NodeFlag.Replica | NodeFlag.Primary;
    this.agenda.add(Task.Save | Task.Status);
  }

  /** A primary is a replica from now on, and has no slots; whose replica is told by `follow`. */
  becomeReplica(node: ClusterNode): void {
    this.unassignAll(node);
    node.flags = node.flags & ~(NodeFlag.Primary | NodeFlag.MigrateTo) | NodeFlag.Replica;
    if (node === this.myself) this.closeSlots();
    this.agenda.add(Task.Save | Task.Status);
  }

  /** A replica follows a primary from now on. */
  follow(replica: ClusterNode, primary: ClusterNode): void {
    if (replica.primary === primary) return;
    this.#leavePrimary(replica);
    replica.primary = primary;
    primary.replicas.push(replica);
    primary.flags |= NodeFlag.MigrateTo;
    this.agenda.add(Task.Save);
  }

  #leavePrimary(node: ClusterNode): void {
    const { primary } = node;
    if (primary === null) return;
    node.primary = null;
    const { replicas } = primary;
    replicas.splice(replicas.indexOf(node), 1);
    if (replicas.length === 0) primary.flags &= ~NodeFlag.MigrateTo;
  }

  #anyReplicas(): boolean {
    for (const { replicas } of this.#nodes.values()) if (replicas.length > 0) return true;
    return false;
  }

  /** This node, or whose replica it is: who has the slots that it can serve. */
  get myPrimary(): ClusterNode | null {
    return this.myself.servedPrimary;
  }

  // Epochs.

  /** How many primaries with slots are a majority. */
  get quorum(): number {
    return Math.floor(this.size / 2) + 1;
  }

  /** The primaries with slots, of which a majority decides. */
  get deciders(): ClusterNode[] {
    const found: ClusterNode[] = [];
    for (const node of this.#nodes.values()) {
      if (node.isPrimary && node.slots.size > 0) found.push(node);
    }
    return found;
  }

  /** The epoch of this node's slots, or of its primary's (`cluster_my_epoch`). */
  get myEpoch(): bigint {
    return (this.myself.primary ?? this.myself).configEpoch;
  }

  /** The greatest epoch that any node has, or that this one has heard of. */
  get maxEpoch(): bigint {
    let max = this.currentEpoch;
    for (const { configEpoch } of this.#nodes.values()) if (configEpoch > max) max = configEpoch;
    return max;
  }

  /** Begins another epoch, the greatest one of all. What was agreed on in it is on disk before anybody hears of it. */
  beginEpoch(): bigint {
    this.currentEpoch = nextEpoch(this.currentEpoch);
    this.agenda.add(Task.Save | Task.Sync);
    return this.currentEpoch;
  }

  /**
   * This node's slots have the greatest epoch of all from now on, although nobody was asked; false: they have it
   * already. For slots that a user moves: elsewhere two nodes could take the same epoch.
   */
  bumpEpoch(): boolean {
    const { myself, maxEpoch } = this;
    if (myself.configEpoch !== 0n && myself.configEpoch === maxEpoch) return false;
    this.currentEpoch = maxEpoch;
    myself.configEpoch = this.beginEpoch();
    return true;
  }

  // Failures.

  /** How many primaries say that a node does not answer them. */
  countFailureReports(node: ClusterNode, now: number): number {
    return node.failureReports.count(now, this.#settings["cluster-node-timeout"]);
  }
}

/** Epochs have 64 bits, and begin again where these have been used up: only a broken node brings that about. */
function nextEpoch(epoch: bigint): bigint {
  return BigInt.asUintN(64, epoch + 1n);
}
