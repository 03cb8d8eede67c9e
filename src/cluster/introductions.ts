/** How nodes get to know each other, and where they are. */

import { Task } from "./agenda.ts";
import {
  closeLink,
  ClusterNode,
  type NodeAddress,
  NodeFlag,
  type NodeLink,
} from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { GossipEntry, MessageHeader } from "./message.ts";
import type { MyRole } from "./my_role.ts";

/** What others may say of a node that this one does not know. */
const BELIEVED_FLAGS = NodeFlag.Primary | NodeFlag.Replica | NodeFlag.Pfail | NodeFlag.Fail |
  NodeFlag.MigrateTo | NodeFlag.NoFailover;

/** With so many strangers at once this node tries to get to know them. */
const MOST_HANDSHAKES = 1000;

/** Lets nodes into the cluster's state, and keeps their addresses true. */
export class Introductions {
  readonly #parts: ClusterParts;
  readonly #role: MyRole;

  constructor(parts: ClusterParts, role: MyRole) {
    this.#parts = parts;
    this.#role = role;
  }

  /** A user wants to have the node at an address in the cluster; returns whether that is not under way already. */
  meet(address: NodeAddress): boolean {
    if (this.#inHandshake().some((node) => node.isAt(address))) return false;
    this.#add(this.#parts.host.newId(), NodeFlag.Handshake | NodeFlag.Meet, address);
    return true;
  }

  /** A node that nobody knows has said MEET. */
  wasMet({ address }: MessageHeader, link: NodeLink): void {
    const { state, host } = this.#parts, seen = seenAddress(address, link);
    const others = this.#inHandshake();
    // Whoever reaches the bus can say MEET, as often as they like.
    if (others.length >= MOST_HANDSHAKES || others.some((node) => node.isAt(seen))) return;
    this.#add(host.newId(), NodeFlag.Handshake, seen);
    state.agenda.add(Task.Save);
  }

  /** A node of the cluster has spoken of one that this node does not know. */
  heardOf({ id, address, flags }: GossipEntry): void {
    const { state, host } = this.#parts;
    if ((flags & NodeFlag.NoAddress) !== 0 || state.forgotten.has(id, host.now())) return;
    const node = this.#add(id, flags & BELIEVED_FLAGS, address);
    if (node.hasFailed) node.failedAt = host.now();
  }

  #inHandshake(): ClusterNode[] {
    return [...this.#parts.state.nodes.values()].filter((node) => node.isInHandshake);
  }

  #add(id: string, flags: number, address: NodeAddress): ClusterNode {
    const { state, host } = this.#parts;
    const node = new ClusterNode(id, flags, host.now());
    node.moveTo(address);
    state.add(node);
    return node;
  }

  /**
   * The node to which this one has made a link has said who it is; returns whether the link goes on. `known` is the
   * node that has that id already.
   */
  identified(link: NodeLink, header: MessageHeader, known: ClusterNode | undefined): boolean {
    const { state, host } = this.#parts, { node } = link;
    if (node === null) return false;
    if (!node.isInHandshake) {
      if (node.id === header.sender) return true;
      // Somebody else is there now.
      host.log.debug(`PONG contains mismatching sender ID. About node ${node.id}`);
      node.flags |= NodeFlag.NoAddress;
      node.moveTo({ ip: "", port: 0, plainPort: 0, busPort: 0 });
      closeLink(link);
      state.agenda.add(Task.Save);
      return false;
    }
    if (known !== undefined) {
      host.log.verbose(
        `Handshake: we already know node ${known.id}, updating the address if needed.`,
      );
      if (!known.isMyself) this.updateAddress(known, link, header);
      state.remove(node);
      return false;
    }
    state.rename(node, header.sender);
    host.log.debug(`Handshake with node ${node.id} completed.`);
    node.flags &= ~(NodeFlag.Handshake | NodeFlag.Meet);
    node.flags |= header.flags & (NodeFlag.Primary | NodeFlag.Replica);
    state.agenda.add(Task.Save);
    return true;
  }

  /** A node speaks from an address, over a link that is not the one to where it was. */
  updateAddress(node: ClusterNode, link: NodeLink, { address }: MessageHeader): void {
    const { state, host } = this.#parts;
    if (link === node.link) return;
    const seen = seenAddress(address, link);
    const isSame = node.isAt(seen) && node.plainPort === seen.plainPort;
    if (isSame) return;
    node.moveTo(seen);
    closeLink(node.link);
    node.flags &= ~NodeFlag.NoAddress;
    host.log.warning(`Address updated for node ${node.id}, now ${node.ip}:${node.port}`);
    if (state.myself.primary === node) this.#role.follow(node);
    state.agenda.add(Task.Save | Task.Status);
  }
}

/** Where a node is: where it says, or where its connection comes from. */
function seenAddress(address: NodeAddress, { remoteIp }: NodeLink): NodeAddress {
  return { ...address, ip: address.ip || remoteIp };
}
