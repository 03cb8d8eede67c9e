/** A call that access rules are asked about, and what they answer. */

import type { Frame } from "../resp/frame.ts";
import type { AccessCommand, KeyUse } from "./command.ts";

/** Why a call is not allowed, the least specific first. */
const REASONS = ["command", "key", "channel"] as const;

/** What a call may not do. */
export interface Denial {
  readonly reason: (typeof REASONS)[number];
  /** Which argument may not be used; 0: the command itself. */
  readonly position: number;
}

/** Of two denials the one that tells more. */
export function moreSpecific(a: Denial, b: Denial): Denial {
  const difference = REASONS.indexOf(a.reason) - REASONS.indexOf(b.reason);
  if (difference !== 0) return difference > 0 ? a : b;
  return a.position >= b.position ? a : b;
}

/** A command with its arguments. */
export class Call {
  #keys: readonly KeyUse[] | undefined;

  constructor(readonly command: AccessCommand, readonly args: Frame) {}

  /** Its keys. */
  get keys(): readonly KeyUse[] {
    return this.#keys ??= this.command.keysOf(this.args);
  }
}
