/** The rules of admission, as bits: the lower bit is asked first, in the reference's order. */

/**
 * Each rule's bit. What is still to come has its place in the reference's order: the cluster's redirection
 * behind `Access`; enough good replicas, then the role, behind `Disk`; a replica's stale data before `Loading`.
 */
export const Rule = {
  /** A command that the configuration allows to nobody, or to local clients alone. */
  Protected: 1 << 0,
  /** The client has not authenticated. */
  Authentication: 1 << 1,
  /** What may not stand between MULTI and EXEC. */
  Transaction: 1 << 2,
  /** What scripts may not call. */
  NoScript: 1 << 3,
  /** The user's rights (ACL). */
  Access: 1 << 4,
  /** A script that may only read, or that writes for the first time. */
  Script: 1 << 5,
  /** The memory that clients' buffers take (`maxmemory-clients`). */
  ClientMemory: 1 << 6,
  /** The memory for data (`maxmemory`). */
  Memory: 1 << 7,
  /** Changes can't be written to disk. */
  Disk: 1 << 8,
  /** A subscriber that speaks RESP2, to which replies would look like messages. */
  Subscribed: 1 << 9,
  /** The data set is being loaded. */
  Loading: 1 << 10,
  /** A script takes its time. */
  Busy: 1 << 11,
  /** A monitor, which is shown commands and has nothing to do with data. */
  Monitor: 1 << 12,
  /** Clients are paused. */
  Pause: 1 << 13,
} as const;

/** Every rule. */
export const ALL_RULES = (1 << 14) - 1;
/** Those that clients are subject to. */
export const CLIENT_RULES: number = ALL_RULES & ~(Rule.NoScript | Rule.Script);
