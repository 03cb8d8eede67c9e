/** The listeners of one TCP port: one on each bound address. */

import type { Log } from "../observe/log.ts";
import { type AcceptLoops, reason } from "./accept_loops.ts";
import { isMapped, plainHost, withPort } from "./addresses.ts";
import { ANY_IPV4, ANY_IPV6, isIpv6, parseAddresses } from "./bound_addresses.ts";
import { ListenError } from "./listen_error.ts";
import {
  AddressError,
  countExisting,
  isNoFamily,
  type Opened,
  type Opener,
  openListeners,
  openTcp,
  type TcpListener,
} from "./open_listeners.ts";

/** Where to listen. */
export interface ListenPlace {
  /** As `bind` has them. */
  readonly addresses: readonly string[];
  /** 0: nowhere. */
  readonly port: number;
  /** At most so many connections wait to be accepted. */
  readonly backlog: number;
  /** `openTcp` unless given. */
  readonly opener?: Opener;
}

/** What the listeners of a port work with. */
export interface TcpListenersParts {
  readonly loops: AcceptLoops;
  readonly log: Log;
  /** Is given each connection that comes in; where it returns a promise, the next one waits for that. */
  readonly accept: (conn: Deno.Conn) => void | Promise<void>;
  /** The directive that chooses the port, for messages. */
  readonly directive: "port" | "tls-port" | "metrics-port" | "cluster-port";
  /** Is told when a move that had to wait for the port failed, and what is listened on again. */
  readonly movedBack?: (place: ListenPlace) => void;
}

/** The listeners of one port, which can be moved. */
export class TcpListeners {
  #opened: Opened[] = [];
  /** The IPv4 addresses that are served through the listener on `::`. */
  #shared: ReadonlySet<string> = new Set();
  /** Listeners that are being closed, which hold the port until they are. */
  readonly #closing = new Set<TcpListener>();
  /** Where the listeners are to be when those are closed. */
  #postponed: ListenPlace | null = null;
  /** Where the listeners are, or were before one was closed. */
  #place: ListenPlace = { addresses: [], port: 0, backlog: 0 };
  readonly #parts: TcpListenersParts;
  /** Ends when nobody opens anything any more: one thing is done after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: TcpListenersParts) {
    this.#parts = parts;
  }

  /** Listens; port 0 takes a free one here. Resolves to the port. Rejects with `ListenError`. */
  async listen(place: ListenPlace): Promise<number> {
    const { log, directive } = this.#parts;
    this.#closed = false;
    try {
      const port = await this.#inTurn(() => this.#open(place));
      this.#place = { ...place, port };
      return port;
    } catch (error) {
      if (error instanceof ListenError) {
        log.warning(`Failed listening on port ${place.port} (${KINDS[directive]}), aborting.`);
      }
      throw error;
    }
  }

  /**
   * Listens at another place than now; a listener that is there already stays. Rejects with `ListenError`, and
   * leaves everything as it was, where an address cannot be had.
   */
  move(target: ListenPlace): Promise<void> {
    return this.#inTurn(() => this.#move(target));
  }

  async #move(target: ListenPlace): Promise<void> {
    const { port, opener = openTcp } = target;
    const place = port === 0 ? { ...target, addresses: [] } : target;
    const wanted = parseAddresses(place.addresses);
    const isWanted = (hostname: string) => wanted.some((one) => one.hostname === hostname);
    const isHere = ({ listener, opener: its }: Opened) =>
      listener.addr.port === port && its === opener;
    // A listener on `::` may need the port of those on IPv4 addresses for itself.
    const anyIsNew = isWanted(ANY_IPV6) &&
      !this.#opened.some((one) => one.hostname === ANY_IPV6 && isHere(one));
    const stays = (one: Opened) =>
      isHere(one) && isWanted(one.hostname) && !(anyIsNew && !isIpv6(one.hostname));
    const kept = this.#opened.filter(stays), left = this.#opened.filter((one) => !stays(one));
    const holders = [...this.#closing, ...left.map(({ listener }) => listener)];
    if (wanted.length > 0 && holders.some((listener) => listener.addr.port === port)) {
      await this.#check(place, kept);
      this.#postponed = place;
    } else {
      await this.#open(place, kept);
      this.#postponed = null;
      this.#place = place;
    }
    this.#opened = this.#opened.filter((one) => !left.includes(one));
    this.#replace(left);
  }

