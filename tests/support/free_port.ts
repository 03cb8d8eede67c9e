/** Free TCP ports for servers that must be told their port. */

/**
 * A port that was free on 127.0.0.1 a moment ago. Another process may take it before it is used, so a
 * caller that starts a server on it tries again with another one (`ServerProcess` does).
 */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
