/** What this node says to others. */

import type { ClusterHost } from "./cluster_host.ts";
import { type ClusterNode, NodeFlag, type NodeLink } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ClusterState } from "./cluster_state.ts";
import { chooseGossip } from "./gossip_choice.ts";
import type { ManualFailover } from "./manual_failover.ts";
import {
  MESSAGE_NAMES,
  type MessageBody,
  type MessageHeader,
  MessageType,
  type PingBody,
} from "./message.ts";
import { encodeMessage } from "./message_encoder.ts";
import { announcedAddress } from "./my_address.ts";

/** Sends messages, each to one link or to all nodes. */
export class Messenger {
  /** How many messages were sent, by type. */
  readonly sent: number[] = new Array(MESSAGE_NAMES.length).fill(0);
  readonly #state: ClusterState;
  readonly #settings: ClusterSettings;
  readonly #host: ClusterHost;
  readonly #manualFailover: ManualFailover;

  constructor(
    state: ClusterState,
    settings: ClusterSettings,
    host: ClusterHost,
    manualFailover: ManualFailover,
  ) {
    this.#state = state;
    this.#settings = settings;
    this.#host = host;
    this.#manualFailover = manualFailover;
  }

  /** A PING, PONG or MEET. From the first PING on that has no answer, a node's time runs. */
  ping(link: NodeLink, type: PingBody["type"]): void {
    const { node } = link;
    if (!link.isInbound && type === MessageType.Ping && node !== null) {
      node.pingSentAt = this.#host.now();
    }
    const gossip = chooseGossip(this.#state, (limit) => this.#host.below(limit));
    this.#send(link, { type, gossip, hostname: this.#state.myself.hostname });
  }

  /** Tells all of a change in this node at once, where a PING would tell them later. */
  pongAll(): void {
    for (const { link } of this.#others()) if (link !== null) this.ping(link, MessageType.Pong);
  }

  /** The same, to the replicas of the same primary. */
  pongReplicas(): void {
    const { myself } = this.#state;
    for (const { link, primary } of this.#others()) {
      const isOurs = primary !== null && (primary === myself || primary === myself.primary);
      if (link !== null && isOurs) this.ping(link, MessageType.Pong);
    }
  }

  /** A node has failed. */
  fail(node: ClusterNode): void {
    this.#broadcast({ type: MessageType.Fail, failed: node.id });
  }

  /** Asks for votes; `isForced`: although the primary works. */
  requestVotes(isForced: boolean): void {
    this.#broadcast({ type: MessageType.FailoverAuthRequest }, isForced);
  }

  /** Gives a node this one's vote. */
  vote(node: ClusterNode): void {
    this.#sendTo(node, { type: MessageType.FailoverAuthAck });
  }

  /** Tells who is at the end of a link which slots a node has. */
  update(link: NodeLink, { id, configEpoch, slots }: ClusterNode): void {
    const { unclaimed } = this.#state;
    const sure = slots.bytes.map((bits, i) => bits & ~unclaimed.bytes[i]);
    this.#send(link, { type: MessageType.Update, configEpoch, node: id, slots: sure });
  }

  /** Asks a primary to take no writes, as this replica is to take its place. */
  startManualFailover(primary: ClusterNode): void {
    this.#sendTo(primary, { type: MessageType.MfStart });
  }

  /** Passes on what a client has published: to all nodes, or to those of this node's shard. */
  publish(channel: Uint8Array, message: Uint8Array, isSharded: boolean): void {
    const body = {
      ...{ channel, message },
      type: isSharded ? MessageType.PublishShard : MessageType.Publish,
    };
    this.#broadcast(body, false, isSharded ? (node) => this.#isOfMyShard(node) : undefined);
  }

  #isOfMyShard({ servedPrimary }: ClusterNode): boolean {
    return servedPrimary !== null && servedPrimary === this.#state.myPrimary;
  }

  #others(): ClusterNode[] {
    const others: ClusterNode[] = [];
    for (const node of this.#state.nodes.values()) {
      if (!node.is(NodeFlag.Myself | NodeFlag.Handshake)) others.push(node);
    }
    return others;
  }

  #broadcast(
    body: MessageBody,
    forcesVote = false,
    isFor: (node: ClusterNode) => boolean = () => true,
  ): void {
    let bytes: Uint8Array | undefined;
    for (const node of this.#others()) {
      if (node.link === null || !isFor(node)) continue;
      bytes ??= this.#encode(body, forcesVote);
      this.#sendBytes(node.link, body, bytes);
    }
  }

  #sendTo(node: ClusterNode, body: MessageBody): void {
    if (node.link !== null) this.#send(node.link, body);
  }

  #send(link: NodeLink, body: MessageBody): void {
    this.#sendBytes(link, body, this.#encode(body, false));
  }

  #sendBytes(link: NodeLink, { type }: MessageBody, bytes: Uint8Array): void {
    this.sent[type]++;
    link.send(bytes);
  }

  #encode(body: MessageBody, forcesVote: boolean): Uint8Array {
    return encodeMessage({ header: this.#header(forcesVote), body });
  }

  #header(forcesVote: boolean): MessageHeader {
    const { myself, currentEpoch, isOk } = this.#state;
    const { configEpoch, slots } = myself.primary ?? myself;
    return {
      ...{ sender: myself.id, currentEpoch, configEpoch, slots: slots.bytes },
      offset: this.#host.replication.offset,
      primary: myself.primary?.id ?? null,
      address: announcedAddress(this.#settings, this.#host.ports),
      ...{ flags: myself.flags, isOk, forcesVote },
      isPaused: this.#manualFailover.isPausing,
    };
  }
}
