/** The bus: a cluster's node with its connections, its clock and its file. */

import type { Clock, Timer } from "../base/clock.ts";
import type { Socket } from "../clients/transport.ts";
import { BusLink, type LinkOwner } from "./bus_link.ts";
import { Cluster } from "./cluster.ts";
import type { ClusterHost } from "./cluster_host.ts";
import type { NodeAddress } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ClusterState } from "./cluster_state.ts";
import { HEARTBEAT_INTERVAL } from "./heartbeat.ts";
import { MessageType } from "./message.ts";
import { BadMessage } from "./message_decoder.ts";
import type { MessageClaim } from "./message_reader.ts";

/** The longest message that is no publication, in bytes: some 160,000 nodes could be told of. */
const LONGEST = 16 * 1024 * 1024;
/** And of one, in bytes: two arguments as long as they usually may be. */
const LONGEST_PUBLICATION = 2 ** 30 + 4096;
/** Who never says anything that means something is let go after this, in ms. */
const PATIENCE_WITH_STRANGERS = 60_000;

/** What the bus needs beside what its node needs. */
export interface BusParts {
  readonly state: ClusterState;
  readonly settings: ClusterSettings;
  readonly host: ClusterHost;
  readonly clock: Clock;
  /** Connects to a node's bus; rejects where that can't be done. */
  connect(ip: string, port: number): Promise<Socket>;
  /** nodes.conf could not be written: nothing leaves any more, and the server must end. */
  failed(error: unknown): void;
}

/** Has a node take part in its cluster, from its making until `close`. */
export class Bus {
  readonly cluster: Cluster;
  readonly #parts: BusParts;
  /** All connections, those that are being made included. */
  readonly #links = new Set<BusLink>();
  /** Those with something to be sent. */
  readonly #withOutput = new Set<BusLink>();
  readonly #heartbeat: Timer;
  #turnEnds = false;
  #isClosed = false;

  constructor(parts: BusParts) {
    this.#parts = parts;
    const { state, settings, host, clock } = parts;
    this.cluster = new Cluster(state, settings, host, (address) => this.#connect(address));
    state.agenda.onWork = () => this.#planEnd();
    this.#heartbeat = clock.every(HEARTBEAT_INTERVAL, () => this.#beat());
    if (!state.agenda.isEmpty) this.#planEnd();
  }

  /** How many connections there are. */
  get links(): number {
    return this.#links.size;
  }

  /** Bytes that wait to be sent, or for the rest of a message (`mem_cluster_links`). */
  get bytes(): number {
    let sum = 0;
    for (const { bufferedBytes, keptBytes } of this.#links) sum += bufferedBytes + keptBytes;
    return sum;
  }

  /** Another node has connected. */
  accept(socket: Socket): void {
    if (this.#isClosed) return socket.close();
    const link = new BusLink(this.#owner, true, () => this.#parts.host.now());
    this.#links.add(link);
    link.use(socket);
  }

  /**
   * Saves what has changed and lets out what was said since the last time. Happens by itself at the end of a turn; who
   * replies to a client for whom something was changed calls it first.
   */
  endTurn(): void {
    this.#turnEnds = false;
    if (this.#isClosed) return;
    try {
      this.cluster.endTurn();
    } catch (error) {
      this.close();
      return this.#parts.failed(error);
    }
    const links = [...this.#withOutput];
    this.#withOutput.clear();
    for (const link of links) link.flush();
  }

  /** Leaves all connections. */
  close(): void {
    this.#isClosed = true;
    this.#heartbeat.cancel();
    for (const link of this.#links) link.close();
    this.#links.clear();
    this.#withOutput.clear();
  }

  #planEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => {
      if (this.#turnEnds) this.endTurn();
    });
  }

  #beat(): void {
    this.cluster.tick();
    const now = this.#parts.host.now();
    for (const link of this.#links) {
      const isStrange = link.isInbound && link.node === null;
      if (isStrange && now - link.readAt > PATIENCE_WITH_STRANGERS) link.close();
      if (link.isClosed) this.#links.delete(link);
    }
  }

  #connect({ ip, busPort }: NodeAddress): BusLink {
    const link = new BusLink(this.#owner, false, () => this.#parts.host.now());
    this.#links.add(link);
    link.open(this.#parts.connect(ip, busPort));
    return link;
  }

  readonly #owner: LinkOwner = {
    isWanted: (_link, claim) => this.#isWanted(claim),
    received: (link, message) => this.#received(link, message),
    connected: (link) => this.cluster.connected(link),
    hasOutput: (link) => {
      this.#withOutput.add(link);
      this.#planEnd();
    },
    lost: (link, reason) => {
      const node = link.node === null ? "a node" : `node ${link.node.id}`,
        { log } = this.#parts.host;
      if (reason instanceof BadMessage) {
        log.warning("Bad message length or signature received from Cluster bus.");
      }
      log.debug(`The cluster bus link with ${node} is lost: ${reason}`);
      this.#links.delete(link);
      this.cluster.disconnected(link);
    },
  };

  /** Whether a message can be long, and is for this node. What strangers say is short. */
  #isWanted({ type, sender, length }: MessageClaim): boolean {
    if (type === MessageType.Publish || type === MessageType.PublishShard) {
      return this.cluster.state.find(sender) !== undefined && length <= LONGEST_PUBLICATION;
    }
    return type < MessageType.PublishShard && type !== MessageType.Module && length <= LONGEST;
  }

  #received(link: BusLink, message: Uint8Array): void {
    try {
      this.cluster.receive(link, message);
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#parts.host.log.debug(
        `A message of the cluster bus from ${link.remoteIp} is ignored: ${error.message}`,
      );
    }
  }
}
