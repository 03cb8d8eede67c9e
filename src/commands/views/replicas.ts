/** The replicas that follow this server, as commands see them. */

import type { ClientView } from "./client.ts";
import type { WaitLimit } from "./blocking.ts";

/** What a replica says that it can take (REPLCONF CAPA). */
export type ReplicaCapability = "eof" | "psync2";

/** What a replica says of itself before it asks for the data. */
export interface ReplicaSettings {
  /** The port that it listens on; 0: it did not say. */
  listeningPort: number;
  /** The address that it is to be shown with; empty: that of its connection. */
  address: string;
  readonly capabilities: Set<ReplicaCapability>;
  /** Whether it wants the data alone, and not the changes that come afterwards. */
  rdbOnly: boolean;
  /** What of the data it does not want. */
  leavesOutKeys: boolean;
  leavesOutFunctions: boolean;
}

/** What PSYNC asks for. */
export interface SyncRequest {
  /** The history that the replica has; `?`: none. Null for SYNC, which knows no histories. */
  readonly history: string | null;
  /** The number of the first byte that it lacks. */
  readonly offset: number | bigint;
}

/** A replica, for ROLE. */
export interface ReplicaLine {
  readonly address: string;
  readonly port: number;
  readonly offset: number;
}

/** FAILOVER's options. */
export interface FailoverOptions {
  /** The replica that is to take over; null: the first one that has everything. */
  readonly target: { readonly host: string; readonly port: number } | null;
  /** Whether the target takes over when time is up, though it lacks something. */
  readonly force: boolean;
  /** In ms; null: for ever. */
  readonly timeout: number | null;
}

/** What PSYNC, SYNC, REPLCONF, WAIT, ROLE and FAILOVER act on. */
export interface ReplicasView {
  /** What a client has said of itself with REPLCONF. */
  settingsOf(client: ClientView): ReplicaSettings;
  /** The client becomes a replica, and is sent what it lacks. Throws `ReplyError`. */
  sync(client: ClientView, request: SyncRequest): void;
  /** A replica has the changes up to an offset. Nothing for others. */
  acknowledged(client: ClientView, offset: number | bigint): void;
  /** How many changes there have been, in bytes. */
  readonly offset: number;
  /** How many replicas have what a client changed last. */
  countOf(client: ClientView): number;
  /** Has a client wait until so many replicas have that; `reply` writes how many do. */
  waitFor(client: ClientView, wanted: number | bigint, limit: WaitLimit): void;
  /** The replicas that follow, in the order in which they came. */
  readonly lines: readonly ReplicaLine[];
}

/** What FAILOVER acts on. */
export interface FailoverView {
  readonly isUnderWay: boolean;
  /** Begins. Throws `ReplyError`. */
  begin(options: FailoverOptions): void;
  /** Gives it up; false: none is in progress. */
  abort(): boolean;
  /** This replica is asked to take the place of its primary, whose history it names. Throws `ReplyError`. */
  takeOver(history: string): void;
}
