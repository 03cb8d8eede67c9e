/** Free TCP ports for servers that must be told their port. */

/**
 * A free port outside of the range from which Linux takes ports by itself, for outgoing connections and
 * for port 0: so nobody is given it by chance before it is used, or while a server lets go of it for a
 * moment. Another test can choose the same one all the same, so a caller that can tries again with
 * another (`ServerProcess` does).
 */
export function freePort(): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    try {
      for (const hostname of ["0.0.0.0", "127.0.0.1"]) Deno.listen({ hostname, port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no free port was found from ${FIRST} to ${FIRST + COUNT - 1}`);
}

/** Linux' own range begins at 32768 (net.ipv4.ip_local_port_range), and cluster buses are 10000 above ports. */
const FIRST = 20_000, COUNT = 10_000;
