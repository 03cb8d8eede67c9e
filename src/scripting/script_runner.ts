/** Runs scripts and functions: each calls commands as clients do, through a session that acts for its caller. */

import { ReplyError } from "../base/errors.ts";
import type { Client } from "../clients/client.ts";
import type { CommandsView } from "../commands/views/commands.ts";
import type { RunningScript, ScriptRunnerView } from "../commands/views/script_runner.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import { Call } from "../access/call.ts";
import {
  type DiskState,
  type MemoryLimits,
  NO_REPLICAS,
  OUT_OF_MEMORY,
  PRIMARY_DOWN,
  READ_ONLY,
  type ReplicaState,
  type RoleState,
  type ScriptState,
} from "../execution/admission_rules.ts";
import { callerOfScript } from "../execution/caller.ts";
import { Suspended } from "../execution/half_done.ts";
import { ALL_TARGETS, type Propagation } from "../execution/propagation.ts";
import { Rule } from "../execution/rule.ts";
import type { Settings } from "../config/mod.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import {
  type LuaFunction,
  type LuaState,
  LuaTable,
  type LuaValue,
  type RunOutcome,
  spend,
  UNITS_PER_POLL,
} from "../lua/mod.ts";
import type { Log, LogLevel } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import { CommandReplies } from "./command_replies.ts";
import { endingError } from "./error_table.ts";
import type { LastKeys } from "./last_keys.ts";
import type { ScriptHost } from "./redis_library.ts";
import { ScriptFlag } from "./script_flags.ts";
import { ScriptReplies } from "./script_replies.ts";

const READ_ONLY_SCRIPT = new ReplyError(
  "ERR Write commands are not allowed from read-only scripts.",
);
const READ_ONLY_CALL = new ReplyError(
  "ERR Can not execute a script with write flag using *_ro command.",
);
/** What a command costs of a script's budget, so that the clock is looked at soon where commands take long. */
const COMMAND_UNITS = 100;
/** How scripts make way for others. */
export interface Pace {
  /** The clock is looked at once in so many units, as long as a script is not slow. */
  readonly fastUnits: number;
  /** The same, once it is: units may take microseconds each. */
  readonly slowUnits: number;
  /** How long a script that is slow runs between two turns of the others, in ms. */
  readonly slice: number;
}

const PACE: Pace = { fastUnits: UNITS_PER_POLL, slowUnits: 4000, slice: 5 };
/** For so much longer than a slice it may be inside of what can't pause (a comparator, a pattern), in ms. */
const UNPAUSABLE = 3000;

const KILLED = "Script killed by user with SCRIPT KILL...";
const NOT_BUSY = new ReplyError("NOTBUSY No scripts in execution right now.");
const HAS_WRITTEN = new ReplyError(
  "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either " +
    "wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
);
const SENT_BY_MASTER = new ReplyError(
  "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot " +
    "be killed.",
);
const BUSY_SCRIPT = new ReplyError(
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
);
const BUSY_FUNCTION = new ReplyError(
  "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
);
const STALE_SCRIPT = new ReplyError(
  "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag " +
    "is not set on the script.",
);
const READ_ONLY_REPLICA = new ReplyError(
  "READONLY Can not run script with write flag on readonly replica.",
);
const NOT_IN_CLUSTER = new ReplyError(
  "ERR Can not run script on cluster, 'no-cluster' flag is set.",
);
const NO_ROOM = new ReplyError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
);

/** What running scripts needs of a server. */
export interface ScriptRunnerParts {
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
  readonly replicas: ReplicaState;
  readonly role: () => RoleState;
  readonly log: Log;
  readonly settings: Readonly<Settings>;
  /** When the running call began. */
  readonly timing: { readonly lap: number };
}

/** What is run: a script, or a function of a library. */
export interface Runnable {
  /** What errors call it: the SHA-1 of a script, the name of a function. */
  readonly name: string;
  /** Whether it is a function, which FUNCTION KILL ends, and not a script, which SCRIPT KILL ends. */
  readonly isFunction: boolean;
  /** Bits of `ScriptFlag`. */
  readonly flags: number;
  readonly main: LuaFunction;
  readonly lastKeys: LastKeys;
  /** The state in which it was compiled. */
  readonly state: LuaState;
  /** What it is called with, and what it finds in its state, for these keys and further arguments. */
  readonly pass: (state: LuaState, keys: LuaTable, argv: LuaTable) => LuaValue[];
}

/** Where a call's keys begin. */
export const FIRST_KEY = 3;

