/**
 * Who calls a command, as a value: what the way of a command does differently for a client, for what EXEC
 * runs, for a script, and for a file that is replayed. Nothing asks whether somebody has a socket.
 */

import { ReplyError } from "../base/errors.ts";
import { CLIENT_RULES, Rule } from "./rule.ts";

/** What is particular to a kind of caller. Whose user and which database it works with, its session knows. */
export interface Caller {
  readonly name: "client" | "embedder" | "transaction" | "script" | "replay" | "primary";
  /** The rules of admission that it is subject to: bits of `Rule`. */
  readonly rules: number;
  /** Whether its commands may wait (BLPOP, WAIT). Those that may not reply at once that there is nothing. */
  readonly mayWait: boolean;
  /**
   * Whether a script of it that takes its time pauses: for others, after whose turn it goes on by itself; for
   * whoever loads the file that it stands in, and has it go on; or never.
   */
  readonly pauses: "for_others" | "for_loader" | "never";
  /** Whether what it says was decided elsewhere: limits that protect from clients do not apply to it. */
  readonly mustObey: boolean;
  /** Whether what it changes is propagated. */
  readonly propagates: boolean;
  /** Whether its calls are counted, timed and shown to monitors. */
  readonly isObserved: boolean;
  /**
   * Where an error that it gets means that the data is not what its writer had: what the log calls this server
   * and the writer, who never sees it; null: it does not mean that.
   */
  readonly criticalErrors: { readonly from: string; readonly to: string } | null;
  /** Whether calls that are refused are counted even where another command runs this one. */
  readonly countsRefusals: boolean;
  /** What MONITOR shows in place of an address, if anything. */
  readonly shownAs: string | null;
  /** What it is told of a command that does not exist, if not the usual text. */
  readonly unknownCommand: ReplyError | null;
  /** What it is told of a wrong number of arguments, if not the usual text. */
  readonly wrongCount: ReplyError | null;
}

/** The peer of a connection. */
export const CLIENT: Caller = {
  name: "client",
  rules: CLIENT_RULES,
  mayWait: true,
  pauses: "for_others",
  mustObey: false,
  propagates: true,
  isObserved: true,
  criticalErrors: null,
  countsRefusals: false,
  shownAs: null,
  unknownCommand: null,
  wrongCount: null,
};

/**
 * The program that the server is embedded in. It may do everything, and at once: what depends on who asks is
 * not asked, and nothing waits or pauses.
 */
export const EMBEDDER: Caller = {
  ...CLIENT,
  name: "embedder",
  rules: Rule.Transaction | Rule.Memory | Rule.Disk | Rule.Replicas | Rule.Role | Rule.Stale |
    Rule.Loading | Rule.LoadingAside | Rule.Busy,
  mayWait: false,
  pauses: "never",
  shownAs: "embedder",
};

/** The same, for what stood between MULTI and EXEC. */
const EMBEDDER_TRANSACTION: Caller = { ...EMBEDDER, rules: 0 };

/** EXEC, which runs what a client has queued: all but the user's rights was checked with EXEC itself. */
export const TRANSACTION: Caller = {
  ...CLIENT,
  name: "transaction",
  rules: Rule.Access,
  mayWait: false,
};

/** A file that is replayed: what is in it was checked, counted and propagated when it was written. */
export const REPLAY: Caller = {
  ...CLIENT,
  name: "replay",
  rules: 0,
  mayWait: false,
  pauses: "for_loader",
  mustObey: true,
  propagates: false,
  isObserved: false,
  criticalErrors: { from: "server", to: "AOF-loading-client" },
};

/** A file that is replayed within a command, while everybody waits. */
export const REPLAY_AT_ONCE: Caller = { ...REPLAY, pauses: "never" };

/**
 * The link to the primary, whose changes were checked there. Here they wait for the end of a pause; memory is a
 * matter where `replica-ignore-maxmemory` says so.
 */
export const PRIMARY: Caller = {
  ...CLIENT,
  name: "primary",
  rules: Rule.Memory | Rule.Pause,
  mayWait: false,
  mustObey: true,
  criticalErrors: { from: "replica", to: "master" },
};

/** The same, for what stood between MULTI and EXEC. */
const PRIMARY_TRANSACTION: Caller = { ...PRIMARY, rules: 0 };

/** A script: what a server's state means for its commands was looked at before it began, or is when it first writes. */
export const SCRIPT: Caller = {
  ...CLIENT,
  name: "script",
  rules: Rule.NoScript | Rule.Access | Rule.Script | Rule.Cluster | Rule.Stale,
  mayWait: false,
  countsRefusals: true,
  shownAs: "lua",
  unknownCommand: new ReplyError("ERR Unknown Redis command called from script"),
  wrongCount: new ReplyError("ERR Wrong number of args calling Redis command from script"),
};

/** A script that a file calls. */
const REPLAYED_SCRIPT: Caller = {
  ...SCRIPT,
  rules: Rule.NoScript | Rule.Access | Rule.Script,
  mustObey: true,
  propagates: false,
  isObserved: false,
  criticalErrors: REPLAY.criticalErrors,
};

/** A script that the primary has called. */
const PRIMARY_SCRIPT: Caller = {
  ...SCRIPT,
  rules: SCRIPT.rules & ~Rule.Cluster,
  mustObey: true,
};

/** As what a script runs that a caller has called. */
export function callerOfScript(caller: Caller): Caller {
  if (!caller.mustObey) return SCRIPT;
  return caller.name === "primary" ? PRIMARY_SCRIPT : REPLAYED_SCRIPT;
}

/** As what a caller runs what it has queued. */
export function callerOfQueue(caller: Caller): Caller {
  if (caller === CLIENT) return TRANSACTION;
  if (caller === EMBEDDER) return EMBEDDER_TRANSACTION;
  return caller === PRIMARY ? PRIMARY_TRANSACTION : caller;
}
