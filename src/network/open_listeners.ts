/** Opens the listeners of one TCP port, one on each bound address that has to have one. */

import { ANY_IPV4, ANY_IPV6, type BoundAddress, isIpv6 } from "./bound_addresses.ts";

/** A listener of TCP connections, plain or with TLS. */
export type TcpListener = Deno.Listener<Deno.Conn, Deno.NetAddr>;

/**
 * Listens on an address; port 0 takes a free one. Rejects with what `Deno.listen` throws: that it takes no time
 * is so in Deno alone.
 */
export type Opener = (hostname: string, port: number, backlog: number) => Promise<TcpListener>;

/** Opens listeners of plain TCP. */
export const openTcp: Opener = async (hostname, port, tcpBacklog) => {
  return await Deno.listen({ hostname, port, tcpBacklog });
};

/** An open listener, the address that it was asked for, and what opened it. */
export interface Opened {
  readonly hostname: string;
  readonly opener: Opener;
  readonly listener: TcpListener;
}

/** What is to be opened. */
export interface Opening {
  readonly wanted: readonly BoundAddress[];
  /** 0: a free one. */
  readonly port: number;
  /** At most so many connections wait to be accepted. */
  readonly backlog: number;
  readonly opener: Opener;
  /** Those of the port that are open already. */
  readonly kept: readonly Opened[];
  /** Is told of each address that the server does without. */
  readonly leftOut: (failure: AddressError) => void;
}

/** What was opened. */
export interface OpenOutcome {
  readonly port: number;
  readonly opened: readonly Opened[];
  /** The IPv4 addresses that the listener on `::` serves, as there can be no other beside it. */
  readonly shared: ReadonlySet<string>;
}

/** An address that can't be listened on; `cause` says why. */
export class AddressError extends Error {
  static {
    this.prototype.name = "AddressError";
  }

  constructor(
    /** The address as `bind` has it. */
    readonly word: string,
    readonly port: number,
    cause: unknown,
  ) {
    super(`${word}:${port}`, { cause });
  }
}

/**
 * Opens a listener on each wanted address. The runtime can't have a listener on `::` leave IPv4 alone: where
 * the system has it take both families, it serves the wanted IPv4 addresses as well, and no others may be
 * served through it (`shared`). Rejects with `AddressError`, with nothing left open.
 */
export async function openListeners(opening: Opening): Promise<OpenOutcome> {
  const { wanted, backlog, opener, kept, leftOut } = opening;
  const opened: Opened[] = [], shared = new Set<string>();
  let { port } = opening;
  for (const { word, hostname, optional } of anyIpv6First(wanted)) {
    if (kept.some((one) => one.hostname === hostname)) continue;
    try {
      const listener = await open(opener, hostname, port, backlog);
      port = listener.addr.port;
      opened.push({ hostname, opener, listener });
    } catch (error) {
      if (await isShared(hostname, [...kept, ...opened], error)) {
        shared.add(await addressOf(hostname));
        continue;
      }
      const failure = new AddressError(word, port, error);
      if (canBeLeftOut(optional, error)) {
        leftOut(failure);
        continue;
      }
      for (const { listener } of opened) listener.close();
      throw hostname === ANY_IPV6 ? await inOrder(opening, failure) : failure;
    }
  }
  return { port, opened, shared };
}

/** The listener on `::` has to be there before others that it may serve. */
function anyIpv6First(wanted: readonly BoundAddress[]): BoundAddress[] {
  const isFirst = ({ hostname }: BoundAddress) => hostname === ANY_IPV6;
  return [...wanted.filter(isFirst), ...wanted.filter((one) => !isFirst(one))];
}

/** The failure of the first address that can't be had, by itself and in the order of `bind`, as Redis meets it. */
async function inOrder(
  { wanted, port, opener }: Opening,
  failure: AddressError,
): Promise<AddressError> {
  for (const { word, hostname } of wanted) {
    if (hostname === ANY_IPV6) break;
    try {
      (await open(opener, hostname, port, 1)).close();
    } catch (error) {
      return new AddressError(word, port, error);
    }
  }
  return failure;
}

/** How many of the addresses this machine has. Rejects with `AddressError` where one that it lacks is not optional. */
export async function countExisting(
  wanted: readonly BoundAddress[],
  opener: Opener,
  port: number,
): Promise<number> {
  let count = 0;
  for (const { word, hostname, optional } of wanted) {
    try {
      (await open(opener, hostname, 0, 1)).close();
      count++;
    } catch (error) {
      if (!canBeLeftOut(optional, error)) throw new AddressError(word, port, error);
    }
  }
  return count;
}

async function open(
  opener: Opener,
  hostname: string,
  port: number,
  backlog: number,
): Promise<TcpListener> {
  const listener = await opener(hostname, port, backlog);
  if (isIpv6(hostname) || !isIpv6(listener.addr.hostname)) return listener;
  listener.close();
  throw new Error(`the name leads to ${listener.addr.hostname}: give an address in its place`);
}

/** Whether an address is served by our own listener on `::`, and so is in use. */
async function isShared(
  hostname: string,
  ours: readonly Opened[],
  error: unknown,
): Promise<boolean> {
  return error instanceof Deno.errors.AddrInUse && !isIpv6(hostname) &&
    ours.some((one) => one.hostname === ANY_IPV6) && await servesBothFamilies();
}

/** Whether a listener on `::` takes IPv4 as well: a setting of the system. */
async function servesBothFamilies(): Promise<boolean> {
  const both = await openTcp(ANY_IPV6, 0, 1);
  try {
    (await openTcp(ANY_IPV4, both.addr.port, 1)).close();
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    return true;
  } finally {
    both.close();
  }
}

/** The address that a name leads to. */
async function addressOf(hostname: string): Promise<string> {
  const listener = await openTcp(hostname, 0, 1);
  listener.close();
  return listener.addr.hostname;
}

/** Linux' errors for a family, or a part of one, that it was built or started without. */
const NO_SUCH_FAMILY = /\(os error 9[23467]\)/;

/** Whether a server does without an address: where the machine lacks the family, or lacks one that is optional. */
function canBeLeftOut(optional: boolean, error: unknown): boolean {
  return optional && error instanceof Deno.errors.AddrNotAvailable || isNoFamily(error);
}

/** Whether the machine lacks the family of an address. */
export function isNoFamily(error: unknown): boolean {
  return error instanceof Error && NO_SUCH_FAMILY.test(error.message);
}
