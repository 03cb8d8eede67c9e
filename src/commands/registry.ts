/** All commands of a server, found by name straight from the bytes of a frame. */

import type { CallKeys } from "../access/call_keys.ts";
import { CATEGORIES, type Category, categoryBits } from "../access/categories.ts";
import type { ChannelArguments } from "../access/command.ts";
import { toLowerAscii } from "../base/ascii.ts";
import { type ByteRange, bytesOf } from "../base/span.ts";
import type { Frame } from "../resp/frame.ts";
import { CommandStatistics } from "./command_statistics.ts";
import type { ServerContext } from "./context.ts";
import type { CommandDeclaration, CommandHandler } from "./declaration.ts";
import type { CommandDescription, CommandFlag, CommandTrait } from "./description.ts";
import { CommandKeys } from "./key_positions.ts";
import type { CommandsView, CommandView } from "./views/commands.ts";

/** Command flags and traits as bits, for the dispatcher's checks. */
export const CommandBit = {
  Write: 1 << 0,
  ReadOnly: 1 << 1,
  DenyOom: 1 << 2,
  NoAuth: 1 << 3,
  Loading: 1 << 4,
  Stale: 1 << 5,
  MayReplicate: 1 << 6,
  NoMulti: 1 << 7,
  Blocking: 1 << 8,
  NoScript: 1 << 9,
  PubSub: 1 << 10,
  SkipMonitor: 1 << 11,
  SkipSlowlog: 1 << 12,
  Admin: 1 << 13,
  AllowBusy: 1 << 14,
  /** Has a `guard`. */
  Guarded: 1 << 15,
  RefusedWithWrites: 1 << 16,
  WhileSubscribed: 1 << 17,
  NeverQueued: 1 << 18,
  RunsQueue: 1 << 19,
  Fast: 1 << 20,
  KeepsCaching: 1 << 22,
  RunsScript: 1 << 23,
  RunsFunction: 1 << 24,
  NoAsyncLoading: 1 << 25,
  /** Calls can have keys, or channels that belong to a slot as keys do. */
  HasKeys: 1 << 26,
  /** Those are such channels. */
  ShardChannels: 1 << 27,
  Asking: 1 << 28,
  KeepsAsking: 1 << 29,
  MovesKeys: 1 << 30,
} as const;

const BIT_OF_FLAG: Partial<Record<CommandFlag, number>> = {
  write: CommandBit.Write,
  readonly: CommandBit.ReadOnly,
  denyoom: CommandBit.DenyOom,
  no_auth: CommandBit.NoAuth,
  loading: CommandBit.Loading,
  stale: CommandBit.Stale,
  may_replicate: CommandBit.MayReplicate,
  no_multi: CommandBit.NoMulti,
  blocking: CommandBit.Blocking,
  noscript: CommandBit.NoScript,
  pubsub: CommandBit.PubSub,
  skip_monitor: CommandBit.SkipMonitor,
  skip_slowlog: CommandBit.SkipSlowlog,
  admin: CommandBit.Admin,
  allow_busy: CommandBit.AllowBusy,
  fast: CommandBit.Fast,
  no_async_loading: CommandBit.NoAsyncLoading,
  asking: CommandBit.Asking,
};

const BIT_OF_TRAIT: Record<CommandTrait, number> = {
  refused_with_writes: CommandBit.RefusedWithWrites,
  while_subscribed: CommandBit.WhileSubscribed,
  never_queued: CommandBit.NeverQueued,
  runs_queue: CommandBit.RunsQueue,
  // See `Command.quickUpTo`.
  quick: 0,
  keeps_caching: CommandBit.KeepsCaching,
  runs_script: CommandBit.RunsScript,
  runs_function: CommandBit.RunsFunction,
  keeps_asking: CommandBit.KeepsAsking,
  moves_keys: CommandBit.MovesKeys,
};

const SCRIPTING = categoryBits(["scripting"]);
const READ = categoryBits(["read"]);
const FAST = categoryBits(["fast"]);
const SLOW = categoryBits(["slow"]);

