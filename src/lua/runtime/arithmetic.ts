/** Arithmetic on any values: what generated code calls where it does not know that they are numbers. */

import { operandError } from "./lua_error.ts";
import {
  ADD,
  callHandler,
  DIVIDE,
  type Event,
  handlerOf,
  LENGTH,
  MODULO,
  MULTIPLY,
  NEGATE,
  POWER,
  SUBTRACT,
} from "./metatables.ts";
import { parseNumber } from "./number_text.ts";
import { LuaTable } from "./table.ts";
import { type LuaValue, typeName } from "./values.ts";

/** `a + b`. */
export function add(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number" ? a + b : calculate(ADD, a, b, site);
}

/** `a - b`. */
export function subtract(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number" ? a - b : calculate(SUBTRACT, a, b, site);
}

/** `a * b`. */
export function multiply(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number" ? a * b : calculate(MULTIPLY, a, b, site);
}

/** `a / b`. */
export function divide(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number" ? a / b : calculate(DIVIDE, a, b, site);
}

/** `a % b`. */
export function modulo(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number"
    ? moduloNumbers(a, b)
    : calculate(MODULO, a, b, site);
}

/** `a ^ b`. */
export function power(a: LuaValue, b: LuaValue, site: number): LuaValue {
  return typeof a === "number" && typeof b === "number"
    ? powerNumbers(a, b)
    : calculate(POWER, a, b, site);
}

/** `a % b` of numbers: the sign is that of b. */
export function moduloNumbers(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}

/** `a ^ b` of numbers, as C's pow. */
export function powerNumbers(a: number, b: number): number {
  // JavaScript's power has no number where C says 1.
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return a ** b;
}

/** `-a`. */
export function negate(a: LuaValue, site: number): LuaValue {
  if (typeof a === "number") return -a;
  const number = toNumber(a);
  if (number !== undefined) return -number;
  const handler = handlerOf(a, NEGATE);
  if (handler !== undefined) return callHandler(handler, site, a, a);
  throw operandError(site, "perform arithmetic on", typeName(a));
}

/** `#a`. */
export function lengthOf(a: LuaValue, site: number): LuaValue {
  if (a instanceof LuaTable) return a.length();
  if (typeof a === "string") return a.length;
  const handler = handlerOf(a, LENGTH);
  if (handler !== undefined) return callHandler(handler, site, a, undefined);
  throw operandError(site, "get length of", typeName(a));
}

/** The number that a value is, or that a string can be read as. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? parseNumber(value) : undefined;
}

function calculate(event: Event, a: LuaValue, b: LuaValue, site: number): LuaValue {
  const x = toNumber(a), y = toNumber(b);
  if (x !== undefined && y !== undefined) return calculateNumbers(event, x, y);
  const handler = handlerOf(a, event) ?? handlerOf(b, event);
  if (handler !== undefined) return callHandler(handler, site, a, b);
  throw x === undefined
    ? operandError(site, "perform arithmetic on", typeName(a), 0)
    : operandError(site, "perform arithmetic on", typeName(b), 1);
}

function calculateNumbers(event: Event, a: number, b: number): number {
  switch (event) {
    case ADD:
      return a + b;
    case SUBTRACT:
      return a - b;
    case MULTIPLY:
      return a * b;
    case DIVIDE:
      return a / b;
    case MODULO:
      return moduloNumbers(a, b);
    default:
      return powerNumbers(a, b);
  }
}
