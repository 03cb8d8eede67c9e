/** Whether a command may run now: a list of rules, asked in the reference's order. */

import type { ReplyError } from "../base/errors.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";
import { ALL_RULES } from "./rule.ts";
import type { Session } from "./session.ts";

/** The command has to wait, and is put back until the client goes on. */
export const WAITS = Symbol("waits");
/** The client is gone: nothing is replied. */
export const GONE = Symbol("gone");

/** What a rule says of a call: why it is refused, or that it waits; null: nothing against it. */
export type Verdict = ReplyError | typeof WAITS | typeof GONE | null;

/** One rule. */
export interface AdmissionRule {
  /** Its bit of `Rule`. */
  readonly bit: number;
  /** Whether calls with these command flags are concerned at all. */
  concerns(flags: number): boolean;
  /** What it says of a call; `flags` are the command's, with those of what it runs from a queue. */
  check(session: Session, command: Command, frame: Frame, flags: number): Verdict;
}

/** What scripts say of calls that run them. */
export interface ScriptFlags {
  /** The flags of a call that runs a script, of which `flags` are the command's. */
  flagsOf(flags: number, frame: Frame): number;
}

/** Where there are no scripts. */
const NO_SCRIPTS: ScriptFlags = { flagsOf: (flags) => flags };

/** Whose calls may be concerned by any rule. */
const DEPENDING = CommandBit.RunsQueue | CommandBit.RunsScript;

/**
 * The rules, and which of them are in force. A rule is in force for everybody (`setInForce`) or for a
 * session (`Session.restrictions`). Which rules concern a command is known in advance: where none that
 * does is in force, admission is one comparison.
 */
export class Admission {
  readonly #rules: readonly AdmissionRule[];
  /** By the command's id: the rules that may concern it. */
  readonly #concerning: number[] = [];
  readonly #scripts: ScriptFlags;
  #inForce = 0;

  /** `rules` stand in the order of their bits; `commands` are all that there are, sub-commands too. */
  constructor(
    rules: readonly AdmissionRule[],
    commands: Iterable<Command>,
    scripts: ScriptFlags = NO_SCRIPTS,
  ) {
    this.#rules = rules;
    this.#scripts = scripts;
    for (const command of commands) {
      this.#concerning[command.id] = (command.flags & DEPENDING) !== 0
        // It depends on what is queued, or on the script.
        ? ALL_RULES
        : rules.reduce((bits, rule) => rule.concerns(command.flags) ? bits | rule.bit : bits, 0);
    }
  }

  /** Puts a rule in force for everybody, or out of it. */
  setInForce(bit: number, isInForce: boolean): void {
    this.#inForce = isInForce ? this.#inForce | bit : this.#inForce & ~bit;
  }

  /** Whether a rule is in force for everybody. */
  isInForce(bit: number): boolean {
    return (this.#inForce & bit) !== 0;
  }

  /** What the first rule says that has something against a call. */
  admit(session: Session, command: Command, frame: Frame): Verdict {
    const bits = this.#concerning[command.id] & session.caller.rules &
      (this.#inForce | session.restrictions);
    return bits === 0 ? null : this.#ask(bits, session, command, frame);
  }

  #ask(bits: number, session: Session, command: Command, frame: Frame): Verdict {
    let flags = session.transaction.flagsOf(command);
    if ((flags & CommandBit.RunsScript) !== 0) flags = this.#scripts.flagsOf(flags, frame);
    for (const rule of this.#rules) {
      if ((bits & rule.bit) === 0 || !rule.concerns(flags)) continue;
      const verdict = rule.check(session, command, frame, flags);
      if (verdict !== null) return verdict;
    }
    return null;
  }
}
