/**
 * Who does TLS. Node's module, over connections of plain TCP, wherever the runtime really has it: it can
 * verify clients, and what it stands on is ours, so that a handshake can be given up, replies need not wait
 * for acknowledgements (TCP_NODELAY), and other certificates need no other listener. `Deno.listenTls` has
 * none of that: closing one of its connections waits for the end of the handshake, however long that takes.
 * It takes a third less CPU and memory, and serves where Node's module only wraps it (Deno 2.7).
 */

import nodeProcess from "node:process";
import type { Socket } from "../clients/transport.ts";
import { type Opener, openTcp } from "./open_listeners.ts";
import { DenoTlsSocket } from "./tls_deno.ts";
import { TlsError, type TlsMaterial } from "./tls_material.ts";
import { nodeHandshake } from "./tls_node.ts";

/** Opens listeners, and makes TLS connections of what they accept. */
export interface TlsEngine {
  readonly opener: Opener;
  /** Whether closing a connection ends its handshake. */
  readonly canGiveUp: boolean;
  /** Ends when both sides have agreed. Rejects where they do not; `conn` is the caller's to close then. */
  handshake(conn: Deno.Conn): Promise<Socket>;
}

/** Whether Node's module really does TLS: in older Denos it wraps `Deno.listenTls`, and verifies nobody. */
export function verifiesClients(): boolean {
  // Not imported: it would take every server, also without TLS, longer to start.
  const tls = nodeProcess.getBuiltinModule("node:tls");
  return tls.Server.prototype instanceof nodeProcess.getBuiltinModule("node:net").Server;
}

/** The engine for what the settings ask for. Throws `TlsError`. */
export function createTlsEngine(material: TlsMaterial): TlsEngine {
  if (!verifiesClients()) return denoEngine(material);
  return {
    opener: openTcp,
    canGiveUp: true,
    handshake: (conn) => nodeHandshake(conn, material),
  };
}

/** An engine that stands on `Deno.listenTls`. Throws `TlsError` where that can't do what is asked for. */
export function denoEngine(material: TlsMaterial): TlsEngine {
  const { certificate: cert, key, clients, minVersion, maxVersion } = material;
  const { deno } = Deno.version;
  if (clients !== "no") {
    throw new TlsError(
      `Deno ${deno} can't verify the certificates of clients: set 'tls-auth-clients no'`,
    );
  }
  if (minVersion !== "TLSv1.2" || maxVersion !== "TLSv1.3") {
    throw new TlsError(`tls-protocols: Deno ${deno} always offers both TLSv1.2 and TLSv1.3`);
  }
  return {
    async opener(hostname, port, tcpBacklog) {
      const options = { hostname, port, cert, key, tcpBacklog };
      return await Deno.listenTls(options);
    },
    canGiveUp: false,
    async handshake(conn) {
      await (conn as Deno.TlsConn).handshake();
      return new DenoTlsSocket(conn);
    },
  };
}
