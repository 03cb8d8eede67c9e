/** Commands as handlers see them: those that describe commands, and count their calls. */

import type { AccessCommand } from "../../access/command.ts";
import type { Category } from "../../access/categories.ts";
import type { ByteRange } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandStatistics } from "../command_statistics.ts";
import type { CommandDescription } from "../description.ts";

/** A command or sub-command as one server knows it. */
export interface CommandView extends AccessCommand {
  readonly declaration: CommandDescription;
  /** What this is a sub-command of. */
  readonly container: CommandDescription | undefined;
  /** ACL categories with those that follow from the flags, without `@`, as COMMAND INFO lists them. */
  readonly categories: readonly Category[];
  readonly arity: number;
  readonly statistics: CommandStatistics;
  readonly subcommands: readonly CommandView[];
  /** Whether calls can have keys at all. */
  readonly mayHaveKeys: boolean;
  /** Whether `argc` arguments, the name included, are acceptable. */
  acceptsCount(argc: number): boolean;
  /** The sub-command of this name, in any case. */
  subcommand(name: ByteRange): CommandView | undefined;
  /** The command that a call of this one names: itself, or a sub-command, of which there may be none such. */
  called(frame: Frame): CommandView | undefined;
}

/** All commands of a server. */
export interface CommandsView extends Iterable<CommandView> {
  /** How many commands there are, without sub-commands. */
  readonly size: number;
  /** All commands, also those that `rename-command` took away: users' rules know them, too. */
  readonly originals: readonly CommandView[];
  /** The command that a frame names, sub-commands not looked at. */
  find(frame: Frame): CommandView | undefined;
  /** The command of this name, in any case. */
  get(name: string): CommandView | undefined;
}
