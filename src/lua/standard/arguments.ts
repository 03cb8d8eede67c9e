/** How functions of the library read their arguments (lauxlib.c); arguments are counted from 0 here. */

import { LuaFunction } from "../runtime/function.ts";
import { argumentError, type LuaError } from "../runtime/lua_error.ts";
import { numberText, parseNumber } from "../runtime/number_text.ts";
import { LuaTable } from "../runtime/table.ts";
import { type LuaValue, typeName } from "../runtime/values.ts";

/** The arguments of a call. */
export type Args = readonly LuaValue[];

/** The error of an argument that is not of the type that is expected. */
export function typeError(args: Args, at: number, expected: string): LuaError {
  const actual = at < args.length ? typeName(args[at]) : "no value";
  return argumentError(at + 1, `${expected} expected, got ${actual}`);
}

/** A string, or a number as text. */
export function stringAt(args: Args, at: number): string {
  const value = args[at];
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  throw typeError(args, at, "string");
}

/** A string, or `fallback` for nil and none. */
export function optionalStringAt(args: Args, at: number, fallback: string): string {
  return args[at] === undefined ? fallback : stringAt(args, at);
}

/** A number, or a string that can be read as one. */
export function numberAt(args: Args, at: number): number {
  const value = args[at];
  if (typeof value === "number") return value;
  const number = typeof value === "string" ? parseNumber(value) : undefined;
  if (number === undefined) throw typeError(args, at, "number");
  return number;
}

const INT64_LIMIT = 2 ** 63;

/** A double as C casts it to a 64-bit integer. */
export function truncate(value: number): number {
  if (!(value < INT64_LIMIT && value >= -INT64_LIMIT)) return -INT64_LIMIT;
  return Math.trunc(value) + 0;
}

/** A number cut to an integer of 64 bits (luaL_checkinteger). */
export function integerAt(args: Args, at: number): number {
  return truncate(numberAt(args, at));
}

/** An integer, or `fallback` for nil and none. */
export function optionalIntegerAt(args: Args, at: number, fallback: number): number {
  return args[at] === undefined ? fallback : integerAt(args, at);
}

/** A number cut to an integer of 32 bits (luaL_checkint). */
export function int32At(args: Args, at: number): number {
  return toInt32(numberAt(args, at));
}

/** A double as C casts it to 64 bits and then to 32. */
export function toInt32(value: number): number {
  const integer = truncate(value);
  if (integer >= -(2 ** 53) && integer <= 2 ** 53) return integer | 0;
  return Number(BigInt.asIntN(32, BigInt(integer)));
}

/** A 32-bit integer, or `fallback` for nil and none. */
export function optionalInt32At(args: Args, at: number, fallback: number): number {
  return args[at] === undefined ? fallback : int32At(args, at);
}

/** A table. */
export function tableAt(args: Args, at: number): LuaTable {
  const value = args[at];
  if (value instanceof LuaTable) return value;
  throw typeError(args, at, "table");
}

/** A function. */
export function functionAt(args: Args, at: number): LuaFunction {
  const value = args[at];
  if (value instanceof LuaFunction) return value;
  throw typeError(args, at, "function");
}

/** Any value, but not none. */
export function anyAt(args: Args, at: number): LuaValue {
  if (at >= args.length) throw argumentError(at + 1, "value expected");
  return args[at];
}