/** Which categories follow from a flag alone. */
const IMPLIED_CATEGORIES: readonly (readonly [flag: number, categories: number])[] = [
  [CommandBit.Write, categoryBits(["write"])],
  [CommandBit.Admin, categoryBits(["admin", "dangerous"])],
  [CommandBit.PubSub, categoryBits(["pubsub"])],
  [CommandBit.Fast, FAST],
  [CommandBit.Blocking, categoryBits(["blocking"])],
];

/** A command or sub-command as one server knows it. */
export class Command implements CommandView {
  readonly id: number;
  readonly declaration: CommandDeclaration<ServerContext>;
  /** What this is a sub-command of. */
  readonly container: CommandDescription | undefined;
  /** Name as replies show it: `config|get` for a sub-command. */
  readonly fullName: string;
  readonly flags: number;
  readonly categoryBits: number;
  readonly arity: number;
  readonly statistics = new CommandStatistics();
  readonly subcommands: readonly Command[];
  readonly run: CommandHandler<ServerContext>;
  readonly #keys: CommandKeys;
  /** Whether calls can have keys at all. */
  readonly mayHaveKeys: boolean;
  /** Calls of up to so many arguments, the name included, are short (see the trait `quick`). */
  readonly quickUpTo: number;
  /** Where the key stands, if each call has just one and all have it there; 0: that is not so. */
  readonly firstKey: number;
  /** The name that clients call it by, in lower case: another one after `rename-command`. */
  lookupName: string;

  /** `nextId` numbers the command and its sub-commands. */
  constructor(
    declaration: CommandDeclaration<ServerContext>,
    nextId: () => number,
    container?: CommandDescription,
  ) {
    this.id = nextId();
    this.declaration = declaration;
    this.container = container;
    this.fullName = container ? `${container.name}|${declaration.name}` : declaration.name;
    this.lookupName = declaration.name;
    this.flags = flagsOf(declaration);
    this.categoryBits = categoriesOf(declaration.categories, this.flags);
    this.arity = declaration.arity;
    this.run = declaration.run ?? runContainer;
    const isQuick = declaration.traits?.includes("quick") ?? false;
    this.quickUpTo = isQuick ? Infinity : declaration.quickUpTo ?? 0;
    this.#keys = new CommandKeys(declaration);
    this.mayHaveKeys = this.#keys.exist;
    this.firstKey = this.#keys.only;
    this.subcommands = (declaration.subcommands ?? []).map((sub) =>
      new Command(sub, nextId, declaration)
    );
  }

  /** Whether `argc` arguments, the name included, are acceptable. */
  acceptsCount(argc: number): boolean {
    return this.arity >= 0 ? argc === this.arity : argc >= -this.arity;
  }

  /** The sub-command of this name, in any case. */
  subcommand(name: ByteRange): Command | undefined {
    for (const subcommand of this.subcommands) {
      const { declaration } = subcommand;
      if (sameName(declaration.name, name.buffer, name.start, name.end)) return subcommand;
    }
    return undefined;
  }

  /** The command that a call of this one names: itself, or a sub-command, of which there may be none such. */
  called(frame: Frame): Command | undefined {
    return this.subcommands.length === 0 || frame.argc < 2 ? this : this.subcommand(frame.span(1));
  }

  /** ACL categories with those that follow from the flags, without `@`, as COMMAND INFO lists them. */
  get categories(): Category[] {
    return CATEGORIES.filter((category) => (this.categoryBits & categoryBits([category])) !== 0);
  }

  get isForEveryone(): boolean {
    return (this.flags & CommandBit.NoAuth) !== 0;
  }

  get channels(): ChannelArguments | undefined {
    return this.declaration.channels;
  }

  findKeys(args: Frame, keys: CallKeys): void {
    this.#keys.find(args, keys);
  }

  /** As `findKeys`, but as tracking and slots see them (see `CommandKeys.findUsed`). */
  findUsedKeys(args: Frame, keys: CallKeys): void {
    this.#keys.findUsed(args, keys);
  }
}

