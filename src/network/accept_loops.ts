/** The loops that take connections from listeners, for as long as those are open. */

import type { Clock } from "../base/clock.ts";
import { isOutOfDescriptors } from "../base/descriptor_reserve.ts";
import type { Log } from "../observe/log.ts";

type Accept = (conn: Deno.Conn) => void | Promise<void>;

/** How long an accept loop rests when the process has run out of descriptors, in ms. */
const ACCEPT_PAUSE = 100;

/** What accept loops work with. */
export interface AcceptLoopsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** The process can have no more files and connections: whether there is room for some now. */
  readonly makeRoom: () => boolean;
}

/** Accepts connections from listeners of any kind. */
export class AcceptLoops {
  /** The loops of all listeners until they have ended. */
  readonly #loops = new Map<Deno.Listener, Promise<void>>();
  readonly #open = new Set<Deno.Listener>();
  readonly #parts: AcceptLoopsParts;

  constructor(parts: AcceptLoopsParts) {
    this.#parts = parts;
  }

  /** Gives each connection that comes in to `accept`; where that takes a promise, the next one waits for it. */
  serve(listener: Deno.Listener, accept: Accept): void {
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
  async #acceptAll(listener: Deno.Listener, accept: Accept): Promise<void> {
    const { clock, log, makeRoom } = this.#parts;
    while (this.#open.has(listener)) {
      try {
        const taken = accept(await listener.accept());
        if (taken !== undefined) await taken;
      } catch (error) {
        if (!this.#open.has(listener)) break;
        // First, as the log may want to open a file.
        const hasRoom = isOutOfDescriptors(error) && makeRoom();
        log.warning(`Error accepting a client connection: ${reason(error)}`);
        if (hasRoom) continue;
        await new Promise<void>((resolve) => clock.after(ACCEPT_PAUSE, resolve));
      }
    }
    this.#loops.delete(listener);
  }
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  // Errors of TLS are Node's own, which within jest are of another realm.
  const { message = String(error) } = error as { readonly message?: string };
  return message;
}
