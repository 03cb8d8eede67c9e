/** What the cluster needs of the server that is its node. Replication and the network stand above this room. */

import type { Log } from "../observe/log.ts";
import type { NodeAddress } from "./cluster_node.ts";

/** The server's replication. */
export interface ClusterReplication {
  /** How far the data is: that of a primary, or as a replica what has been taken over. */
  readonly offset: number;
  /** Whether the server follows a primary. */
  readonly isReplica: boolean;
  /**
   * How old a replica's data can be, in ms: since the primary was last heard of where there is a link, since
   * there was one where not, Infinity where there was none.
   */
  readonly dataAge: number;
  /** Follows a primary from now on. */
  follow(ip: string, port: number): void;
  /** Follows nobody from now on. */
  becomePrimary(): void;
}

/** The server's keys. */
export interface ClusterKeys {
  /** Whether a slot has any. */
  has(slot: number): boolean;
  /** Deletes those of a slot that another node has now. */
  deleteSlot(slot: number): void;
  /** Deletes all. */
  deleteAll(): void;
}

/** The node's server. */
export interface ClusterHost {
  readonly replication: ClusterReplication;
  readonly keys: ClusterKeys;
  readonly log: Pick<Log, "debug" | "verbose" | "notice" | "warning">;
  /** The ports that it listens on; see `NodeAddress`. */
  readonly ports: Omit<NodeAddress, "ip">;
  /** Ms since the epoch. */
  now(): number;
  /** A random whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  /** A name that nobody else has: 40 hexadecimal digits. */
  newId(): string;
  /** Takes no writes until then (ms since the epoch), or until `resumeWrites`. */
  pauseWrites(until: number): void;
  resumeWrites(): void;
  /** Another node's client has published something; the bytes are valid during the call. */
  published(channel: Uint8Array, message: Uint8Array, isSharded: boolean): void;
  /** Replaces nodes.conf; see `NodesFile.write`. Where it throws, nothing of what the turn has said may leave. */
  save(text: string, isFinal: boolean): void;
}
