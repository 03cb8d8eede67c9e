/** The server's link to its primary, as REPLICAOF, ROLE and others see it. */

/** Where a primary is. */
export interface PrimaryPlace {
  readonly host: string;
  readonly port: number;
}

/** How far the link to a primary is, in the words of ROLE. */
export type LinkState = "none" | "connect" | "connecting" | "handshake" | "sync" | "connected";

/** What commands see and do of the link to the primary. */
export interface PrimaryLinkView {
  /** The primary that this server is a replica of; null: none. */
  readonly primary: PrimaryPlace | null;
  /** Whether there is one. */
  readonly isReplica: boolean;
  readonly state: LinkState;
  /** How much of the primary's stream has been applied; -1: there is no link. */
  readonly appliedOffset: number;
  /** Becomes the replica of another server. */
  follow(host: string, port: number): void;
  /** Is no replica any more. */
  standAlone(): void;
  /** Tells the primary how far this server is (REPLCONF GETACK). */
  acknowledge(): void;
}
