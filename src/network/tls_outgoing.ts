/** TLS to other servers: the chain of certificates is verified, and the name of the host is not, as in Redis. */

import type { Socket } from "../clients/transport.ts";
import type { Settings } from "../config/mod.ts";
import { DenoTlsSocket } from "./tls_deno.ts";
import { verifiesClients } from "./tls_engine.ts";
import { readOutgoingMaterial } from "./tls_material.ts";
import { nodeConnect } from "./tls_node.ts";

/** Whom to connect to. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
}

/** Connects and does a handshake. Rejects where either fails, with `TlsError` where there is nothing to do it with. */
export async function connectTls(
  target: Target,
  settings: Readonly<Settings>,
  connect: (target: Target) => Promise<Deno.TcpConn>,
): Promise<Socket> {
  const material = readOutgoingMaterial(settings);
  if (verifiesClients()) {
    const conn = await connect(target);
    try {
      return await nodeConnect(conn, material);
    } catch (error) {
      conn.close();
      throw error;
    }
  }
  // An older Deno has no TLS of Node's module, but can be told to ignore the name.
  const { certificate: cert, key, authorities } = material, caCerts = [...authorities];
  const options = { ...target, caCerts, cert, key, unsafelyDisableHostnameVerification: true };
  const conn = await Deno.connectTls(options);
  await conn.handshake();
  return new DenoTlsSocket(conn);
}
