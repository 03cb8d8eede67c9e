/** What each message does. */

import { Task } from "./agenda.ts";
import { closeLink, type ClusterNode, NodeFlag, type NodeLink } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { Election } from "./election.ts";
import { resolveCollision } from "./epoch_collision.ts";
import type { Failures } from "./failures.ts";
import type { Gossip } from "./gossip.ts";
import type { Introductions } from "./introductions.ts";
import {
  type FailBody,
  type Message,
  MESSAGE_NAMES,
  type MessageHeader,
  MessageType,
  type PingBody,
  type UpdateBody,
} from "./message.ts";
import type { MyAddress } from "./my_address.ts";
import type { SlotClaims } from "./slot_claims.ts";
import { haveSameSlots } from "./slot_set.ts";
import type { Voting } from "./voting.ts";

/** Those that messages are about. */
export interface MessageHandlerParts extends ClusterParts {
  readonly address: MyAddress;
  readonly introductions: Introductions;
  readonly failures: Failures;
  readonly gossip: Gossip;
  readonly claims: SlotClaims;
  readonly election: Election;
  readonly voting: Voting;
}

/** Takes messages in. */
export class MessageHandler {
  /** How many messages have come, by type. */
  readonly received: number[] = new Array(MESSAGE_NAMES.length).fill(0);
  readonly #parts: MessageHandlerParts;

  constructor(parts: MessageHandlerParts) {
    this.#parts = parts;
  }

  /** A message has come. */
  handle(link: NodeLink, { header, body }: Message): void {
    const { state, host, election, voting } = this.#parts;
    this.received[body.type]++;
    const sender = state.find(header.sender);
    if (sender !== undefined) this.#heardFrom(sender, link, header);
    switch (body.type) {
      case MessageType.Ping:
      case MessageType.Pong:
      case MessageType.Meet:
        return this.#ping(sender, link, header, body);
      case MessageType.Fail:
        return this.#fail(sender, header, body);
      case MessageType.Module:
        return;
    }
    // The others are for those who know each other.
    if (sender === undefined || sender.isMyself) return;
    switch (body.type) {
      case MessageType.Publish:
      case MessageType.PublishShard:
        return host.published(body.channel, body.message, body.type === MessageType.PublishShard);
      case MessageType.FailoverAuthRequest:
        return voting.asked(sender, header);
      case MessageType.FailoverAuthAck:
        return election.voted(sender, header.currentEpoch);
      case MessageType.MfStart:
        return this.#startManualFailover(sender);
      case MessageType.Update:
        return this.#update(body);
    }
  }

