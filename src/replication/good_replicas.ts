/** The replicas that follow their primary closely enough for it to take writes. */

import type { Configuration } from "../config/mod.ts";
import type { ReplicaState } from "../execution/admission_rules.ts";

/** How many replicas there are that have heard of the primary's data lately. */
export class GoodReplicas implements ReplicaState {
  /** Tells how many there are: set by who knows the replicas. */
  counter: () => number = () => 0;
  readonly #configuration: Configuration;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Whether writes depend on replicas at all: `min-replicas-to-write`, and what is lately by `min-replicas-max-lag`. */
  get areAsked(): boolean {
    const { settings } = this.#configuration;
    return settings["min-replicas-to-write"] > 0 && settings["min-replicas-max-lag"] > 0;
  }

  /** How many there are now. */
  get count(): number {
    return this.counter();
  }

  get tooFew(): boolean {
    return this.areAsked && this.count < this.#configuration.settings["min-replicas-to-write"];
  }

  /** Calls `changed` whenever `areAsked` may be another. */
  onChange(changed: () => void): void {
    this.#configuration.onChange("min-replicas-to-write", changed);
    this.#configuration.onChange("min-replicas-max-lag", changed);
  }
}
