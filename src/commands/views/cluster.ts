/** A cluster as one of its nodes sees it, and as commands see that node. */

import type { ByteRange } from "../../base/span.ts";

/** Slots from `first` to `last`, both included. */
export interface SlotRangeView {
  readonly first: number;
  readonly last: number;
}

/** A node. */
export interface ClusterNodeView {
  readonly id: string;
  readonly isMyself: boolean;
  readonly isPrimary: boolean;
  readonly isReplica: boolean;
  /** Most primaries have no answer from it. */
  readonly hasFailed: boolean;
  readonly ip: string;
  readonly port: number;
  /** Empty: it has said none. */
  readonly hostname: string;
  readonly configEpoch: bigint;
  readonly slots: { readonly size: number; ranges(): Iterable<SlotRangeView> };
  /** Whose replica it is; null for primaries, and where that is not known. */
  readonly primary: ClusterNodeView | null;
  readonly replicas: readonly ClusterNodeView[];
  /** The connection that this node has made to it. */
  readonly link: object | null;
}

/** A connection between this node and another one. */
export interface ClusterLinkView {
  readonly isInbound: boolean;
  readonly node: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
  readonly bufferedBytes: number;
}

/** How a user has a replica take its primary's place: together with it, without it, or without anybody's consent. */
export type FailoverMode = "default" | "force" | "takeover";

/** The node that this server is, and what it knows. What is changed is on disk before anybody is told. */
export interface ClusterView<Node extends ClusterNodeView = ClusterNodeView> {
  readonly myself: Node;
  /** All nodes, this one and those included which have not said who they are. */
  readonly nodes: Iterable<Node>;
  readonly nodeCount: number;
  find(id: string): Node | undefined;
  /** Who has which slot, by the slots' numbers. */
  readonly owners: readonly (Node | null)[];
  /** How far a node's data is. */
  offsetOf(node: Node): number;
  /** A node's line in CLUSTER NODES. */
  describe(node: Node): string;
  /** What CLUSTER INFO tells. */
  readonly info: readonly (readonly [name: string, value: string | number | bigint])[];
  readonly links: readonly ClusterLinkView[];
  /** What those take, in bytes. */
  readonly linkBytes: number;
  /** How many primaries say that a node does not answer. */
  countFailureReports(node: Node): number;

  /** Gives slots that nobody has to this node. */
  addSlots(slots: readonly number[]): void;
  /** Takes slots from whoever has them. */
  deleteSlots(slots: readonly number[]): void;
  /** A slot of this node is being moved to another one. */
  migrate(slot: number, to: Node): void;
  /** A slot of another node is being moved here. */
  import(slot: number, from: Node): void;
  /** A slot is not being moved. */
  stabilize(slot: number): void;
  /** A slot is a node's from now on. */
  giveSlot(slot: number, to: Node): void;

  /** Takes the node at an address into the cluster. */
  meet(ip: string, port: number, busPort: number): void;
  forget(node: Node): void;
  /** Makes this node a replica. */
  replicate(primary: Node): void;
  /** Has this replica take its primary's place. */
  failover(mode: FailoverMode): void;
  /** Has this node forget the cluster, and where it `isHard` who it was. */
  reset(isHard: boolean): void;
  /** Gives this node the greatest epoch of all; false: it has it. */
  bumpEpoch(): boolean;
  /** Gives this node, which knows no other, an epoch. */
  setEpoch(epoch: bigint): void;
  /** Writes nodes.conf. */
  save(): void;

  /** Tells other nodes' clients what one of this node has published. */
  publish(channel: ByteRange, message: ByteRange, isSharded: boolean): void;
}
