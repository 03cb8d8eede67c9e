/** The script that runs, as the commands about it see it. */

import type { ReplyError } from "../../base/errors.ts";

/** A script or function that takes its time, as others may see it. */
export interface RunningScript {
  /** The SHA-1 of a script, the name of a function. */
  readonly name: string;
  readonly isFunction: boolean;
  /** The arguments of the call that runs it. */
  readonly command: readonly string[];
  /** When it began, by `performance.now()`. */
  readonly began: number;
}

/** What runs scripts and functions. */
export interface ScriptRunnerView {
  /** What runs; null: nothing does. */
  readonly running: RunningScript | null;
  /** What others are told who ask for something else while a script runs; null: none does. */
  readonly busy: ReplyError | null;
  /**
   * Ends what runs, if it is a function or, where `isFunction` is false, a script. Throws `ReplyError` where
   * nothing runs, or what does can't be ended so.
   */
  kill(isFunction: boolean): void;
}
