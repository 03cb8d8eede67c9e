/** TLS to other servers: the chain of certificates is verified, and the name of the host is not, as in Redis. */

import type { Socket } from "../clients/transport.ts";
import type { Settings } from "../config/mod.ts";
import { TlsError } from "./tls_material.ts";

/** Does the client's part of a handshake. Rejects where it fails; the connection is the caller's to close then. */
export function secureOutgoing(
  _conn: Deno.TcpConn,
  _settings: Readonly<Settings>,
  _host: string,
): Promise<Socket> {
  throw new TlsError("not yet");
}
