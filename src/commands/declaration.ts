/**
 * What a command is and does: one declaration from which arity checks, COMMAND and its sub-commands, ACL
 * categories, key positions, statistics, the documentation's table and the tests are all derived.
 */

import type { ReplyError } from "../base/errors.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandContext } from "./context.ts";
import type { CommandDescription } from "./description.ts";

/** What runs a command: reads its arguments, works on the data, replies. Throws `ReplyError`. */
export type CommandHandler<Context extends CommandContext = CommandContext> = (
  context: Context,
  args: Frame,
) => void;

/**
 * A command, or a sub-command of one. Its handler sees what `Context` says: no more than every command
 * unless a `ServerContext` is named.
 */
export interface CommandDeclaration<Context extends CommandContext = CommandContext>
  extends CommandDescription {
  /** Why the command may not be called, or null; asked before it runs or is queued. */
  readonly guard?: (context: Context) => ReplyError | null;
  readonly subcommands?: readonly CommandDeclaration<Context>[];
  /** Absent only for a container that does nothing by itself. */
  readonly run?: CommandHandler<Context>;
}
