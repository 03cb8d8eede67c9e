/** What handlers say of propagation. */

import type { ByteRange } from "../../base/span.ts";

/** One argument of a command that is propagated: byte strings, numbers in decimal, or bytes. */
export type PropagatedArgument = string | number | bigint | ByteRange;

/**
 * What the append-only file and the replicas are given for the command that runs. Left alone, a
 * command that changed something (`Keyspace.dirty` grew) is propagated as it came.
 */
export interface PropagationView {
  /** Whether anybody is given what is propagated; where nobody is, other words for it are not needed. */
  readonly isHeard: boolean;
  /** Propagates this command in place of the one that runs. */
  replace(...args: PropagatedArgument[]): void;
  /** Propagates this command too, before the one that runs. */
  also(database: number, ...args: PropagatedArgument[]): void;
  /** The command that runs is not propagated as itself. */
  suppress(): void;
  /** The command that runs is propagated even if it changed nothing. */
  force(): void;
  /** The same, but only for replicas: it has to do with no data (PUBLISH). */
  forceToReplicas(): void;
  /**
   * What the command that runs propagates needs no MULTI and EXEC around it: expired keys that it met
   * have nothing to do with each other (SCAN, RANDOMKEY). Means nothing within a transaction.
   */
  separate(): void;
}
