/** Functions of libraries, as the commands about them see them. */

import type { Frame } from "../../resp/frame.ts";

/** What runs functions. The libraries themselves are the keyspace's. */
export interface FunctionsView {
  /**
   * Runs the function that argument 1 names, for the client whose command runs, and replies what it
   * returns. Throws `ReplyError`.
   */
  call(args: Frame, isReadOnly: boolean): void;
}
