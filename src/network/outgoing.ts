/** Connections to other servers. */

import type { DescriptorReserve } from "../base/descriptor_reserve.ts";
import type { Socket } from "../clients/transport.ts";
import type { Settings } from "../config/mod.ts";
import { connectTls, type Target } from "./tls_outgoing.ts";

/** Connects to other servers, with TLS where `tls-replication` asks for it. */
export class Outgoing {
  readonly #settings: Readonly<Settings>;
  /** What is given up where there are no others for a connection. */
  readonly #descriptors: DescriptorReserve;

  constructor(settings: Readonly<Settings>, descriptors: DescriptorReserve) {
    this.#settings = settings;
    this.#descriptors = descriptors;
  }

  /** Rejects where there is no connection; `host` is a name or an address. */
  async connect(host: string, port: number): Promise<Socket> {
    const target = { hostname: host, port };
    if (this.#settings["tls-replication"]) {
      return await connectTls(target, this.#settings, this.#connect);
    }
    return await this.#connect(target);
  }

  readonly #connect = async (target: Target): Promise<Deno.TcpConn> => {
    const conn = await this.#descriptors.openingLater(() => Deno.connect(target));
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    return conn;
  };
}
