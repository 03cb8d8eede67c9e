/** How an error finds its position and its names while it leaves functions. */

import { asLuaError } from "./driver.ts";
import { type BadArgument, type BadOperand, type LuaError, LuaKill, settle } from "./lua_error.ts";

import { numberText } from "./number_text.ts";
import type { LuaValue } from "./values.ts";

/**
 * The places of a chunk where something can go wrong. A name is "global x", "local x", "field x",
 * "method x" or "upvalue x"; "" where Lua has none.
 */
export interface ChunkSites {
  /** The chunk's name as errors show it. */
  readonly name: string;
  /** The name that the chunk was given. */
  readonly source: string;
  /** The line of each site; negative for calls that replace their function (tail calls). */
  readonly lines: readonly number[];
  /** The names of the operands or of the called function, joined by NULs; "" for none. */
  readonly names: readonly string[];
}

/**
 * What a function throws on when `thrown` leaves it: the same error, which knows more. `callSite` is the
 * site of the function's last call.
 */
export function unwind(thrown: unknown, chunk: ChunkSites, callSite: number): unknown {
  if (thrown instanceof LuaKill) {
    if (thrown.chunk === "") {
      thrown.chunk = chunk.source;
      thrown.line = Math.abs(chunk.lines[callSite] ?? 0);
    }
    return thrown;
  }
  const error = asLuaError(thrown);
  if (error === null) return thrown;
  passLua(error, chunk, callSite);
  return error;
}

/** The error passes a Lua function: if its position is there, it gets that. */
export function passLua(error: LuaError, chunk: ChunkSites, callSite: number): void {
  const site = error.site >= 0 ? error.site : callSite;
  error.site = -1;
  const line = chunk.lines[site] ?? 0;
  if (!error.passed) {
    error.chunk = chunk.source;
    error.line = Math.abs(line);
  }
  if (error.level > 0 && --error.level === 0) {
    const isLost = error.hasLeftLua && line < 0;
    const where = isLost ? "" : `${chunk.name}:${Math.abs(line)}: `;
    const { badArgument, badOperand, value } = error;
    const names = chunk.names[site] ?? "";
    if (badArgument !== null) settle(error, where + argumentText(badArgument, names));
    else if (badOperand !== null) settle(error, where + operandText(badOperand, names));
    else settle(error, withPosition(where, value));
  }
  error.passed = error.hasLeftLua = true;
}

function withPosition(where: string, value: LuaValue): LuaValue {
  if (typeof value === "number") return where + numberText(value);
  return typeof value === "string" ? where + value : value;
}

function argumentText({ index, problem }: BadArgument, names: string): string {
  const at = names.indexOf(" ");
  const name = at < 0 ? "?" : names.slice(at + 1);
  if (names.startsWith("method ")) {
    return index === 1
      ? `calling '${name}' on bad self (${problem})`
      : `bad argument #${index - 1} to '${name}' (${problem})`;
  }
  return `bad argument #${index} to '${name}' (${problem})`;
}

function operandText({ operation, type, operand }: BadOperand, names: string): string {
  const name = names.split("\0")[operand] ?? "";
  if (name === "") return `attempt to ${operation} a ${type} value`;
  const at = name.indexOf(" ");
  return `attempt to ${operation} ${name.slice(0, at)} '${name.slice(at + 1)}' (a ${type} value)`;
}

/** The error of a value that is thrown, for who catches it; what no script may catch is thrown on. */
export function caught(thrown: unknown): LuaError {
  const error = asLuaError(thrown);
  if (error === null) throw thrown;
  return error;
}
