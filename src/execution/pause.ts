/** While clients are paused the data stays as it is, or nothing is done at all: CLIENT PAUSE, MIGRATE. */

import type { Clock, Timer } from "../base/clock.ts";
import { Hold } from "../base/hold.ts";
import type { PauseMode, PauseView } from "../commands/views/clients.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";

/** What a pause works with. */
export interface PauseParts {
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  /** Called when a pause begins; there may be another one already. */
  readonly began: () => void;
  /** Called when a pause is over; there may be another one still. */
  readonly ended: () => void;
}

/** Whether clients are paused. */
export class Pause implements PauseView {
  readonly #clock: Clock;
  readonly #keyspace: Keyspace;
  readonly #began: () => void;
  readonly #ended: () => void;
  #mode: PauseMode | null = null;
  /** In ms since the epoch. */
  #end = 0;
  #timer: Timer | undefined;
  /** Lets go of the data when the pause that a client asked for is over. */
  #release: () => void = () => {};
  /** Held by those for whom the data has to stay as it is: a paused client's commands among them. */
  readonly #data = new Hold();

  constructor({ clock, keyspace, began, ended }: PauseParts) {
    this.#clock = clock;
    this.#keyspace = keyspace;
    this.#began = began;
    this.#ended = ended;
  }

  get isActive(): boolean {
    return this.#data.isHeld;
  }

  /** Whether CLIENT PAUSE is what clients wait for, and not for something else to be done. */
  get isTimed(): boolean {
    return this.#mode !== null;
  }

  /** Whether commands wait that change nothing, too. */
  get stopsAll(): boolean {
    return this.#mode === "all";
  }

  begin(mode: PauseMode, end: number): void {
    if (this.#mode === null) this.#release = this.hold();
    // A pause under way is never made shorter or milder.
    if (this.#mode !== "all") this.#mode = mode;
    this.#end = Math.max(this.#end, end);
    this.#timer?.cancel();
    this.#timer = this.#clock.at(this.#end, () => this.end());
  }

  end(): void {
    if (this.#mode === null) return;
    this.#timer?.cancel();
    this.#mode = null;
    this.#end = 0;
    this.#release();
  }

  /** Nothing changes the data until the function that is returned is called. */
  hold(): () => void {
    const releaseData = this.#data.hold(), releaseExpired = this.#keyspace.keepsExpired.hold();
    this.#began();
    return () => {
      releaseExpired();
      releaseData();
      this.#ended();
    };
  }
}
