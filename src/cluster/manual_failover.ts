/** A failover that a user asks for, while the primary works. */

import { Task } from "./agenda.ts";
import type { ClusterHost } from "./cluster_host.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterState } from "./cluster_state.ts";

/** In ms. */
const TIME_LIMIT = 5000;
/** The primary takes no writes for so many times that: until it surely knows of what came of it. */
const PAUSE_FACTOR = 2;

/**
 * How far a manual failover is, at either of the two nodes. The replica asks for it; the primary takes no writes
 * any more and says how far its data is; once the replica has got so far, it calls an election that needs no
 * failure.
 */
export class ManualFailover {
  readonly #state: ClusterState;
  readonly #host: ClusterHost;
  /** When it is given up, in ms since the epoch; 0: there is none. */
  #endsAt = 0;
  /** At the primary: which replica asks for it. */
  #replica: ClusterNode | null = null;
  /** At the replica: where the primary's data ends; unknown yet: undefined. */
  #primaryOffset: number | undefined;
  #canStart = false;
  #attempt = 0;

  constructor(state: ClusterState, host: ClusterHost) {
    this.#state = state;
    this.#host = host;
  }

  get isUnderWay(): boolean {
    return this.#endsAt !== 0;
  }

  /** How many there have been at this replica: tells one from the next. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Whether the replica has all data, or need not have it: it calls an election at once. */
  get canStart(): boolean {
    return this.isUnderWay && this.#canStart;
  }

  /** Whether this node is a primary that takes no writes for it. */
  get isPausing(): boolean {
    return this.isUnderWay && this.#state.myself.isPrimary;
  }

  /** Whether a node is the replica that asks this one for it. */
  isFor(node: ClusterNode): boolean {
    return this.isPausing && this.#replica === node;
  }

  /** A user asks this replica for it. `needsPrimary`: the primary is still to say how far its data is. */
  begin(needsPrimary: boolean): void {
    this.reset();
    this.#attempt++;
    this.#endsAt = this.#host.now() + TIME_LIMIT;
    this.#canStart = !needsPrimary;
    if (!needsPrimary) this.#state.agenda.add(Task.Failover);
  }

  /** A replica asks this primary for it. */
  serve(replica: ClusterNode): void {
    this.reset();
    const now = this.#host.now();
    this.#endsAt = now + TIME_LIMIT;
    this.#replica = replica;
    this.#host.pauseWrites(now + TIME_LIMIT * PAUSE_FACTOR);
    this.#host.log.warning(`Manual failover requested by replica ${replica.id}.`);
  }

  /** The primary has stopped taking writes, with its data at an offset. */
  primaryPaused(offset: number): void {
    const { myself, agenda } = this.#state;
    if (!this.isUnderWay || !myself.isReplica || this.#primaryOffset !== undefined) return;
    this.#primaryOffset = offset;
    agenda.add(Task.ManualFailover);
    this.#host.log.warning(
      `Received replication offset for paused master manual failover: ${offset}`,
    );
  }

  /** Sees whether the replica has all of the primary's data by now. */
  update(): void {
    if (!this.isUnderWay || this.#canStart || this.#primaryOffset === undefined) return;
    if (this.#host.replication.offset !== this.#primaryOffset) return;
    this.#canStart = true;
    this.#state.agenda.add(Task.Failover);
    this.#host.log.warning(
      "All master replication stream processed, manual failover can start.",
    );
  }

  /** Gives it up when its time is over. */
  checkTime(): void {
    if (!this.isUnderWay || this.#host.now() <= this.#endsAt) return;
    this.#host.log.warning("Manual failover timed out.");
    this.reset();
  }

  /** There is none any more. */
  reset(): void {
    if (this.#replica !== null) this.#host.resumeWrites();
    this.#endsAt = 0;
    this.#replica = null;
    this.#primaryOffset = undefined;
    this.#canStart = false;
  }

  /** A node is known no more. */
  forget(node: ClusterNode): void {
    if (this.#replica === node) this.reset();
  }
}