/** The categories' bits, with those that follow from the flags. */
function categoriesOf(declared: readonly Category[] = [], flags: number): number {
  let bits = categoryBits(declared);
  for (const [flag, implied] of IMPLIED_CATEGORIES) if ((flags & flag) !== 0) bits |= implied;
  if ((flags & CommandBit.ReadOnly) !== 0 && (bits & SCRIPTING) === 0) bits |= READ;
  return (bits & FAST) === 0 ? bits | SLOW : bits;
}

function flagsOf(declaration: CommandDeclaration<ServerContext>): number {
  const { flags, traits = [], guard, keys = [], findKeys } = declaration;
  let bits = guard ? CommandBit.Guarded : 0;
  if (keys.length > 0 || findKeys !== undefined) bits |= CommandBit.HasKeys;
  if (keys.some(({ flags }) => flags.includes("not_key"))) bits |= CommandBit.ShardChannels;
  for (const flag of flags) bits |= BIT_OF_FLAG[flag] ?? 0;
  for (const trait of traits) bits |= BIT_OF_TRAIT[trait];
  return bits;
}

/** A container is never run by itself: its arity wants a sub-command's name. */
function runContainer(): never {
  throw new Error("a container of sub-commands was called");
}

function foldCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

const SLOTS = 1024;

/** Open addressing by a hash of the folded name: a look-up makes no string. */
export class CommandRegistry implements CommandsView {
  readonly #slots: (Command | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #commands = new Set<Command>();
  /** All commands, also those that were taken away. */
  readonly originals: readonly Command[];

  constructor(declarations: Iterable<CommandDeclaration<ServerContext>>) {
    let count = 0;
    this.originals = Array.from(declarations, (each) => new Command(each, () => count++));
    for (const command of this.originals) this.#insert(command);
  }

  /** The command that a frame names, sub-commands not looked at. */
  find(frame: Frame): Command | undefined {
    return this.#find(frame.buffer, frame.argStart(0), frame.argEnd(0));
  }

  /** The command of this name, in any case. */
  get(name: string): Command | undefined {
    return this.#find(bytesOf(name), 0, name.length);
  }

  /** All commands, without their sub-commands. */
  [Symbol.iterator](): IterableIterator<Command> {
    return this.#commands.values();
  }

  /** All commands, each followed by its sub-commands. */
  *all(): Generator<Command> {
    for (const command of this.#commands) {
      yield command;
      yield* command.subcommands;
    }
  }

  /** How many commands there are, without sub-commands. */
  get size(): number {
    return this.#commands.size;
  }

  /**
   * Gives a command another name, or takes it away where `to` is empty (`rename-command`). Returns
   * why that cannot be, or null.
   */
  rename(from: string, to: string): string | null {
    const command = this.get(from);
    if (!command) return "No such command in rename-command";
    if (to !== "" && this.get(to)) return "Target command name already exists";
    this.#commands.delete(command);
    const rest = [...this.#commands];
    this.#slots.fill(undefined);
    this.#commands.clear();
    for (const other of rest) this.#insert(other);
    if (to !== "") {
      command.lookupName = toLowerAscii(to);
      this.#insert(command);
    }
    return null;
  }

  #find(buffer: Uint8Array, start: number, end: number): Command | undefined {
    let slot = hashName(buffer, start, end);
    for (;; slot = (slot + 1) & (SLOTS - 1)) {
      const command = this.#slots[slot];
      if (command === undefined || sameName(command.lookupName, buffer, start, end)) return command;
    }
  }

  #insert(command: Command): void {
    this.#commands.add(command);
    const name = bytesOf(command.lookupName);
    let slot = hashName(name, 0, name.length);
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
    this.#slots[slot] = command;
  }
}

function hashName(buffer: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + (buffer[i] | 0x20);
  return (hash ^ (hash >>> 11)) & (SLOTS - 1);
}

function sameName(name: string, buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (foldCase(buffer[start + i]) !== name.charCodeAt(i)) return false;
  }
  return true;
}
