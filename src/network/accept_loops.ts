/** The loops that take connections from listeners, for as long as those are open. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../observe/log.ts";

/** How long an accept loop rests when the process has run out of descriptors, in ms. */
const ACCEPT_PAUSE = 100;

/** Accepts connections from listeners of any kind. */
export class AcceptLoops {
  /** The loops of all listeners until they have ended. */
  readonly #loops = new Map<Deno.Listener, Promise<void>>();
  readonly #open = new Set<Deno.Listener>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Gives each connection that comes in to `accept`. */
  serve(listener: Deno.Listener, accept: (conn: Deno.Conn) => void): void {
    this.#open.add(listener);
    this.#loops.set(listener, this.#acceptAll(listener, accept));
  }

  /** Closes a listener; ends when its address is free again. */
  async close(listener: Deno.Listener): Promise<void> {
    if (this.#open.delete(listener)) listener.close();
    await this.#loops.get(listener);
  }

  /** Closes all listeners. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#loops.keys()].map((listener) => this.close(listener)));
  }

  /** Ends when the listener is closed, and for no other reason. */
  async #acceptAll(listener: Deno.Listener, accept: (conn: Deno.Conn) => void): Promise<void> {
    while (this.#open.has(listener)) {
      try {
        accept(await listener.accept());
      } catch (error) {
        if (!this.#open.has(listener)) break;
        this.#log.warning(`Error accepting a client connection: ${reason(error)}`);
        await new Promise<void>((resolve) => this.#clock.after(ACCEPT_PAUSE, resolve));
      }
    }
    this.#loops.delete(listener);
  }
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
