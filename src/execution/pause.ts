/** Clients that have to wait before they may change, or do, anything: CLIENT PAUSE, MIGRATE. */

import type { Clock, Timer } from "../base/clock.ts";
import type { PauseMode, PauseView } from "../commands/context.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Client } from "../clients/client.ts";

/** Commands that change data, or may have others do so. */
const CHANGES = CommandBit.Write | CommandBit.MayReplicate;

/** Whether clients are paused, and whose commands wait for the end of it. */
export class Pause implements PauseView {
  readonly #clock: Clock;
  readonly #keyspace: Keyspace;
  #mode: PauseMode | null = null;
  /** In ms since the epoch. */
  #end = 0;
  #timer: Timer | undefined;
  /** For how many the data has to stay as it is. */
  #holds = 0;
  readonly #postponed = new Set<Client>();

  constructor(clock: Clock, keyspace: Keyspace) {
    this.#clock = clock;
    this.#keyspace = keyspace;
  }

  get isActive(): boolean {
    return this.#mode !== null || this.#holds > 0;
  }

  /** How many clients have a command that waits. */
  get count(): number {
    return this.#postponed.size;
  }

  begin(mode: PauseMode, end: number): void {
    // A pause under way is never made shorter or milder.
    if (this.#mode !== "all") this.#mode = mode;
    this.#end = Math.max(this.#end, end);
    this.#keyspace.expires = false;
    this.#timer?.cancel();
    this.#timer = this.#clock.at(this.#end, () => this.end());
  }

  end(): void {
    if (this.#mode === null) return;
    this.#timer?.cancel();
    this.#mode = null;
    this.#end = 0;
    this.#resume();
  }

  /** Nothing changes the data until the function that is returned is called. */
  hold(): () => void {
    this.#holds++;
    this.#keyspace.expires = false;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      this.#resume();
    };
  }

  /** What clients wait for is over; those who have to wait for something else will be told so again. */
  #resume(): void {
    this.#keyspace.expires = !this.isActive;
    const clients = [...this.#postponed];
    this.#postponed.clear();
    for (const client of clients) client.resumePostponed();
  }

  /** Whether a client's command has to wait. */
  stops(client: Client, command: Command): boolean {
    return this.#mode === "all" || (client.transaction.flagsOf(command) & CHANGES) !== 0;
  }

  /** A client's command waits. */
  add(client: Client): void {
    this.#postponed.add(client);
  }

  /** Forgets a client that is gone. */
  forget(client: Client): void {
    this.#postponed.delete(client);
  }
}