/** A script that runs. */
interface Run {
  readonly runnable: Runnable;
  readonly caller: Client;
  /** The call that runs it; owns its bytes once the script has paused. */
  args: Frame;
  /** When it began, by `performance.now()`. */
  readonly began: number;
  /** Whether it may not write. */
  readonly isReadOnly: boolean;
  /** Whether it may take more memory than there is, by its own word or its caller's. */
  readonly ignoresMemory: boolean;
  /** Whether there was no room when it began. */
  readonly isFull: boolean;
  /** Whether limits that protect from clients apply. */
  readonly mustObey: boolean;
  /** Whether its keys may belong to several slots of a cluster. */
  readonly crossesSlots: boolean;
  /** Whether it has called a command that writes. */
  hasWritten: boolean;
  /** Whether somebody has asked for its end. */
  isKilled: boolean;
  /** Whether it has paused. */
  isSlow: boolean;
  /** The time that it sees. */
  readonly now: number;
  /** Lets time go on. */
  release: () => void;
}

/** Runs one script at a time. */
export class ScriptRunner implements ScriptState, ScriptHost, ScriptRunnerView {
  pace = PACE;
  readonly #parts: ScriptRunnerParts;
  readonly #commandReplies = new CommandReplies();
  readonly #replies: ScriptReplies;
  #session: Client | null = null;
  #run: Run | null = null;
  /** Whether what is being returned has errors. */
  #hasErrors = false;

