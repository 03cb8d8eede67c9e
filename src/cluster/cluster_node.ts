/** A node of the cluster, as this one knows it. */

import { FailureReports } from "./failure_reports.ts";
import { SlotSet } from "./slot_set.ts";

/** What a node is, and how it is: bits that the bus sends as they are. */
export const NodeFlag = {
  Primary: 1 << 0,
  Replica: 1 << 1,
  /** This node has no answer from it. */
  Pfail: 1 << 2,
  /** Most primaries have none. */
  Fail: 1 << 3,
  Myself: 1 << 4,
  /** It has not said its id yet; the one that it has is made up. */
  Handshake: 1 << 5,
  /** Nobody knows where it is. */
  NoAddress: 1 << 6,
  /** The first message to it is a MEET. */
  Meet: 1 << 7,
  /** A primary that has, or had, replicas: where it has none, others' may come to it. */
  MigrateTo: 1 << 8,
  /** A replica that does not try to take its primary's place by itself. */
  NoFailover: 1 << 9,
} as const;

/** Whether a text can be a node's id. */
export function isNodeId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** Where a node is. */
export interface NodeAddress {
  /** Empty: unknown. */
  readonly ip: string;
  /** For clients; with TLS, where the bus has TLS. */
  readonly port: number;
  /** For clients without TLS, where `port` is one with TLS; else 0. */
  readonly plainPort: number;
  readonly busPort: number;
}

/** A connection between this node and another one, as what happens in the cluster sees it. */
export interface NodeLink {
  /** In ms since the epoch. */
  readonly createdAt: number;
  /** Whether the other one has made it. */
  readonly isInbound: boolean;
  /** The addresses of both ends, without ports. */
  readonly remoteIp: string;
  readonly localIp: string;
  /** Which node is at the other end; null: that is not known yet. */
  node: ClusterNode | null;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /**
   * Sends a message, once the turn has ended and all that was changed in it is on disk. Where the connection is
   * still being made, it waits.
   */
  send(message: Uint8Array): void;
  /** Closes it: nothing comes from it any more. `closeLink` also has its node forget it. */
  close(): void;
}

/** A node. Times are in ms since the epoch; 0: never. */
export class ClusterNode implements NodeAddress {
  /** 40 hexadecimal digits. Only `ClusterState.rename` changes it. */
  id: string;
  flags: number;
  readonly createdAt: number;
  /** The epoch in which it was given its slots: of two nodes with a slot, the later epoch has it. */
  configEpoch = 0n;
  /** To be changed through `ClusterState` alone. */
  readonly slots: SlotSet = new SlotSet();
  /** Whose replica it is; null for primaries, and where that is not known. */
  primary: ClusterNode | null = null;
  /** To be changed through `ClusterState` alone. */
  readonly replicas: ClusterNode[] = [];
  ip = "";
  port = 0;
  plainPort = 0;
  busPort = 0;
  /** What it wants to be called; empty: it has not said. */
  hostname = "";
  /** When the oldest PING was sent that has no answer. */
  pingSentAt = 0;
  pongReceivedAt = 0;
  /** When anything came from it. */
  dataReceivedAt = 0;
  /** When this node last sent it a PING that it answered: it has surely heard of this node since. */
  heardOfMeAt = 0;
  /** When it was found to have failed. */
  failedAt = 0;
  /** When this node last voted for one of its replicas. */
  votedAt = 0;
  /** Since when it has been without a replica that works. */
  orphanedAt = 0;
  /** How far its data is, as it said last, and when that was. */
  offset = 0;
  offsetAt = 0;
  /** The connection that this node has made. */
  link: NodeLink | null = null;
  /** The one that the other node has made. */
  inboundLink: NodeLink | null = null;
  /** Which primaries say that it does not answer. */
  readonly failureReports: FailureReports = new FailureReports();

  constructor(id: string, flags: number, createdAt: number) {
    this.id = id;
    this.flags = flags;
    this.createdAt = createdAt;
  }

  /** Whether it has any of the flags. */
  is(flags: number): boolean {
    return (this.flags & flags) !== 0;
  }

  get isMyself(): boolean {
    return this.is(NodeFlag.Myself);
  }

  get isPrimary(): boolean {
    return this.is(NodeFlag.Primary);
  }

  get isReplica(): boolean {
    return this.is(NodeFlag.Replica);
  }

  /** Whether this node has no answer from it, and nobody has said that it failed. */
  get isMaybeFailing(): boolean {
    return this.is(NodeFlag.Pfail);
  }

  get hasFailed(): boolean {
    return this.is(NodeFlag.Fail);
  }

  get isInHandshake(): boolean {
    return this.is(NodeFlag.Handshake);
  }

  get hasAddress(): boolean {
    return !this.is(NodeFlag.NoAddress);
  }

  /** Whose slots it serves: its own as a primary, its primary's as a replica. Null where that is unknown. */
  get servedPrimary(): ClusterNode | null {
    return this.isPrimary ? this : this.primary;
  }

  /** Takes an address over. */
  moveTo({ ip, port, plainPort, busPort }: NodeAddress): void {
    this.ip = ip;
    this.port = port;
    this.plainPort = plainPort;
    this.busPort = busPort;
  }

  /** Whether it is where an address says; the port without TLS does not count. */
  isAt({ ip, port, busPort }: NodeAddress): boolean {
    return this.ip.toLowerCase() === ip.toLowerCase() && this.port === port &&
      this.busPort === busPort;
  }

  /** How many of its replicas answer. */
  get workingReplicas(): number {
    return this.replicas.filter((node) => !node.is(NodeFlag.Fail | NodeFlag.Pfail)).length;
  }
}

/** Closes a connection, of which its node knows nothing any more; null: there is none. */
export function closeLink(link: NodeLink | null): void {
  if (link === null) return;
  const { node } = link;
  if (node?.link === link) node.link = null;
  if (node?.inboundLink === link) node.inboundLink = null;
  link.node = null;
  link.close();
}
