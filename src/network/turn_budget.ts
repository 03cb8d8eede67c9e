/** How much may be said in one turn of the event loop before it has to leave. */

import { letOthersRun } from "../base/event_loop.ts";
import type { OutputGate } from "../clients/output_gate.ts";

/** When more than this is to be said, in bytes, clients that want much wait for another turn. */
const MOST_IN_TURN = 32 * 1024 * 1024;
/** So much, in bytes, a client may always be told. */
export const LITTLE_SAID: number = 1024 * 1024;

/**
 * Has clients take turns that are told much. Were all of them served at once, what is said to each would be
 * kept for all together, and nobody else would be answered meanwhile.
 */
export class TurnBudget {
  readonly #gate: OutputGate;
  #waiting: (() => void)[] = [];

  constructor(gate: OutputGate) {
    this.#gate = gate;
  }

  /** Whether there is nothing left of it in this turn. */
  get isSpent(): boolean {
    return this.#gate.said >= MOST_IN_TURN;
  }

  /** Calls `run` in a turn that something is left of, after those that have asked before. */
  later(run: () => void): void {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) letOthersRun().then(this.#serve);
  }

  readonly #serve = (): void => {
    const waiting = this.#waiting;
    let served = 0;
    do waiting[served++](); while (served < waiting.length && !this.isSpent);
    waiting.splice(0, served);
    if (waiting.length > 0) letOthersRun().then(this.#serve);
  };
}
