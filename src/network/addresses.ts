/** Addresses of peers and of this machine, whatever socket a connection came through. */

/** How a socket that serves both families shows IPv4 addresses. */
const MAPPED = "::ffff:";

/**
 * An address as its own family writes it.
 *
 * @example
 * plainHost("::ffff:127.0.0.1"); // "127.0.0.1"
 * plainHost("::1"); // "::1"
 */
export function plainHost(hostname: string): string {
  return isMapped(hostname) ? hostname.slice(MAPPED.length) : hostname;
}

/** Whether an address is one of IPv4 on a socket that serves both families. */
export function isMapped(hostname: string): boolean {
  return hostname.startsWith(MAPPED) && hostname.includes(".");
}

/** Whether an address is this machine's own, which only itself can use. */
export function isLoopback(hostname: string): boolean {
  const host = plainHost(hostname);
  return host.startsWith("127.") || host === "::1";
}

/** An address and a port, as Redis writes them. */
export function withPort(hostname: string, port: number): string {
  const host = plainHost(hostname);
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
