/**
 * What a script throws. Neither class extends Error: a stack trace of JavaScript would cost more than
 * the whole script, and says nothing about it.
 */

import { numberText } from "./number_text.ts";
import type { LuaValue } from "./values.ts";

/** An argument that a library function refuses: its text needs the name by which the script calls it. */
export interface BadArgument {
  /** Which argument, from 1. */
  readonly index: number;
  readonly problem: string;
}

/** An operation on a value that has no such operation: its text needs the name of the operand. */
export interface BadOperand {
  /** Such as "index" or "perform arithmetic on". */
  readonly operation: string;
  /** The type of the operand. */
  readonly type: string;
  /** Which of the operation's operands it is. */
  readonly operand: number;
}

/**
 * An error of a script, which `pcall` catches. Its position is found while it passes the functions that
 * are left: nothing is kept for it as long as nothing goes wrong.
 */
export class LuaError {
  /** How many functions the error must still pass until its position is known: 0 once the value is final. */
  level: number;
  /** Where the next function stood, if an operation knows it better than its last call; or -1. */
  site = -1;
  /** Whether it has left a Lua function. */
  passed = false;
  /** Whether the function that it left last is one of Lua, which a tail call may have put in another's place. */
  hasLeftLua = false;
  /** The innermost Lua function's chunk and line; "" before it has left one. */
  chunk = "";
  line = 0;
  badArgument: BadArgument | null = null;
  badOperand: BadOperand | null = null;

  /** An error with any value; level 0 leaves the value as it is. */
  constructor(public value: LuaValue, level = 0) {
    this.level = level;
  }

  /** The error's text, for a value that is a string or a number. */
  get text(): string {
    const { value } = this;
    return typeof value === "string" || typeof value === "number"
      ? String(value)
      : "(error object is not a string)";
  }

  /** For JavaScript's own tools. */
  toString(): string {
    return `LuaError: ${this.text}`;
  }
}

/** Ends a script from outside, or because a budget is used up: no `pcall` catches it. */
export class LuaKill {
  chunk = "";
  line = 0;

  constructor(readonly reason: string) {}

  /** For JavaScript's own tools. */
  toString(): string {
    return `LuaKill: ${this.reason}`;
  }
}

/** An error with a text, to which the position of the Lua function that called is added. */
export function luaError(text: string): LuaError {
  return new LuaError(text, 1);
}

/** The error of a library function whose argument is wrong. */
export function argumentError(index: number, problem: string): LuaError {
  const error = new LuaError(undefined, 1);
  error.badArgument = { index, problem };
  return error;
}

/** The site of operations of the library itself: their errors have no position. */
export const NO_SITE = -2;

/** The error of an operation that stands at `site`. */
export function operandError(
  site: number,
  operation: string,
  type: string,
  operand = 0,
): LuaError {
  if (site === NO_SITE) return new LuaError(`attempt to ${operation} a ${type} value`);
  const error = new LuaError(undefined, 1);
  error.badOperand = { operation, type, operand };
  error.site = site;
  return error;
}

/** An error with a text that stands at `site`. */
export function siteError(site: number, text: string): LuaError {
  if (site === NO_SITE) return new LuaError(text);
  const error = new LuaError(text, 1);
  error.site = site;
  return error;
}

/** The text of an error whose names could not be found. */
function namelessText(error: LuaError): LuaValue {
  const { badArgument, badOperand } = error;
  if (badArgument !== null) {
    return `bad argument #${badArgument.index} to '?' (${badArgument.problem})`;
  }
  if (badOperand !== null) {
    return `attempt to ${badOperand.operation} a ${badOperand.type} value`;
  }
  const { value } = error;
  return typeof value === "number" ? numberText(value) : value;
}

/**
 * The error leaves a function that is not written in Lua (pcall, sort, the host): if its position would
 * be there, it has none.
 */
export function passHost(error: LuaError): void {
  error.hasLeftLua = false;
  if (error.level > 0 && --error.level === 0) settle(error, namelessText(error));
}

/** Nobody is left whose position it could be: the error has none. */
export function settleWithoutPosition(error: LuaError): void {
  if (error.level > 0) settle(error, namelessText(error));
}

/** Gives the error its final value. */
export function settle(error: LuaError, value: LuaValue): void {
  error.value = value;
  error.level = 0;
  error.badArgument = null;
  error.badOperand = null;
}
