/** Runs scripts: each calls commands as clients do, through a session that acts for its caller. */

import { NOT_AN_INTEGER, ReplyError } from "../base/errors.ts";
import { parseInteger } from "../base/numbers.ts";
import type { Client } from "../clients/client.ts";
import type { CommandsView } from "../commands/views/commands.ts";
import type { ScriptsView } from "../commands/views/scripts.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import { Call } from "../access/call.ts";
import type { ScriptFlags } from "../execution/admission.ts";
import {
  type DiskState,
  type MemoryLimits,
  OUT_OF_MEMORY,
  type ScriptState,
} from "../execution/admission_rules.ts";
import { callerOfScript } from "../execution/caller.ts";
import { ALL_TARGETS, type Propagation } from "../execution/propagation.ts";
import { Rule } from "../execution/rule.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { LuaError, LuaKill, type LuaState, LuaTable, type LuaValue } from "../lua/mod.ts";
import type { Log, LogLevel } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import { CommandReplies } from "./command_replies.ts";
import { makeEnvironment } from "./environment.ts";
import { endingError } from "./error_table.ts";
import { makeRedisLibrary, type ScriptHost } from "./redis_library.ts";
import { type Script, ScriptCache, shaOf } from "./script_cache.ts";
import { declares, flagsIn, readFirstLine, ScriptFlag } from "./script_flags.ts";
import { ScriptReplies } from "./script_replies.ts";

const SHA_LENGTH = 40;
/** Where a call's keys begin. */
const FIRST_KEY = 3;

const NO_SCRIPT = new ReplyError("NOSCRIPT No matching script. Please use EVAL.");
const TOO_MANY_KEYS = new ReplyError(
  "ERR Number of keys can't be greater than number of args",
);
const NEGATIVE_KEYS = new ReplyError("ERR Number of keys can't be negative");
const READ_ONLY_SCRIPT = new ReplyError(
  "ERR Write commands are not allowed from read-only scripts.",
);
const READ_ONLY_CALL = new ReplyError(
  "ERR Can not execute a script with write flag using *_ro command.",
);
const NO_ROOM = new ReplyError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
);

/** What scripts need of a server. */
export interface ScriptsParts {
  /** Makes the session with which scripts call commands. */
  readonly createSession: () => Client;
  /** Whose command runs. */
  readonly current: () => Client | null;
  readonly registry: CommandsView;
  readonly keyspace: Keyspace;
  readonly propagation: Propagation;
  readonly statistics: Statistics;
  readonly monitors: {
    readonly isEmpty: boolean;
    display(session: Client, command: Command, frame: Frame): void;
  };
  readonly memory: () => MemoryLimits;
  readonly disk: () => DiskState;
  readonly log: Log;
  /** Bytes of the engine's heap that are in use. */
  readonly heapUsed: () => number;
  /** How many bytes of it scripts may fill. */
  readonly heapLimit: number;
}

/** A script that runs. */
interface Run {
  readonly script: Script;
  /** Whether it may not write. */
  readonly isReadOnly: boolean;
  /** Whether it may take more memory than there is, by its own word or its caller's. */
  readonly ignoresMemory: boolean;
  /** Whether there was no room when it began. */
  readonly isFull: boolean;
  /** Whether limits that protect from clients apply. */
  readonly mustObey: boolean;
  /** Whether it has called a command that writes. */
  hasWritten: boolean;
}

/** The scripts of a server. */
export class Scripts implements ScriptsView, ScriptState, ScriptFlags, ScriptHost {
  readonly #parts: ScriptsParts;
  readonly #cache = new ScriptCache();
  readonly #commandReplies = new CommandReplies();
  readonly #replies: ScriptReplies;
  #state: LuaState | null = null;
  #session: Client | null = null;
  #run: Run | null = null;
  /** Whether what is being returned has errors. */
  #hasErrors = false;

