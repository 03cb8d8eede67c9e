/**
 * Who calls a command, as a value: what the way of a command does differently for a client, for what EXEC
 * runs, and for a file that is replayed. Nothing asks whether somebody has a socket.
 */

import { ALL_RULES, Rule } from "./rule.ts";

/** What is particular to a kind of caller. Whose user and which database it works with, its session knows. */
export interface Caller {
  readonly name: "client" | "transaction" | "replay";
  /** The rules of admission that it is subject to: bits of `Rule`. */
  readonly rules: number;
  /** Whether its commands may wait (BLPOP, WAIT). Those that may not reply at once that there is nothing. */
  readonly mayWait: boolean;
  /** Whether what it says was decided elsewhere: limits that protect from clients do not apply to it. */
  readonly mustObey: boolean;
  /** Whether what it changes is propagated. */
  readonly propagates: boolean;
  /** Whether its calls are counted, timed and shown to monitors. */
  readonly isObserved: boolean;
  /** Whether an error that it gets means that the data is not what its writer had. */
  readonly errorsAreCritical: boolean;
}

/** The peer of a connection. */
export const CLIENT: Caller = {
  name: "client",
  rules: ALL_RULES,
  mayWait: true,
  mustObey: false,
  propagates: true,
  isObserved: true,
  errorsAreCritical: false,
};

/** EXEC, which runs what a client has queued: all but the user's rights was checked with EXEC itself. */
export const TRANSACTION: Caller = {
  ...CLIENT,
  name: "transaction",
  rules: Rule.Access,
  mayWait: false,
};

/** A file that is replayed: what is in it was checked, counted and propagated when it was written. */
export const REPLAY: Caller = {
  name: "replay",
  rules: 0,
  mayWait: false,
  mustObey: true,
  propagates: false,
  isObserved: false,
  errorsAreCritical: true,
};

/** As what a caller runs what it has queued. */
export function callerOfQueue(caller: Caller): Caller {
  return caller === CLIENT ? TRANSACTION : caller;
}
