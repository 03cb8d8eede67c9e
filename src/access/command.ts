/** Commands as access rules know them. */

import { toLowerAscii } from "../base/ascii.ts";
import type { Frame } from "../resp/frame.ts";
import type { CallKeys } from "./call_keys.ts";
import { CATEGORIES, type Category, categoryBits } from "./categories.ts";

/** Which arguments of a command are channels that it sends to or subscribes to. */
export interface ChannelArguments {
  /** The number of the first one in the frame. */
  readonly first: number;
  /** Whether all arguments from there on are channels. */
  readonly areMany: boolean;
  /** Whether they are patterns: a rule must then name the very same pattern. */
  readonly arePatterns: boolean;
}

/** A command or sub-command. */
export interface AccessCommand {
  /** Its number among all commands and sub-commands, counted from 0. */
  readonly id: number;
  /** `get`, or `config|get` for a sub-command, whatever it was renamed to. */
  readonly fullName: string;
  /** Its categories (see `categoryBits`). */
  readonly categoryBits: number;
  readonly subcommands: readonly AccessCommand[];
  /** Whether who has not authenticated may call it: no rule takes it away then. */
  readonly isForEveryone: boolean;
  readonly channels?: ChannelArguments;
  /** Puts the keys of one call into `keys`; none where its arguments are wrong in a way that hides them. */
  findKeys(args: Frame, keys: CallKeys): void;
}

/** All commands that rules can name. */
export class CommandTable {
  /** Each container stands before its sub-commands. */
  readonly all: readonly AccessCommand[];
  readonly #byName: ReadonlyMap<string, AccessCommand>;
  readonly #byCategory: ReadonlyMap<Category, readonly AccessCommand[]>;

  constructor(commands: Iterable<AccessCommand>) {
    this.all = Array.from(commands, (command) => [command, ...command.subcommands]).flat();
    this.#byName = new Map(this.all.map((command) => [command.fullName, command]));
    this.#byCategory = new Map(CATEGORIES.map((category) => {
      const bit = categoryBits([category]);
      return [category, this.all.filter((command) => (command.categoryBits & bit) !== 0)];
    }));
  }

  /** The command of this name (`config`, `config|get`), in any case. */
  find(name: string): AccessCommand | undefined {
    return this.#byName.get(toLowerAscii(name));
  }

  /** The commands of a category, sub-commands included. */
  of(category: Category): readonly AccessCommand[] {
    return this.#byCategory.get(category) ?? [];
  }
}

/** Whether a command is a sub-command of another. */
export function isSubcommand(command: AccessCommand): boolean {
  return command.fullName.includes("|");
}
