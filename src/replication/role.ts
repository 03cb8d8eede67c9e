/** The server's part in replication, as far as the two halves of this room must know it of each other. */

/** What serving replicas depends on of the link to a primary. */
export interface UpstreamState {
  /** Whether this server is a replica of another one. */
  readonly isReplica: boolean;
  /** Whether it has its primary's data, and follows it. */
  readonly isLinkUp: boolean;
  /** The database that the stream from the primary is in, which an RDB keeps for a resumption. */
  readonly streamDatabase: number;
}

/** What following a primary does to replicas of one's own. */
export interface DownstreamControl {
  /** Closes the connections of all replicas: they come back, and ask for what they lack. */
  disconnectAll(): void;
  /** The history is another one: what was promised for FAILOVER and the like ends. */
  historyChanged(): void;
}