  /** What every message says of a node that is known. */
  #heardFrom(sender: ClusterNode, link: NodeLink, header: MessageHeader): void {
    const { state, host, manualFailover } = this.#parts;
    sender.dataReceivedAt = host.now();
    if (sender.is(NodeFlag.Handshake | NodeFlag.Myself)) return;
    if (link.isInbound && link.node !== sender) {
      // The node has made another link, and the old one may be dead without a sign.
      if (sender.inboundLink !== link) closeLink(sender.inboundLink);
      if (link.node?.inboundLink === link) link.node.inboundLink = null;
      link.node = sender;
      sender.inboundLink = link;
    }
    if (header.currentEpoch > state.currentEpoch) state.currentEpoch = header.currentEpoch;
    if (header.configEpoch > sender.configEpoch) {
      sender.configEpoch = header.configEpoch;
      state.agenda.add(Task.Save | Task.Sync);
    }
    sender.offset = header.offset;
    sender.offsetAt = host.now();
    if (header.isPaused && state.myself.primary === sender) {
      manualFailover.primaryPaused(header.offset);
    }
  }

  #ping(
    sender: ClusterNode | undefined,
    link: NodeLink,
    header: MessageHeader,
    body: PingBody,
  ): void {
    const { state, messenger, introductions, address } = this.#parts;
    const { myself } = state;
    if (body.type !== MessageType.Pong) {
      const shows = body.type === MessageType.Meet || myself.ip === "";
      if (shows && address.wasReachedAt(link.localIp)) {
        this.#parts.host.log.notice(`IP address for this node updated to ${myself.ip}`);
        state.agenda.add(Task.Save);
      }
      if (sender === undefined && body.type === MessageType.Meet) {
        introductions.wasMet(header, link);
      }
      messenger.ping(link, MessageType.Pong);
    }
    if (!link.isInbound && !introductions.identified(link, header, sender)) return;
    if (sender !== undefined && !sender.isMyself) this.#news(sender, link, header, body);
    if (!link.isInbound && body.type === MessageType.Pong && link.node !== null) {
      this.#answered(link.node);
    }
    if (sender !== undefined && !sender.isMyself) this.#configuration(sender, link, header, body);
  }

  /** What a node says of itself. */
  #news(sender: ClusterNode, link: NodeLink, header: MessageHeader, body: PingBody): void {
    sender.flags = sender.flags & ~NodeFlag.NoFailover | header.flags & NodeFlag.NoFailover;
    if (body.type === MessageType.Ping && !sender.isInHandshake) {
      this.#parts.introductions.updateAddress(sender, link, header);
    }
  }

  #answered(node: ClusterNode): void {
    node.pongReceivedAt = this.#parts.host.now();
    if (node.pingSentAt !== 0) node.heardOfMeAt = node.pingSentAt;
    node.pingSentAt = 0;
    this.#parts.failures.answered(node);
  }

  /** Whose replica a node is, which slots it has, and what it says of others. */
  #configuration(
    sender: ClusterNode,
    link: NodeLink,
    header: MessageHeader,
    body: PingBody,
  ): void {
    const { state, claims, gossip } = this.#parts;
    this.#role(sender, header.primary);
    const primary = sender.servedPrimary;
    const isNews = primary !== null && !haveSameSlots(primary.slots.bytes, header.slots);
    if (isNews || state.unclaimed.size > 0) {
      if (sender.isPrimary) claims.heard(sender, header);
      claims.contradict(sender, link, header);
    }
    if (sender.isPrimary && header.configEpoch === state.myself.configEpoch) {
      resolveCollision(this.#parts, sender);
    }
    gossip.heard(sender, body.gossip);
    sender.hostname = body.hostname;
  }

  #role(sender: ClusterNode, primaryId: string | null): void {
    const { state } = this.#parts;
    if (primaryId === null) return state.becomePrimary(sender);
    if (sender.isPrimary) state.becomeReplica(sender);
    const primary = state.find(primaryId);
    if (primary !== undefined && primary !== sender) state.follow(sender, primary);
  }

  #fail(
    sender: ClusterNode | undefined,
    { sender: id }: MessageHeader,
    { failed }: FailBody,
  ): void {
    const { state, host, failures } = this.#parts;
    const node = state.find(failed);
    if (sender !== undefined && node !== undefined) return failures.told(node, sender);
    host.log.notice(`Ignoring FAIL message from unknown node ${id} about ${failed}`);
  }

  #startManualFailover(sender: ClusterNode): void {
    const { state, messenger, manualFailover } = this.#parts;
    if (sender.primary !== state.myself) return;
    manualFailover.serve(sender);
    // It says how far this node's data is.
    if (sender.link !== null) messenger.ping(sender.link, MessageType.Ping);
  }

  #update({ node: id, configEpoch, slots }: UpdateBody): void {
    const { state, claims } = this.#parts, node = state.find(id);
    if (node === undefined || node.configEpoch >= configEpoch) return;
    if (node.isMyself) return;
    state.becomePrimary(node);
    node.configEpoch = configEpoch;
    state.agenda.add(Task.Save | Task.Sync);
    claims.claim(node, configEpoch, slots);
  }
}
