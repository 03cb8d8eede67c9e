/** Which commands somebody may call. */

import { toLowerAscii } from "../base/ascii.ts";
import type { Frame } from "../resp/frame.ts";
import { type Category, findCategory } from "./categories.ts";
import { type AccessCommand, type CommandTable, isSubcommand } from "./command.ts";
import { FIRST_ARGUMENT_OF_SUBCOMMAND, RULE_SYNTAX, UNKNOWN_COMMAND } from "./rule_error.ts";

/**
 * Allowed commands, one by one: rules for categories and containers are applied to the commands that
 * they stand for. A new one allows nothing.
 */
export class CommandRules {
  readonly table: CommandTable;
  /** By id: 1 where the command may be called. */
  readonly #allowed: Uint8Array;
  /** By id: first arguments with which a command may be called that is not allowed as a whole. */
  readonly #firstArguments = new Map<number, readonly string[]>();
  #startsFromAll = false;

  constructor(table: CommandTable) {
    this.table = table;
    this.#allowed = new Uint8Array(table.all.length);
  }

  /** The same rules, to be changed apart from these. */
  copy(): CommandRules {
    const copy = new CommandRules(this.table);
    copy.#allowed.set(this.#allowed);
    for (const [id, first] of this.#firstArguments) copy.#firstArguments.set(id, first);
    copy.#startsFromAll = this.#startsFromAll;
    return copy;
  }

  /** Whether these are all commands but some, rather than some commands. */
  get startsFromAll(): boolean {
    return this.#startsFromAll;
  }

  /** Whether every command may be called. */
  get allowsAll(): boolean {
    return this.#startsFromAll && !this.#allowed.includes(0);
  }

  /** Whether a command may be called with any arguments. */
  allows(command: AccessCommand): boolean {
    return this.#allowed[command.id] === 1;
  }

  /** Whether one call is allowed. */
  permits(command: AccessCommand, args: Frame): boolean {
    if (this.allows(command) || command.isForEveryone) return true;
    const first = this.#firstArguments.get(command.id);
    if (first === undefined || args.argc < 2) return false;
    const given = toLowerAscii(args.shownText(1));
    return first.some((one) => toLowerAscii(one) === given);
  }

  /** The first arguments with which a command may be called, in the order in which they were given. */
  firstArgumentsOf(command: AccessCommand): readonly string[] {
    return this.#firstArguments.get(command.id) ?? [];
  }

  /** Allows all commands, or none. */
  setAll(allowed: boolean): void {
    this.#allowed.fill(allowed ? 1 : 0);
    this.#startsFromAll = allowed;
    this.#firstArguments.clear();
  }

  /** Allows a command with its sub-commands, or takes them away. */
  set(command: AccessCommand, allowed: boolean): void {
    this.#allowed[command.id] = allowed ? 1 : 0;
    this.#firstArguments.delete(command.id);
    for (const subcommand of command.subcommands) this.set(subcommand, allowed);
  }

  /** Allows the commands of a category with their sub-commands, or takes them away. */
  setCategory(category: Category, allowed: boolean): void {
    for (const command of this.table.of(category)) this.set(command, allowed);
  }

  /**
   * Applies a rule such as `+get`, `-config|set`, `+@read` or `+select|0`, without NUL bytes.
   * Throws RuleError.
   */
  apply(rule: string): void {
    const allowed = rule[0] === "+", name = rule.slice(1);
    if (name[0] === "@") return this.#applyCategory(toLowerAscii(name.slice(1)), allowed);
    const command = this.table.find(name);
    if (command !== undefined) this.set(command, allowed);
    else if (allowed && name.includes("|")) this.#allowFirstArgument(name);
    else throw UNKNOWN_COMMAND;
  }

  #applyCategory(name: string, allowed: boolean): void {
    if (name === "all") return this.setAll(allowed);
    const category = findCategory(name);
    if (category === undefined) throw UNKNOWN_COMMAND;
    this.setCategory(category, allowed);
  }

  #allowFirstArgument(name: string): void {
    const bar = name.lastIndexOf("|"), first = name.slice(bar + 1);
    const command = this.table.find(name.slice(0, bar));
    if (command === undefined) throw UNKNOWN_COMMAND;
    if (isSubcommand(command)) throw FIRST_ARGUMENT_OF_SUBCOMMAND;
    if (first === "") throw RULE_SYNTAX;
    if (command.subcommands.length > 0) throw UNKNOWN_COMMAND;
    const others = this.firstArgumentsOf(command);
    if (others.some((other) => toLowerAscii(other) === toLowerAscii(first))) return;
    this.#firstArguments.set(command.id, [...others, first]);
  }
}
