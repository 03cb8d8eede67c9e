/** Scripts, as the commands about them see them. */

import type { Frame } from "../../resp/frame.ts";

/** What keeps and runs scripts. */
export interface ScriptsView {
  /**
   * Runs the script whose text is argument 1, for the client whose command runs, and replies what
   * it returns. Throws `ReplyError`.
   */
  evaluate(args: Frame, isReadOnly: boolean): void;
  /** As `evaluate`, where argument 1 is the SHA-1 of a script that is kept. */
  evaluateKept(args: Frame, isReadOnly: boolean): void;
  /** Keeps a script, and says its SHA-1 in hexadecimal. Throws `ReplyError` where it is none. */
  load(text: string): string;
  /** Whether a script with this SHA-1 is kept. */
  has(sha: string): boolean;
  /** How many scripts are kept. */
  readonly count: number;
  /** Forgets all scripts. */
  clear(): void;
}