  constructor(parts: ScriptRunnerParts) {
    this.#parts = parts;
    this.#replies = new ScriptReplies((text, isCounted) => {
      this.#hasErrors = true;
      if (!isCounted) parts.statistics.countError(new ReplyError(text).code);
    });
  }

  // --- What the rules of admission ask -----------------------------------------------------------

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
      if (this.#parts.role().isReadOnly) return READ_ONLY;
      const { refusal } = this.#parts.disk();
      if (refusal !== null) return refusal;
      if (this.#parts.replicas.tooFew) return NO_REPLICAS;
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
    spend(COMMAND_UNITS);
    session.execute(frame);
    return this.#commandReplies.take(session.reply);
  }

  mayCall(frame: Frame): boolean | null {
    const command = this.#parts.registry.find(frame)?.called(frame);
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

  /** Whether the keys of the script that runs may belong to several slots of a cluster. */
  get crossesSlots(): boolean {
    return this.#run?.crossesSlots ?? false;
  }

  // --- What is asked while a script takes its time -----------------------------------------------

  get running(): RunningScript | null {
    if (this.#run === null) return null;
    const { runnable: { name, isFunction }, args, began } = this.#run;
    const command = Array.from({ length: args.argc }, (_, i) => args.string(i));
    return { name, isFunction, command, began };
  }

  /** What others are told who ask for something else while a script runs; null: none does. */
  get busy(): ReplyError | null {
    if (this.#run === null) return null;
    return this.#run.runnable.isFunction ? BUSY_FUNCTION : BUSY_SCRIPT;
  }

  kill(isFunction: boolean): void {
    const run = this.#run;
    if (run === null) throw NOT_BUSY;
    if (run.mustObey) throw SENT_BY_MASTER;
    if (run.hasWritten) throw HAS_WRITTEN;
    if (isFunction !== run.runnable.isFunction) throw isFunction ? BUSY_SCRIPT : BUSY_FUNCTION;
    run.isKilled = true;
  }

  /** Ends what runs if it may be ended; says whether that is so. */
  end(): boolean {
    const run = this.#run;
    if (run === null || run.mustObey || run.hasWritten) return false;
    return run.isKilled = true;
  }

  // --- How scripts run ---------------------------------------------------------------------------

  /** Shows a call to monitors before those of the script. */
  show(args: Frame): void {
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

  /**
   * Runs a script for the client whose command runs, whose first `keyCount` arguments from `FIRST_KEY` on are
   * keys, and replies what it returns. Throws `ReplyError`.
   */
  run(runnable: Runnable, args: Frame, keyCount: number, isReadOnly: boolean): void {
    const caller = this.#caller();
    const run = this.#prepare(runnable, caller, args, isReadOnly);
    const { state, main } = runnable;
    const session = this.#session ??= this.#parts.createSession();
    const firstArgument = FIRST_KEY + keyCount;
    const keys = argumentTable(args, FIRST_KEY, firstArgument, runnable.lastKeys);
    const values = runnable.pass(state, keys, argumentTable(args, firstArgument, args.argc));
    // Within EXEC, all of that is one.
    if (!caller.transaction.executing) caller.markOutput();
    this.#begin(session, run);
    const slice = caller.caller.pauses === "never" ? Infinity : this.#threshold;
    this.#limit(state, slice, this.pace.fastUnits);
    state.budget.nextSliceBegins = run.began;
    run.release = this.#parts.keyspace.timeStands.hold();
    this.#proceed(run, () => state.run(main, ...values));
  }

  /** After so many ms a script is slow: others have their turn. */
  get #threshold(): number {
    return Number(this.#parts.settings["busy-reply-threshold"]);
  }

  #limit({ budget }: LuaState, slice: number, units: number): void {
    budget.unitsPerPoll = units;
    budget.sliceMilliseconds = slice;
    budget.unpausableMilliseconds = slice + UNPAUSABLE;
  }

  /** Runs a script until it ends, or its time does. Throws what its caller is told, or `Suspended`. */
  #proceed(run: Run, step: () => RunOutcome): void {
    let pauses = false;
    try {
      const outcome = step();
      if (outcome.kind === "paused") pauses = true;
      else this.#conclude(run, outcome);
    } finally {
      run.release();
      // For others, time has gone on.
      if (run.isSlow) this.#parts.keyspace.updateTime();
      if (!pauses) {
        this.#end(run);
        // What it has changed is propagated as what it has called.
        this.#parts.propagation.suppress();
      }
    }
    if (!pauses) return;
    if (!run.isSlow) this.#becomeSlow(run);
    throw new Suspended(() => this.#goOn(run));
  }

  #goOn(run: Run): void {
    const { keyspace, log } = this.#parts, { state } = run.runnable;
    // Others have seen a later time.
    keyspace.now = run.now;
    run.release = keyspace.timeStands.hold();
    if (!run.isKilled) return this.#proceed(run, () => state.resume());
    log.warning("Lua script killed by user with SCRIPT KILL.");
    this.#proceed(run, () => state.kill(KILLED));
  }

  #becomeSlow(run: Run): void {
    const { name, isFunction, state } = run.runnable;
    run.isSlow = true;
    run.args = run.args.detach();
    this.#limit(state, this.pace.slice, this.pace.slowUnits);
    const took = Math.floor(performance.now() - run.began);
    this.#parts.log.warning(
      `Slow script detected: still in execution after ${took} milliseconds. You can try killing the ` +
        `script using the ${
          isFunction ? "FUNCTION" : "SCRIPT"
        } KILL command. Script name is: ${name}.`,
    );
  }

  /** Replies what a script returns, or throws what has ended it. */
  #conclude(
    { caller, runnable: { name } }: Run,
    outcome: Exclude<RunOutcome, { kind: "paused" }>,
  ): void {
    switch (outcome.kind) {
      case "done":
        this.#hasErrors = false;
        this.#replies.write(caller.reply, outcome.values[0], this.#session?.protocol ?? 2);
        if (this.#hasErrors) caller.command.statistics.failed++;
        return;
      case "failed":
        throw endingError(outcome.error, name);
      case "killed": {
        const { reason, chunk, line } = outcome.kill;
        throw new ReplyError(`ERR ${reason} script: ${name}, on ${chunk}:${line}.`);
      }
    }
  }

  /** Checks whether a script may run now. Throws `ReplyError`. */
  #prepare(runnable: Runnable, caller: Client, args: Frame, isReadOnly: boolean): Run {
    const { flags } = runnable, { mustObey } = caller;
    const { isFull } = this.#parts.memory();
    const isDeclared = (flags & ScriptFlag.Undeclared) === 0;
    const mayWrite = (flags & ScriptFlag.NoWrites) === 0;
    const allowsOom = (flags & ScriptFlag.AllowOom) !== 0;
    const { isReadOnly: takesNoWrites, isStale } = this.#parts.role();
    if (isStale && !isDeclared) throw PRIMARY_DOWN;
    if (isDeclared) {
      const isForNoCluster = (flags & ScriptFlag.NoCluster) !== 0;
      if (isForNoCluster && this.#parts.settings["cluster-enabled"]) throw NOT_IN_CLUSTER;
      if (isStale && (flags & ScriptFlag.AllowStale) === 0) throw STALE_SCRIPT;
      if (mayWrite) {
        if (takesNoWrites && !mustObey) throw READ_ONLY_REPLICA;
        const { scriptRefusal } = this.#parts.disk();
        if (scriptRefusal !== null && !mustObey) throw scriptRefusal;
        if (this.#parts.replicas.tooFew && !mustObey) throw NO_REPLICAS;
        if (isReadOnly) throw READ_ONLY_CALL;
      }
      if (isFull && mayWrite && !allowsOom && !mustObey) throw NO_ROOM;
    }
    return {
      ...{ runnable, caller, args },
      began: this.#parts.timing.lap,
      now: this.#parts.keyspace.now,
      isReadOnly: isReadOnly || !mayWrite,
      ignoresMemory: allowsOom,
      crossesSlots: !isDeclared || (flags & ScriptFlag.AllowCrossSlotKeys) !== 0,
      isFull,
      mustObey,
      hasWritten: false,
      isKilled: false,
      isSlow: false,
      release: () => {},
    };
  }

  #begin(session: Client, run: Run): void {
    const { caller } = run;
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

  #end({ runnable: { state } }: Run): void {
    this.#run = null;
    // What is compiled takes the time that it takes.
    this.#limit(state, Infinity, UNITS_PER_POLL);
    this.#parts.propagation.targets = ALL_TARGETS;
  }
}

/** Arguments `[start, end)` as a table; `known` where they are keys. */
function argumentTable(args: Frame, start: number, end: number, known?: LastKeys): LuaTable {
  const array: LuaValue[] = [undefined];
  for (let i = start; i < end; i++) {
    array.push(known === undefined ? args.string(i) : known.read(args, i, i - start));
  }
  return LuaTable.ofArray(array);
}