  constructor(parts: ScriptsParts) {
    this.#parts = parts;
    this.#replies = new ScriptReplies((text, isCounted) => {
      this.#hasErrors = true;
      if (!isCounted) parts.statistics.countError(new ReplyError(text).code);
    });
  }

  /** How many scripts are kept. */
  get count(): number {
    return this.#cache.size;
  }

  /** What they take, about, in bytes. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  // --- What commands ask for ---------------------------------------------------------------------

  evaluate(args: Frame, isReadOnly: boolean): void {
    this.#showCall(args);
    const keyCount = countKeys(args);
    const text = args.string(1);
    this.#evaluate(args, this.#cache.ofText(text) ?? this.#add(text), keyCount, isReadOnly);
  }

  evaluateKept(args: Frame, isReadOnly: boolean): void {
    this.#showCall(args);
    if (args.argLength(1) !== SHA_LENGTH) throw NO_SCRIPT;
    const keyCount = countKeys(args);
    const script = this.#cache.ofSha(args.string(1));
    if (script === undefined) throw NO_SCRIPT;
    this.#evaluate(args, script, keyCount, isReadOnly);
  }

  load(text: string): string {
    return (this.#cache.ofText(text) ?? this.#add(text)).sha;
  }

  has(sha: string): boolean {
    return this.#cache.ofSha(sha) !== undefined;
  }

  clear(): void {
    this.#cache.clear();
    this.#state = null;
  }

  // --- What the rules of admission ask -----------------------------------------------------------

  flagsOf(flags: number, frame: Frame): number {
    const own = this.#declaredFlags(frame);
    if ((own & ScriptFlag.Undeclared) !== 0) return flags;
    flags &= ~(CommandBit.Stale | CommandBit.DenyOom | CommandBit.Write | CommandBit.MayReplicate);
    if ((own & ScriptFlag.NoWrites) === 0) {
      flags |= CommandBit.Write;
      if ((own & ScriptFlag.AllowOom) === 0) flags |= CommandBit.DenyOom;
    }
    if ((own & ScriptFlag.AllowStale) !== 0) flags |= CommandBit.Stale;
    return flags;
  }

  /** The flags of the script that a call names by its SHA-1 or brings along. */
  #declaredFlags(frame: Frame): number {
    if (declares(frame)) return flagsIn(frame.string(1));
    const script = this.#cache.hasDeclared ? this.#cache.ofSha(frame.string(1)) : undefined;
    return script?.flags ?? ScriptFlag.Undeclared;
  }

  check(flags: number): ReplyError | null {
    const run = this.#run;
    if (run === null) throw new Error("no script runs");
    const isWrite = (flags & CommandBit.Write) !== 0;
    if (run.isReadOnly && (isWrite || (flags & CommandBit.MayReplicate) !== 0)) {
      return READ_ONLY_SCRIPT;
    }
    // What has begun to write is not stopped in the middle.
    if (run.hasWritten || run.mustObey) return null;
    if (isWrite) {
      const { refusal } = this.#parts.disk();
      if (refusal !== null) return refusal;
    }
    if (run.isFull && !run.ignoresMemory && (flags & CommandBit.DenyOom) !== 0) {
      return OUT_OF_MEMORY;
    }
    if (isWrite) {
      run.hasWritten = true;
      this.#session?.restrict(Rule.Script, false);
    }
    return null;
  }

  // --- What scripts ask for ----------------------------------------------------------------------

  call(frame: Frame): LuaValue {
    const session = this.#session;
    if (session === null) throw new Error("no script runs");
    session.execute(frame);
    return this.#commandReplies.take(session.reply);
  }

  mayCall(frame: Frame): boolean | null {
    const container = this.#parts.registry.find(frame);
    if (container === undefined) return null;
    const command = container.subcommands.length === 0 || frame.argc < 2
      ? container
      : container.subcommand(frame.span(1));
    if (command === undefined) return null;
    return this.#session?.user.check(new Call(command, frame)) === null;
  }

  setProtocol(version: 2 | 3): void {
    if (this.#session !== null) this.#session.protocol = version;
  }

  setTargets(targets: number): void {
    this.#parts.propagation.targets = targets;
  }

  log(level: LogLevel, text: string): void {
    this.#parts.log.write(level, text);
  }

  // --- How scripts run ---------------------------------------------------------------------------

  /** Shows a call to monitors before those of the script. */
  #showCall(args: Frame): void {
    const { monitors } = this.#parts;
    if (monitors.isEmpty) return;
    const client = this.#caller();
    if (client.caller.isObserved) monitors.display(client, client.command, args);
  }

  #caller(): Client {
    const client = this.#parts.current();
    if (client === null) throw new Error("scripts are called by commands");
    return client;
  }

  /** Compiles a script and keeps it. Throws `ReplyError`. */
  #add(text: string): Script {
    const { flags, end } = readFirstLine(text);
    const state = this.#state ??= this.#makeState();
    try {
      const main = state.compile(text.slice(end), "@user_script");
      const script = { sha: shaOf(text), flags, main };
      this.#cache.add(text, script);
      return script;
    } catch (error) {
      if (!(error instanceof LuaError || error instanceof LuaKill)) throw error;
      const reason = error instanceof LuaError ? error.text : error.reason;
      throw new ReplyError(`ERR Error compiling script (new function): ${reason}`);
    }
  }

  #makeState(): LuaState {
    const { heapUsed, heapLimit } = this.#parts;
    return makeEnvironment(makeRedisLibrary(this), { heapUsed, heapLimit });
  }

  #evaluate(
    args: Frame,
    script: Script,
    keyCount: number,
    isReadOnly: boolean,
  ): void {
    const caller = this.#caller();
    const run = this.#prepare(script, caller, isReadOnly);
    const state = this.#state!;
    const session = this.#session ??= this.#parts.createSession();
    const { globals } = state;
    globals.set("KEYS", argumentTable(args, FIRST_KEY, FIRST_KEY + keyCount));
    globals.set("ARGV", argumentTable(args, FIRST_KEY + keyCount, args.argc));
    this.#begin(session, caller, run);
    const release = this.#parts.keyspace.timeStands.hold();
    try {
      const outcome = state.run(script.main);
      switch (outcome.kind) {
        case "done":
          this.#hasErrors = false;
          this.#replies.write(caller.reply, outcome.values[0], session.protocol);
          if (this.#hasErrors) caller.command.statistics.failed++;
          return;
        case "failed":
          throw endingError(outcome.error, script.sha);
        case "killed": {
          const { reason, chunk, line } = outcome.kill;
          throw new ReplyError(`ERR ${reason} script: ${script.sha}, on @${chunk}:${line}.`);
        }
        case "paused":
          throw new Error("a script without a time limit has paused");
      }
    } finally {
      release();
      this.#end();
      // What it has changed is propagated as what it has called.
      this.#parts.propagation.suppress();
    }
  }

  /** Checks whether a script may run now. Throws `ReplyError`. */
  #prepare(script: Script, caller: Client, isReadOnly: boolean): Run {
    const { flags } = script, { mustObey } = caller;
    const { isFull } = this.#parts.memory();
    const isDeclared = (flags & ScriptFlag.Undeclared) === 0;
    const mayWrite = (flags & ScriptFlag.NoWrites) === 0;
    const allowsOom = (flags & ScriptFlag.AllowOom) !== 0;
    if (isDeclared) {
      if (mayWrite) {
        const { scriptRefusal } = this.#parts.disk();
        if (scriptRefusal !== null && !mustObey) throw scriptRefusal;
        if (isReadOnly) throw READ_ONLY_CALL;
      }
      if (isFull && mayWrite && !allowsOom && !mustObey) throw NO_ROOM;
    }
    return {
      script,
      isReadOnly: isReadOnly || !mayWrite,
      ignoresMemory: allowsOom,
      isFull,
      mustObey,
      hasWritten: false,
    };
  }

  #begin(session: Client, caller: Client, run: Run): void {
    this.#run = run;
    session.principal = caller;
    session.caller = callerOfScript(caller.caller);
    session.user = caller.user;
    session.db = caller.db;
    session.protocol = 2;
    session.rightsChanged();
    session.restrict(Rule.NoScript, true);
    session.restrict(Rule.Script, true);
  }

  #end(): void {
    this.#run = null;
    this.#parts.propagation.targets = ALL_TARGETS;
  }
}

/** How many of a call's arguments are keys. Throws `ReplyError`. */
function countKeys(args: Frame): number {
  const count = parseInteger(args.buffer, args.argStart(2), args.argEnd(2));
  if (count === undefined) throw NOT_AN_INTEGER;
  if (count > args.argc - FIRST_KEY) throw TOO_MANY_KEYS;
  if (count < 0) throw NEGATIVE_KEYS;
  return Number(count);
}

/** Arguments `[start, end)` as a table. */
function argumentTable(args: Frame, start: number, end: number): LuaTable {
  const array: LuaValue[] = [undefined];
  for (let i = start; i < end; i++) array.push(args.string(i));
  return LuaTable.ofArray(array);
}
