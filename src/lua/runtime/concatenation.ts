/** `..` on any values. */

import { LuaError, operandError } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { callHandler, CONCAT, handlerOf } from "./metatables.ts";
import { numberText } from "./number_text.ts";
import { type LuaValue, typeName } from "./values.ts";

/** `a .. b`. */
export function concat(a: LuaValue, b: LuaValue, site: number): LuaValue {
  if (typeof a === "string") {
    if (typeof b === "string") return join(a, b);
    if (typeof b === "number") return join(a, numberText(b));
  }
  return concatPair(a, b, site, 0);
}

/** `a .. b .. c` and longer, from the right to the left as Lua does. */
export function concatAll(values: LuaValue[], site: number): LuaValue {
  let result = values[values.length - 1];
  for (let i = values.length - 2; i >= 0; i--) result = concatPair(values[i], result, site, i);
  return result;
}

function concatPair(a: LuaValue, b: LuaValue, site: number, operand: number): LuaValue {
  const left = textOf(a), right = textOf(b);
  if (left !== undefined && right !== undefined) return join(left, right);
  const handler = handlerOf(a, CONCAT) ?? handlerOf(b, CONCAT);
  if (handler !== undefined) return callHandler(handler, site, a, b);
  throw left === undefined
    ? operandError(site, "concatenate", typeName(a), operand)
    : operandError(site, "concatenate", typeName(b), operand + 1);
}

/** The string that `..` takes a value for, or undefined. */
export function textOf(value: LuaValue): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? numberText(value) : undefined;
}

/** Two strings as one; their length is charged, since JavaScript may copy them at any later time. */
function join(a: string, b: string): string {
  const length = a.length + b.length;
  if (length >= 1024) chargeString(length);
  return a + b;
}

/** Charges a string that is about to be made, and refuses those that are too long. */
export function chargeString(length: number): void {
  if (machine.budget !== null && length > machine.budget.stringLimit) {
    throw new LuaError("not enough memory", 0);
  }
  machine.reserve(length);
}
