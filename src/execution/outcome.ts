/** What became of a call: for EXEC, scripts, and whoever replays a file. */

/** What became of a call. */
export const Outcome = {
  /** It ran, and left its reply. */
  Replied: 0,
  /** It ran, and its reply is an error. */
  Failed: 1,
  /** It was not run: its reply is the reason. */
  Refused: 2,
  /** It stands in the queue of a transaction. */
  Queued: 3,
  /** The client waits, for what its command came for or until the command may run. */
  Waits: 4,
  /** It stands half-way, and its caller with it: others have their turn before it goes on. */
  Suspended: 5,
} as const;

/** One of `Outcome`. */
export type Outcome = typeof Outcome[keyof typeof Outcome];
