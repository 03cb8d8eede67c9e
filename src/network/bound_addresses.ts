/** What the directive `bind` asks for. */

/** One of its addresses. */
export interface BoundAddress {
  /** As it was written, without what makes it optional: what messages show. */
  readonly word: string;
  readonly hostname: string;
  /** Left out in silence where this machine does not have it. */
  readonly optional: boolean;
}

/** The address on which a socket takes every IPv6 address, and as a rule every IPv4 address. */
export const ANY_IPV6 = "::";
/** The address on which a socket takes every IPv4 address. */
export const ANY_IPV4 = "0.0.0.0";

/** What the words of `bind` mean: a leading `-` makes an address optional, `*` and `::*` are all of a family. */
export function parseAddresses(words: readonly string[]): BoundAddress[] {
  return words.map(parseAddress);
}

function parseAddress(word: string): BoundAddress {
  const optional = word.startsWith("-");
  const name = optional ? word.slice(1) : word;
  return { word: name, hostname: hostnameOf(name), optional };
}

function hostnameOf(address: string): string {
  if (address === "*") return ANY_IPV4;
  if (address === "::*") return ANY_IPV6;
  // Redis takes a name without a colon for one of IPv4. The runtime takes the first address that it has.
  return address === "localhost" ? "127.0.0.1" : address;
}

/** Whether an address belongs to IPv6: Redis looks no closer either. */
export function isIpv6(hostname: string): boolean {
  return hostname.includes(":");
}
