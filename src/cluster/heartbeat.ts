/** What a node does ten times a second: it asks others whether they are there. */

import { Task } from "./agenda.ts";
import { closeLink, type ClusterNode, NodeFlag, type NodeLink } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { Failures } from "./failures.ts";
import { MessageType } from "./message.ts";

/** How often it is to be called, in ms. */
export const HEARTBEAT_INTERVAL = 100;
/** Every so many times one node is asked by chance: that which was heard of longest ago among a few. */
const BEATS_PER_RANDOM_PING = 10, RANDOM_CHOICES = 5;
/** Nodes that don't say who they are are given up after the node timeout, or this if it is more; in ms. */
const LEAST_HANDSHAKE_TIME = 1000;

/** Asks, and notices who does not answer. */
export class Heartbeat {
  /** How many links were closed because too much waited to be sent. */
  linksOverLimit = 0;
  readonly #parts: ClusterParts;
  readonly #failures: Failures;
  #beats = 0;

  constructor(parts: ClusterParts, failures: Failures) {
    this.#parts = parts;
    this.#failures = failures;
  }

  /** To be called every `HEARTBEAT_INTERVAL`. */
  beat(): void {
    const { state } = this.#parts;
    for (const node of [...state.nodes.values()]) this.#keepLink(node);
    if (++this.#beats % BEATS_PER_RANDOM_PING === 0) this.#pingAny();
    for (const node of state.nodes.values()) {
      if (!node.is(NodeFlag.Myself | NodeFlag.NoAddress | NodeFlag.Handshake)) this.#look(node);
    }
  }

  /** A link has been made: the first message makes it known, or asks whether the node is there. */
  connected(link: NodeLink): void {
    const { node } = link;
    if (node === null) return;
    const since = node.pingSentAt;
    const type = node.is(NodeFlag.Meet) ? MessageType.Meet : MessageType.Ping;
    this.#parts.messenger.ping(link, type);
    // Its time runs from the first PING that had no answer, over whichever link.
    if (since !== 0) node.pingSentAt = since;
    node.flags &= ~NodeFlag.Meet;
  }

  get #timeout(): number {
    return this.#parts.settings["cluster-node-timeout"];
  }

  #keepLink(node: ClusterNode): void {
    const { state, host, connect } = this.#parts;
    if (node.is(NodeFlag.Myself | NodeFlag.NoAddress)) return;
    this.#closeOverLimit(node.link);
    this.#closeOverLimit(node.inboundLink);
    const patience = Math.max(this.#timeout, LEAST_HANDSHAKE_TIME);
    if (node.isInHandshake && host.now() - node.createdAt > patience) return state.remove(node);
    if (node.link !== null) return;
    node.link = connect(node);
    node.link.node = node;
  }

  #closeOverLimit(link: NodeLink | null): void {
    const limit = this.#parts.settings["cluster-link-sendbuf-limit"];
    if (link === null || limit === 0 || link.bufferedBytes <= limit) return;
    this.#parts.host.log.warning(
      `Freeing outgoing cluster bus link, as it has ${link.bufferedBytes} bytes to send ` +
        `and may have ${limit}`,
    );
    closeLink(link);
    this.linksOverLimit++;
  }

  /** Asks one of a few nodes. */
  #pingAny(): void {
    const { state, host, messenger } = this.#parts, nodes = [...state.nodes.values()];
    let oldest: ClusterNode | undefined;
    for (let i = 0; i < RANDOM_CHOICES; i++) {
      const node = nodes[host.below(nodes.length)];
      if (node.link === null || node.pingSentAt !== 0) continue;
      if (node.is(NodeFlag.Myself | NodeFlag.Handshake)) continue;
      if (oldest === undefined || node.pongReceivedAt < oldest.pongReceivedAt) oldest = node;
    }
    if (oldest?.link) messenger.ping(oldest.link, MessageType.Ping);
  }

  /** Asks a node that was not heard of for a while, and notices where it does not answer. */
  #look(node: ClusterNode): void {
    const { host, state, messenger, manualFailover } = this.#parts;
    const now = host.now(), half = this.#timeout / 2, { pingSentAt } = node;
    const silence = Math.min(now - pingSentAt, now - node.dataReceivedAt);
    const isOld = node.link !== null && now - node.link.createdAt > this.#timeout;
    // The connection may be what does not work: this one alone, where the node can be heard over its own.
    const isStuck = silence > half || now - pingSentAt > this.#timeout;
    if (isOld && pingSentAt !== 0 && isStuck) closeLink(node.link);
    if (node.link !== null) {
      // Primaries don't rely on what others have heard of each other: see `Voting`.
      const heardAt = isDecider(node) && isDecider(state.myself)
        ? Math.min(node.pongReceivedAt, node.heardOfMeAt)
        : node.pongReceivedAt;
      const isQuiet = pingSentAt === 0 && now - heardAt > half;
      if (isQuiet || manualFailover.isFor(node)) {
        return messenger.ping(node.link, MessageType.Ping);
      }
    }
    if (pingSentAt === 0 || silence <= this.#timeout) return;
    if (this.#failures.suspect(node)) state.agenda.add(Task.Status);
  }
}

function isDecider(node: ClusterNode): boolean {
  return node.isPrimary && node.slots.size > 0;
}