  /** Where clients on this machine can connect to: addresses with the port. */
  get reachableAt(): readonly string[] {
    const { port } = this.#place;
    const hosts = [...this.#shared, ...this.#opened.map(({ hostname }) => hostname)];
    const local = hosts.map((host) => {
      if (host === ANY_IPV4) return "127.0.0.1";
      return host === ANY_IPV6 ? "::1" : host;
    });
    return [...new Set(local)].map((host) => withPort(host, port));
  }

  /** Listens nowhere any more, for good; whoever has the loops closes the listeners. */
  forget(): void {
    this.#closed = true;
    this.#opened = [];
  }

  /** Whether a connection came to an address that is bound: the listener on `::` may take others, too. */
  #isBound({ localAddr }: Deno.Conn): boolean {
    const { hostname } = localAddr as Deno.NetAddr;
    if (!isMapped(hostname)) return true;
    return this.#shared.has(ANY_IPV4) || this.#shared.has(plainHost(hostname));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Opens what is not kept, and serves it. Resolves to the port. Rejects with `ListenError`. */
  async #open(
    place: ListenPlace,
    kept: readonly Opened[] = [],
    isSilent = false,
  ): Promise<number> {
    const { addresses, backlog, opener = openTcp } = place, { log } = this.#parts;
    const wanted = parseAddresses(addresses);
    const { port, opened, shared } = await this.#orFail(() =>
      openListeners({
        ...{ wanted, port: place.port, backlog, opener, kept },
        leftOut: (failure) => log.warning(redisLine(failure)),
      }), isSilent);
    if (kept.length + opened.length === 0 && wanted.length > 0) throw noneOf(addresses);
    this.#shared = shared;
    this.#serve(opened);
    return port;
  }

  /** Rejects with `ListenError` where an address does not exist, as far as can be known while the port is taken. */
  async #check(place: ListenPlace, kept: readonly Opened[]): Promise<void> {
    const { addresses, port, opener = openTcp } = place;
    const wanted = parseAddresses(addresses).filter(({ hostname }) =>
      !kept.some((one) => one.hostname === hostname)
    );
    const there = await this.#orFail(() => countExisting(wanted, opener, port));
    if (kept.length + there === 0) throw noneOf(addresses);
  }

  async #orFail<T>(act: () => Promise<T>, isSilent = false): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      if (!isSilent) this.#parts.log.warning(redisLine(error));
      throw new ListenError(this.#failure(error.word, error.port, error.cause));
    }
  }

  /** Closes listeners, which takes until their loops end, and opens what waited for that. */
  async #replace(left: readonly Opened[]): Promise<void> {
    const { loops } = this.#parts;
    await Promise.all(left.map(async ({ listener }) => {
      this.#closing.add(listener);
      await loops.close(listener);
      this.#closing.delete(listener);
    }));
    // Whoever closes the last one opens what is wanted by then.
    if (this.#closing.size > 0 || this.#postponed === null) return;
    const place = this.#postponed;
    // A process that is just being started shares the closed listener until it runs its own program.
    for (let tries = 1; !this.#closed && this.#postponed === place; tries++) {
      if (await this.#inTurn(() => this.#isOpened(place, tries < TRIES))) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Opens what had to wait, or says that it has to be tried again; else listens again where it did before. */
  async #isOpened(place: ListenPlace, mayTryAgain: boolean): Promise<boolean> {
    // Somebody may have moved on while this waited for its turn.
    if (this.#closed || this.#postponed !== place) return true;
    try {
      await this.#open(place, this.#opened, mayTryAgain);
      this.#place = place;
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      if (mayTryAgain) return false;
      this.#parts.log.warning(error.message);
      await this.#moveBack();
    }
    this.#postponed = null;
    return true;
  }

  /** Listens where it did before, as somebody else has the port where it was to be. */
  async #moveBack(): Promise<void> {
    const { log, movedBack } = this.#parts;
    try {
      await this.#open(this.#place, this.#opened);
      movedBack?.(this.#place);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      log.warning(error.message);
    }
  }

  #serve(opened: readonly Opened[]): void {
    const { loops, accept } = this.#parts;
    // The end of the server has overtaken it.
    if (this.#closed) return opened.forEach(({ listener }) => listener.close());
    this.#opened.push(...opened);
    for (const { listener } of opened) {
      loops.serve(listener, (conn) => this.#isBound(conn) ? accept(conn) : conn.close());
    }
  }

  #failure(word: string, port: number, error: unknown): string {
    const why = error instanceof Deno.errors.AddrInUse
      ? `the port is in use; choose another with --${this.#parts.directive}`
      : reason(error);
    return `Could not listen on ${word}:${port}: ${why}`;
  }
}

/** So often a port is tried that was listened on a moment ago, and so long is waited in between, in ms. */
const TRIES = 50, PAUSE = 10;

/** What Redis' log calls the ports. */
const KINDS = {
  "port": "TCP",
  "tls-port": "TLS",
  "metrics-port": "metrics",
  "cluster-port": "cluster bus",
} as const;

/** What Redis' log says of an address that can't be listened on. */
function redisLine({ word, port, cause }: AddressError): string {
  const [, text, number] = /^(.*?) \(os error (\d+)\)/.exec(reason(cause)) ??
    ["", reason(cause), ""];
  // It learns from `bind` and not from `socket` what it has to do without.
  const why = isNoFamily(cause) ? `unable to bind socket, errno: ${number}` : `bind: ${text}`;
  return `Warning: Could not create server TCP listening socket ${word}:${port}: ${why}`;
}

function noneOf(addresses: readonly string[]): ListenError {
  return new ListenError(`Could not listen on any of: ${addresses.join(" ")}`);
}
