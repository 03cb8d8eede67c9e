/** Where clients come in: TCP on each bound address, and a Unix socket. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../observe/log.ts";

/** Where a server listens. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** How long an accept loop rests when the process has run out of descriptors, in ms. */
const ACCEPT_PAUSE = 100;

/** An address that could not be listened on. */
export class ListenError extends Error {
  static {
    this.prototype.name = "ListenError";
  }
}

/** The open listeners of a server. */
export class Listeners {
  readonly #listeners: Deno.Listener[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #accept: (conn: Deno.Conn) => void;
  readonly #clock: Clock;
  readonly #log: Log;
  #socketPath = "";

  /** `accept` is given each connection that comes in. */
  constructor(accept: (conn: Deno.Conn) => void, clock: Clock, log: Log) {
    this.#accept = accept;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Listens on `addresses` (a leading `-`: left out in silence where it does not exist on this
   * machine), with at most `backlog` connections waiting to be accepted. Port 0 takes a free one. Returns the port. Throws `ListenError`.
   */
  listen(addresses: readonly string[], port: number, backlog: number): number {
    let chosen = port;
    for (const address of addresses) {
      const optional = address.startsWith("-");
      const hostname = wildcard(optional ? address.slice(1) : address);
      try {
        const listener = Deno.listen({ hostname, port: chosen, tcpBacklog: backlog });
        chosen = listener.addr.port;
        this.#serve(listener);
      } catch (error) {
        if (optional && !(error instanceof Deno.errors.AddrInUse)) continue;
        // An IPv6 wildcard socket takes IPv4 too where the system is set so.
        if (hostname === "::" && this.#listeners.length > 0) continue;
        throw new ListenError(listenFailure(hostname, chosen, error));
      }
    }
    if (this.#listeners.length === 0 && addresses.length > 0) {
      throw new ListenError(`Could not listen on any of: ${addresses.join(" ")}`);
    }
    return chosen;
  }

  /** Listens on a Unix socket, in place of one that was left there. Throws `ListenError`. */
  listenUnix(path: string, mode: number): void {
    try {
      if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    try {
      this.#serve(Deno.listen({ transport: "unix", path }));
      this.#socketPath = path;
      if (mode !== 0) Deno.chmodSync(path, mode);
    } catch (error) {
      throw new ListenError(`Could not listen on the Unix socket ${path}: ${reason(error)}`);
    }
  }

  /** Takes no more connections. */
  async close(): Promise<void> {
    for (const listener of this.#listeners.splice(0)) listener.close();
    await Promise.all(this.#loops.splice(0));
    if (this.#socketPath !== "") {
      await Deno.remove(this.#socketPath).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      this.#socketPath = "";
    }
  }

  #serve(listener: Deno.Listener): void {
    this.#listeners.push(listener);
    this.#loops.push(this.#acceptAll(listener));
  }

  /** Ends when the listener is closed, and for no other reason. */
  async #acceptAll(listener: Deno.Listener): Promise<void> {
    while (this.#listeners.includes(listener)) {
      try {
        this.#accept(await listener.accept());
      } catch (error) {
        if (!this.#listeners.includes(listener)) return;
        this.#log.warning(`Error accepting a client connection: ${reason(error)}`);
        await new Promise<void>((resolve) => this.#clock.after(ACCEPT_PAUSE, resolve));
      }
    }
  }
}

function wildcard(address: string): string {
  if (address === "*") return "0.0.0.0";
  if (address === "::*") return "::";
  return address;
}

function listenFailure(hostname: string, port: number, error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Could not listen on ${hostname}:${port}: the port is in use; choose another with --port`;
  }
  return `Could not listen on ${hostname}:${port}: ${reason(error)}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
