/** Where clients come in: TCP on each bound address, and a Unix socket. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../observe/log.ts";

/** How long an accept loop rests when the process has run out of descriptors, in ms. */
const ACCEPT_PAUSE = 100;

/** An address that could not be listened on. */
export class ListenError extends Error {
  static {
    this.prototype.name = "ListenError";
  }
}

/** An open TCP listener and the address that it was asked for. */
interface Opened {
  readonly hostname: string;
  readonly listener: Deno.TcpListener;
}

/** The open listeners of a server. */
export class Listeners {
  #tcp: Opened[] = [];
  /** The accept loops of all listeners, by listener, until they have ended. */
  readonly #loops = new Map<Deno.Listener, Promise<void>>();
  readonly #open = new Set<Deno.Listener>();
  readonly #accept: (conn: Deno.Conn) => void;
  readonly #clock: Clock;
  readonly #log: Log;
  #socketPath = "";
  #closed = false;

  /** `accept` is given each connection that comes in. */
  constructor(accept: (conn: Deno.Conn) => void, clock: Clock, log: Log) {
    this.#accept = accept;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Listens on `addresses` (a leading `-`: left out in silence where it does not exist on this
   * machine), with at most `backlog` connections waiting to be accepted. Port 0 takes a free one.
   * Returns the port. Throws `ListenError`.
   */
  listen(addresses: readonly string[], port: number, backlog: number): number {
    let chosen = port;
    const opened: Opened[] = [];
    for (const address of addresses) {
      const { hostname, optional } = parseAddress(address);
      try {
        const listener = Deno.listen({ hostname, port: chosen, tcpBacklog: backlog });
        chosen = listener.addr.port;
        opened.push({ hostname, listener });
      } catch (error) {
        if (optional && !(error instanceof Deno.errors.AddrInUse)) continue;
        // An IPv6 wildcard socket takes IPv4 too where the system is set so.
        if (hostname === "::" && opened.length > 0) continue;
        for (const { listener } of opened) listener.close();
        throw new ListenError(listenFailure(hostname, chosen, error));
      }
    }
    if (opened.length === 0 && addresses.length > 0) {
      throw new ListenError(`Could not listen on any of: ${addresses.join(" ")}`);
    }
    this.#serveTcp(opened);
    return chosen;
  }

  /**
   * Listens on `addresses` and `port` in place of the present ones; on no TCP port at all for port 0.
   * Throws `ListenError` and leaves everything as it was where an address cannot be had.
   */
  move(addresses: readonly string[], port: number, backlog: number): void {
    const wanted = port === 0 ? [] : addresses.map(parseAddress);
    const stays = ({ hostname, listener }: Opened) =>
      listener.addr.port === port && wanted.some((one) => one.hostname === hostname);
    const kept = this.#tcp.filter(stays), left = this.#tcp.filter((one) => !stays(one));
    const opened: Opened[] = [], postponed: string[] = [];
    for (const { hostname, optional } of wanted) {
      if (kept.some((one) => one.hostname === hostname)) continue;
      try {
        if (left.some(({ listener }) => listener.addr.port === port)) {
          // The port may be held by the listener that is to go. Another one shows whether the address exists.
          Deno.listen({ hostname, port: 0 }).close();
          postponed.push(hostname);
        } else {
          const listener = Deno.listen({ hostname, port, tcpBacklog: backlog });
          opened.push({ hostname, listener });
        }
      } catch (error) {
        if (optional && !(error instanceof Deno.errors.AddrInUse)) continue;
        if (hostname === "::" && opened.length + kept.length > 0) continue;
        for (const { listener } of opened) listener.close();
        throw new ListenError(listenFailure(hostname, port, error));
      }
    }
    if (kept.length + opened.length + postponed.length === 0 && wanted.length > 0) {
      throw new ListenError(`Could not listen on any of: ${addresses.join(" ")}`);
    }
    this.#tcp = kept;
    this.#serveTcp(opened);
    this.#replace(left, postponed, port, backlog);
  }

  /** Closes listeners and listens on addresses that were theirs, which takes until their loops end. */
  async #replace(
    left: readonly Opened[],
    hostnames: readonly string[],
    port: number,
    backlog: number,
  ): Promise<void> {
    const loops = left.map(({ listener }) => this.#loops.get(listener));
    for (const { listener } of left) this.#close(listener);
    if (hostnames.length === 0) return;
    await Promise.all(loops);
    if (this.#closed) return;
    for (const hostname of hostnames) {
      try {
        const listener = Deno.listen({ hostname, port, tcpBacklog: backlog });
        this.#serveTcp([{ hostname, listener }]);
      } catch (error) {
        this.#log.warning(listenFailure(hostname, port, error));
      }
    }
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
    this.#closed = true;
    this.#tcp = [];
    const loops = [...this.#loops.values()];
    for (const listener of [...this.#open]) this.#close(listener);
    await Promise.all(loops);
    if (this.#socketPath !== "") {
      this.#log.notice("Removing the unix socket file.");
      await Deno.remove(this.#socketPath).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      this.#socketPath = "";
    }
  }

  #close(listener: Deno.Listener): void {
    this.#open.delete(listener);
    listener.close();
  }

  #serveTcp(opened: readonly Opened[]): void {
    this.#tcp.push(...opened);
    for (const { listener } of opened) this.#serve(listener);
  }

  #serve(listener: Deno.Listener): void {
    this.#open.add(listener);
    this.#loops.set(listener, this.#acceptAll(listener));
  }

  /** Ends when the listener is closed, and for no other reason. */
  async #acceptAll(listener: Deno.Listener): Promise<void> {
    while (this.#open.has(listener)) {
      try {
        this.#accept(await listener.accept());
      } catch (error) {
        if (!this.#open.has(listener)) break;
        this.#log.warning(`Error accepting a client connection: ${reason(error)}`);
        await new Promise<void>((resolve) => this.#clock.after(ACCEPT_PAUSE, resolve));
      }
    }
    this.#loops.delete(listener);
  }
}

/** What one of the addresses of `bind` means. */
function parseAddress(address: string): { hostname: string; optional: boolean } {
  const optional = address.startsWith("-");
  return { hostname: wildcard(optional ? address.slice(1) : address), optional };
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
