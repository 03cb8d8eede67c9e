/** What nodes say to each other on the bus. */

import type { NodeAddress } from "./cluster_node.ts";

/** The kinds of messages, by the numbers that they have on the bus. */
export const MessageType = {
  Ping: 0,
  Pong: 1,
  /** A PING of a node that the other one is to take into its cluster. */
  Meet: 2,
  /** Most primaries find that a node has failed. */
  Fail: 3,
  Publish: 4,
  FailoverAuthRequest: 5,
  FailoverAuthAck: 6,
  /** Somebody has other slots than the receiver has said. */
  Update: 7,
  /** A replica asks its primary to be replaced by it. */
  MfStart: 8,
  /** What modules say; nodes without modules take no notice. */
  Module: 9,
  PublishShard: 10,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** The names that CLUSTER INFO has for them, by number. */
export const MESSAGE_NAMES: readonly string[] = [
  ...["ping", "pong", "meet", "fail", "publish", "auth-req", "auth-ack", "update", "mfstart"],
  ...["module", "publishshard"],
];

/** What each message says of the node that sends it. */
export interface MessageHeader {
  /** The sender's id. */
  readonly sender: string;
  readonly currentEpoch: bigint;
  /** The epoch of the slots: of a replica, that of its primary's. */
  readonly configEpoch: bigint;
  /** How far its data is. */
  readonly offset: number;
  /** The slots that it serves, or its primary does: a bitmap as `SlotSet` has it. */
  readonly slots: Uint8Array;
  /** Whose replica it is; null: nobody's. */
  readonly primary: string | null;
  /** Its address. An empty IP is the one that the connection comes from. */
  readonly address: NodeAddress;
  /** See `NodeFlag`. */
  readonly flags: number;
  /** Whether the cluster can be used, as it sees it. */
  readonly isOk: boolean;
  /** It is a primary that has stopped taking writes, for a replica to take its place. */
  readonly isPaused: boolean;
  /** It asks for votes although its primary works. */
  readonly forcesVote: boolean;
}

/** What one node says of another one. */
export interface GossipEntry {
  readonly id: string;
  /** In s since the epoch. */
  readonly pingSent: number;
  readonly pongReceived: number;
  readonly address: NodeAddress;
  /** See `NodeFlag`. */
  readonly flags: number;
}

/** What a PING, PONG or MEET has beside the header. */
export interface PingBody {
  readonly type: typeof MessageType.Ping | typeof MessageType.Pong | typeof MessageType.Meet;
  readonly gossip: readonly GossipEntry[];
  /** What the sender wants to be called; empty: nothing in particular. */
  readonly hostname: string;
}

/** A node has failed. */
export interface FailBody {
  readonly type: typeof MessageType.Fail;
  readonly failed: string;
}

/** Something was published, to all nodes or to those of one shard. */
export interface PublishBody {
  readonly type: typeof MessageType.Publish | typeof MessageType.PublishShard;
  /** They may be part of what was read: who keeps them copies them. */
  readonly channel: Uint8Array;
  readonly message: Uint8Array;
}

/** Which slots a node has, and since which epoch. */
export interface UpdateBody {
  readonly type: typeof MessageType.Update;
  readonly configEpoch: bigint;
  readonly node: string;
  readonly slots: Uint8Array;
}

/** What needs nothing beside the header. */
export interface PlainBody {
  readonly type:
    | typeof MessageType.FailoverAuthRequest
    | typeof MessageType.FailoverAuthAck
    | typeof MessageType.MfStart
    | typeof MessageType.Module;
}

export type MessageBody = PingBody | FailBody | PublishBody | UpdateBody | PlainBody;

/** A message. */
export interface Message {
  readonly header: MessageHeader;
  readonly body: MessageBody;
}
