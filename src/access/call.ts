/** A call that access rules are asked about, and what they answer. */

import type { Frame } from "../resp/frame.ts";
import { CallKeys } from "./call_keys.ts";
import type { AccessCommand } from "./command.ts";

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
  readonly command: AccessCommand;
  readonly args: Frame;
  readonly #keys: CallKeys;
  #found = false;

  /** `keys` is room for the call's keys, which others may use when the call has been checked. */
  constructor(command: AccessCommand, args: Frame, keys = new CallKeys()) {
    this.command = command;
    this.args = args;
    this.#keys = keys;
  }

  /** Its keys, of which the first is still to come. */
  get keys(): CallKeys {
    const keys = this.#keys;
    if (!this.#found) this.command.findKeys(this.args, keys);
    this.#found = true;
    keys.rewind();
    return keys;
  }
}
