/** The link to a primary, as commands see it. */

/** What REPLICAOF and others act on. */
export interface PrimaryLinkView {
  /** Whether this server is a replica. */
  readonly isReplica: boolean;
  /** Tells the primary how far this replica is. */
  acknowledge(): void;
}
