/** Waiting: for keys, for replicas. */

import type { ByteRange } from "../../base/span.ts";
import type { ValueType } from "../../data/value.ts";

/** How a wait ends that nothing else has ended. */
export interface WaitLimit {
  /** How long it lasts, in ms; 0: for ever. */
  readonly timeout: number;
  /** Writes what the client gets when its time is over. */
  readonly timedOut: () => void;
}

/**
 * What a client waits for (BLPOP, XREAD BLOCK and their like). The functions are called later, each
 * within a turn of its own, so they must own all bytes that they use.
 */
export interface BlockingRequest extends WaitLimit {
  /** The keys in the client's database that it waits for; copies. */
  readonly keys: readonly Uint8Array[];
  /** The type of value that one of them has to have. */
  readonly type: ValueType;
  /**
   * Called with one of the keys when it came into being or was said to be ready: serves the client from
   * that key, as its command would have done, and says whether that was possible. Clients are served in
   * the order in which they came. What it throws is the client's reply.
   */
  readonly attempt: (key: ByteRange) => boolean;
}

/** How CLIENT UNBLOCK ends a wait. */
export type UnblockReason = "timeout" | "error";
