/** How a replica comes to take the place of its primary, which has failed: with the votes of most primaries. */

import { Task } from "./agenda.ts";
import type { ClusterNode } from "./cluster_node.ts";
import { NodeFlag } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MyRole } from "./my_role.ts";

/** An election begins so long after it is called, and up to so long after that by chance; in ms. */
const DELAY = 500, RANDOM_DELAY = 500;
/** And so much later for each replica that has more data, in ms. */
const DELAY_PER_RANK = 1000;
/** Votes are waited for twice the node timeout, this at least, in ms; and as long again passes until the next try. */
const LEAST_VOTING_TIME = 2000;
/** The same reason for not trying is not told again for so long, in ms. */
const REASON_INTERVAL = 10_000;

/** This replica's election. */
export class Election {
  readonly #parts: ClusterParts;
  readonly #role: MyRole;
  /** When votes are asked for, in ms since the epoch; 0: no election has been called. */
  #time = 0;
  #rank = 0;
  /** The epoch in which it takes place; null: no votes were asked for yet. */
  #epoch: bigint | null = null;
  /** Who has voted for this node: nobody counts twice. */
  readonly #voters = new Set<string>();
  /** Whose place it is about, and which manual failover it belongs to; 0: to none. */
  #primary: ClusterNode | null = null;
  #attempt = 0;
  #reason = "";
  #reasonAt = 0;

  constructor(parts: ClusterParts, role: MyRole) {
    this.#parts = parts;
    this.#role = role;
  }

  /** A primary has voted, being in an epoch. */
  voted(voter: ClusterNode, currentEpoch: bigint): void {
    const { state: { agenda } } = this.#parts;
    if (this.#epoch === null || currentEpoch < this.#epoch) return;
    if (this.#primary !== this.#parts.state.myself.primary) return;
    this.#voters.add(voter.id);
    agenda.add(Task.Failover);
  }

  /** Goes on with it, or begins one, where this node's primary is to be replaced. */
  update(): void {
    const { state, settings, host, manualFailover } = this.#parts, { myself } = state;
    state.agenda.drop(Task.Failover);
    const isManual = manualFailover.canStart;
    if (!this.#isCalledFor(isManual) || !this.#hasRecentData(isManual)) return;
    const votingTime = Math.max(2 * settings["cluster-node-timeout"], LEAST_VOTING_TIME);
    const age = host.now() - this.#time;
    const isOther = myself.primary !== this.#primary ||
      isManual && manualFailover.attempt !== this.#attempt;
    if (isOther || age > 2 * votingTime) return this.#call();
    if (this.#epoch === null && !manualFailover.isUnderWay) this.#followRank();
    if (host.now() < this.#time) {
      return this.#tell("Waiting the delay before I can start a new failover.");
    }
    if (age > votingTime) return this.#tell("Failover attempt expired.");
    if (this.#epoch === null) return this.#askForVotes(isManual);
    if (!this.#hasMajority()) {
      return this.#tell("Waiting for votes, but majority still not reached.");
    }
    host.log.warning("Failover election won: I'm the new master.");
    if (myself.configEpoch < this.#epoch) {
      myself.configEpoch = this.#epoch;
      host.log.warning(`configEpoch set to ${this.#epoch} after successful failover`);
    }
    this.takeOver();
  }

  /** Of those that decide now: who voted may have turned out not to be one of them, or others to be. */
  #hasMajority(): boolean {
    const { deciders } = this.#parts.state;
    const votes = deciders.filter(({ id }) => this.#voters.has(id)).length;
    return votes > deciders.length / 2;
  }

  /** This node takes its primary's place and slots. Its epoch must be greater than the primary's. */
  takeOver(): void {
    const { state, messenger, manualFailover } = this.#parts, { myself } = state;
    const old = myself.primary;
    if (old === null) return;
    this.#role.becomePrimary();
    for (const slot of old.slots) state.assign(slot, myself);
    state.agenda.add(Task.Status | Task.Save | Task.Sync);
    messenger.pongAll();
    manualFailover.reset();
    this.#primary = null;
  }

  /** Whether there is a primary to be replaced, by this node. */
  #isCalledFor(isManual: boolean): boolean {
    const { state: { myself }, settings } = this.#parts, { primary } = myself;
    if (myself.isPrimary || primary === null || primary.slots.size === 0) return false;
    return isManual || primary.hasFailed && !settings["cluster-replica-no-failover"];
  }

  /** Whether this replica was in touch with its primary for as long as the primary worked, or nearly. */
  #hasRecentData(isManual: boolean): boolean {
    const { host, settings } = this.#parts;
    const factor = settings["cluster-replica-validity-factor"];
    const timeout = settings["cluster-node-timeout"];
    const { dataAge } = host.replication;
    const age = dataAge > timeout ? dataAge - timeout : dataAge;
    const limit = settings["repl-ping-replica-period"] * 1000 + timeout * factor;
    if (factor === 0 || isManual || age <= limit) return true;
    this.#tell(
      "Disconnected from master for longer than allowed. " +
        "Please check the 'cluster-replica-validity-factor' configuration option.",
    );
    return false;
  }

  /** Calls an election. */
  #call(): void {
    const { state, host, messenger, manualFailover } = this.#parts;
    this.#epoch = null;
    this.#voters.clear();
    this.#primary = state.myself.primary;
    this.#attempt = manualFailover.isUnderWay ? manualFailover.attempt : 0;
    this.#rank = manualFailover.isUnderWay ? 0 : this.#currentRank();
    this.#time = host.now();
    if (manualFailover.isUnderWay) {
      state.agenda.add(Task.Failover);
    } else {
      // The primaries need time to hear that this node's primary has failed.
      this.#time += DELAY + host.below(RANDOM_DELAY) + this.#rank * DELAY_PER_RANK;
    }
    host.log.warning(
      `Start of election delayed for ${this.#time - host.now()} milliseconds ` +
        `(rank #${this.#rank}, offset ${host.replication.offset}).`,
    );
    messenger.pongReplicas();
  }

  /** Waits longer where another replica turns out to have more data. */
  #followRank(): void {
    const { host } = this.#parts, rank = this.#currentRank();
    if (rank <= this.#rank) return;
    const added = (rank - this.#rank) * DELAY_PER_RANK;
    this.#time += added;
    this.#rank = rank;
    host.log.warning(
      `Replica rank updated to #${rank}, added ${added} milliseconds of delay.`,
    );
  }

  /** How many of the primary's other replicas have more data. */
  #currentRank(): number {
    const { state: { myself }, host } = this.#parts, { offset } = host.replication;
    const isBetter = (node: ClusterNode) =>
      node !== myself && !node.is(NodeFlag.NoFailover) && node.offset > offset;
    return myself.primary?.replicas.filter(isBetter).length ?? 0;
  }

  #askForVotes(isManual: boolean): void {
    const { state, host, messenger } = this.#parts;
    this.#epoch = state.beginEpoch();
    host.log.warning(`Starting a failover election for epoch ${this.#epoch}.`);
    messenger.requestVotes(isManual);
    state.agenda.add(Task.Status);
  }

  /** Tells why there is no failover, where that was not told just now. */
  #tell(reason: string): void {
    const now = this.#parts.host.now();
    if (reason === this.#reason && now - this.#reasonAt < REASON_INTERVAL) return;
    this.#reason = reason;
    this.#reasonAt = now;
    this.#parts.host.log.warning(`Currently unable to failover: ${reason}`);
  }
}
