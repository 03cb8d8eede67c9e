/** Whether the cluster can be used, as far as this node sees. */

import { SLOT_COUNT } from "../keyspace/key_slot.ts";
import { Task } from "./agenda.ts";
import { NodeFlag } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ClusterState } from "./cluster_state.ts";

/** A primary that has just started waits, so that the others can tell it that another has its slots; in ms. */
const DELAY_AFTER_START = 2000;
/** One that was with a minority waits for a node timeout, within these bounds; in ms. */
const LEAST_DELAY_AFTER_MINORITY = 500, MOST_DELAY_AFTER_MINORITY = 5000;

/** Keeps `ClusterState.isOk` and `size` true. */
export class ClusterStatus {
  readonly #state: ClusterState;
  readonly #settings: ClusterSettings;
  /** When it was first asked for: loading data before that takes as long as it takes. */
  #firstUpdateAt: number | undefined;
  #lastMinorityAt = -Infinity;

  constructor(state: ClusterState, settings: ClusterSettings) {
    this.#state = state;
    this.#settings = settings;
  }

  /**
   * Looks at it all; returns whether the cluster can be used now and could not before, or the other way round. While
   * it can't, that is to be asked for again and again.
   */
  update(now: number): boolean {
    const state = this.#state, isPrimary = state.myself.isPrimary;
    state.agenda.drop(Task.Status);
    this.#firstUpdateAt ??= now;
    if (isPrimary && !state.isOk && now - this.#firstUpdateAt < DELAY_AFTER_START) return false;
    const reachable = this.#countPrimaries();
    const hasMajority = reachable >= state.quorum;
    if (!hasMajority) this.#lastMinorityAt = now;
    const isOk = hasMajority && this.#isCovered();
    if (isOk === state.isOk) return false;
    if (isOk && isPrimary && now - this.#lastMinorityAt < this.#delayAfterMinority) return false;
    state.isOk = isOk;
    return true;
  }

  get #delayAfterMinority(): number {
    const timeout = this.#settings["cluster-node-timeout"];
    return Math.min(Math.max(timeout, LEAST_DELAY_AFTER_MINORITY), MOST_DELAY_AFTER_MINORITY);
  }

  /** Counts the primaries with slots; returns how many of them answer. */
  #countPrimaries(): number {
    const { deciders } = this.#state;
    this.#state.size = deciders.length;
    return deciders.filter((node) => !node.is(NodeFlag.Fail | NodeFlag.Pfail)).length;
  }

  /** Whether each slot has a node that has not failed, where that is asked for. */
  #isCovered(): boolean {
    if (!this.#settings["cluster-require-full-coverage"]) return true;
    const { assigned, fail } = this.#state.countSlots();
    return assigned - fail === SLOT_COUNT;
  }
}
