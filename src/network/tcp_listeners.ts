/** The listeners of one TCP port: one on each bound address. */

import type { Log } from "../observe/log.ts";
import { type AcceptLoops, reason } from "./accept_loops.ts";

/** An address that could not be listened on. */
export class ListenError extends Error {
  static {
    this.prototype.name = "ListenError";
  }
}

/** A listener of TCP connections, plain or with TLS. */
export type TcpListener = Deno.Listener<Deno.Conn, Deno.NetAddr>;

/** Listens on an address; port 0 takes a free one. Throws what `Deno.listen` throws. */
export type Opener = (hostname: string, port: number, backlog: number) => TcpListener;

/** Opens listeners of plain TCP. */
export const openTcp: Opener = (hostname, port, tcpBacklog) => {
  return Deno.listen({ hostname, port, tcpBacklog });
};

/** Where to listen. */
export interface ListenPlace {
  /** As `bind` has them; a leading `-`: left out in silence where it does not exist on this machine. */
  readonly addresses: readonly string[];
  /** 0: nowhere. */
  readonly port: number;
  /** At most so many connections wait to be accepted. */
  readonly backlog: number;
  /** `openTcp` unless given. */
  readonly opener?: Opener;
}

/** An open listener, the address that it was asked for, and what opened it. */
interface Opened {
  readonly hostname: string;
  readonly opener: Opener;
  readonly listener: TcpListener;
}

/** A listener that has to wait for its port. */
interface Postponed {
  readonly hostname: string;
  readonly port: number;
  readonly backlog: number;
  readonly opener: Opener;
}

/** What the listeners of a port work with. */
export interface TcpListenersParts {
  readonly loops: AcceptLoops;
  readonly log: Log;
  /** Is given each connection that comes in. */
  readonly accept: (conn: Deno.Conn) => void;
  /** The directive that chooses the port, for messages. */
  readonly directive: "port" | "tls-port" | "metrics-port";
}

/** The listeners of one port, which can be moved. */
export class TcpListeners {
  #opened: Opened[] = [];
  /** Listeners that are being closed, which hold the port until they are. */
  readonly #closing = new Set<TcpListener>();
  /** What is to be opened when they are closed. */
  #postponed: Postponed[] = [];
  readonly #parts: TcpListenersParts;
  #closed = false;

  constructor(parts: TcpListenersParts) {
    this.#parts = parts;
  }

  /** Listens; port 0 takes a free one here. Returns the port. Throws `ListenError`. */
  listen({ addresses, port, backlog, opener = openTcp }: ListenPlace): number {
    let chosen = port;
    const opened: Opened[] = [];
    for (const { hostname, optional } of addresses.map(parseAddress)) {
      try {
        const listener = opener(hostname, chosen, backlog);
        chosen = listener.addr.port;
        opened.push({ hostname, opener, listener });
      } catch (error) {
        if (mayBeLeftOut(hostname, optional, opened.length, error)) continue;
        for (const { listener } of opened) listener.close();
        throw new ListenError(this.#failure(hostname, chosen, error));
      }
    }
    if (opened.length === 0 && addresses.length > 0) throw noneOf(addresses);
    this.#serve(opened);
    return chosen;
  }

  /**
   * Listens at another place than now; a listener that is there already stays. Throws `ListenError`, and
   * leaves everything as it was, where an address cannot be had.
   */
  move({ addresses, port, backlog, opener = openTcp }: ListenPlace): void {
    const wanted = port === 0 ? [] : addresses.map(parseAddress);
    const stays = (one: Opened) =>
      one.listener.addr.port === port && one.opener === opener &&
      wanted.some(({ hostname }) => hostname === one.hostname);
    const kept = this.#opened.filter(stays), left = this.#opened.filter((one) => !stays(one));
    const opened: Opened[] = [], postponed: Postponed[] = [];
    const holders = [...this.#closing, ...left.map(({ listener }) => listener)];
    for (const { hostname, optional } of wanted) {
      if (kept.some((one) => one.hostname === hostname)) continue;
      try {
        if (holders.some((listener) => listener.addr.port === port)) {
          // The port may be held by what is to go. Another one shows whether the address exists.
          opener(hostname, 0, backlog).close();
          postponed.push({ hostname, port, backlog, opener });
        } else {
          opened.push({ hostname, opener, listener: opener(hostname, port, backlog) });
        }
      } catch (error) {
        if (mayBeLeftOut(hostname, optional, opened.length + kept.length, error)) continue;
        for (const { listener } of opened) listener.close();
        throw new ListenError(this.#failure(hostname, port, error));
      }
    }
    if (kept.length + opened.length + postponed.length === 0 && wanted.length > 0) {
      throw noneOf(addresses);
    }
    this.#opened = kept;
    this.#serve(opened);
    this.#postponed = postponed;
    this.#replace(left);
  }

  /** Listens nowhere any more, for good; whoever has the loops closes the listeners. */
  forget(): void {
    this.#closed = true;
    this.#opened = [];
  }

  /** Closes listeners, which takes until their loops end, and opens what waited for that. */
  async #replace(left: readonly Opened[]): Promise<void> {
    const { loops, log } = this.#parts;
    await Promise.all(left.map(async ({ listener }) => {
      this.#closing.add(listener);
      await loops.close(listener);
      this.#closing.delete(listener);
    }));
    // Whoever closes the last one opens what is wanted by then.
    if (this.#closed || this.#closing.size > 0) return;
    const postponed = this.#postponed;
    this.#postponed = [];
    for (const { hostname, port, backlog, opener } of postponed) {
      try {
        this.#serve([{ hostname, opener, listener: opener(hostname, port, backlog) }]);
      } catch (error) {
        log.warning(this.#failure(hostname, port, error));
      }
    }
  }

  #serve(opened: readonly Opened[]): void {
    const { loops, accept } = this.#parts;
    this.#opened.push(...opened);
    for (const { listener } of opened) loops.serve(listener, accept);
  }

  #failure(hostname: string, port: number, error: unknown): string {
    const why = error instanceof Deno.errors.AddrInUse
      ? `the port is in use; choose another with --${this.#parts.directive}`
      : reason(error);
    return `Could not listen on ${hostname}:${port}: ${why}`;
  }
}

/** Whether a server can do without an address, given how many others it has. */
function mayBeLeftOut(hostname: string, optional: boolean, others: number, error: unknown) {
  if (optional && !(error instanceof Deno.errors.AddrInUse)) return true;
  // An IPv6 wildcard socket takes IPv4 too where the system is set so.
  return hostname === "::" && others > 0;
}

function noneOf(addresses: readonly string[]): ListenError {
  return new ListenError(`Could not listen on any of: ${addresses.join(" ")}`);
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
