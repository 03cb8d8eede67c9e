/** Where this node tells the others that it is. */

import type { ClusterHost } from "./cluster_host.ts";
import { type ClusterNode, type NodeAddress, NodeFlag } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";

/** The address that this node announces. An empty IP has the others take the one that they see. */
export function announcedAddress(
  settings: ClusterSettings,
  ports: ClusterHost["ports"],
): NodeAddress {
  const { "cluster-announce-port": clear, "cluster-announce-tls-port": tls } = settings;
  const isTls = ports.plainPort !== 0;
  return {
    ip: settings["cluster-announce-ip"],
    port: (isTls ? tls : clear) || ports.port,
    plainPort: isTls ? clear || ports.plainPort : 0,
    busPort: settings["cluster-announce-bus-port"] || ports.busPort,
  };
}

/** Keeps what this node knows of itself as the directives say. */
export class MyAddress {
  readonly #myself: ClusterNode;
  readonly #settings: ClusterSettings;
  readonly #host: ClusterHost;
  /** What `cluster-announce-ip` was. */
  #announcedIp = "";

  constructor(myself: ClusterNode, settings: ClusterSettings, host: ClusterHost) {
    this.#myself = myself;
    this.#settings = settings;
    this.#host = host;
  }

  /** Follows what was changed; returns whether the IP was. */
  update(): boolean {
    const myself = this.#myself, settings = this.#settings;
    const { ip, ...ports } = announcedAddress(settings, this.#host.ports);
    const isNewIp = ip !== this.#announcedIp;
    this.#announcedIp = ip;
    // One that is not announced any more is found out anew.
    myself.moveTo({ ip: isNewIp ? ip : myself.ip, ...ports });
    myself.hostname = settings["cluster-announce-hostname"];
    myself.flags &= ~NodeFlag.NoFailover;
    if (settings["cluster-replica-no-failover"]) myself.flags |= NodeFlag.NoFailover;
    return isNewIp;
  }

  /** Somebody has reached this node at an IP address; returns whether that is news. */
  wasReachedAt(ip: string): boolean {
    if (this.#settings["cluster-announce-ip"] !== "" || this.#myself.ip === ip) return false;
    this.#myself.ip = ip;
    return true;
  }
}
