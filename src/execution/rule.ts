/** The rules of admission, as bits: the lower bit is asked first, in the reference's order. */

/** Each rule's bit. */
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
  /** Keys that another node of the cluster has. */
  Cluster: 1 << 6,
  /** The memory that clients' buffers take (`maxmemory-clients`). */
  ClientMemory: 1 << 7,
  /** The memory for data (`maxmemory`). */
  Memory: 1 << 8,
  /** Changes can't be written to disk. */
  Disk: 1 << 9,
  /** Too few replicas follow closely enough (`min-replicas-to-write`). */
  Replicas: 1 << 10,
  /** A replica that takes no writes but its primary's. */
  Role: 1 << 11,
  /** A subscriber that speaks RESP2, to which replies would look like messages. */
  Subscribed: 1 << 12,
  /** A replica without a link to its primary, where old data is not to be served. */
  Stale: 1 << 13,
  /** The data set is being loaded. */
  Loading: 1 << 14,
  /** Other data is being loaded, which will take the place of what is served. */
  LoadingAside: 1 << 15,
  /** A script takes its time. */
  Busy: 1 << 16,
  /** A monitor, which is shown commands and has nothing to do with data. */
  Monitor: 1 << 17,
  /** Clients are paused. */
  Pause: 1 << 18,
} as const;

/** Every rule. */
export const ALL_RULES = (1 << 19) - 1;
/** Those that clients are subject to. */
export const CLIENT_RULES: number = ALL_RULES & ~(Rule.NoScript | Rule.Script);
