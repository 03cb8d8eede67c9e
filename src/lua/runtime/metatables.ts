/** Metatables and the events that they handle. */

import { callMetamethod } from "./driver.ts";
import { first, LuaFunction } from "./function.ts";
import { LuaError, operandError } from "./lua_error.ts";
import { hashString } from "./string_hash.ts";
import { LuaTable } from "./table.ts";
import { LuaUserdata } from "./userdata.ts";
import { type LuaValue, typeName } from "./values.ts";

/** An event's key and its hash. */
export interface Event {
  readonly key: string;
  readonly hash: number;
}

function event(key: string): Event {
  return { key, hash: hashString(key) };
}

export const INDEX = event("__index");
export const NEW_INDEX = event("__newindex");
export const CALL = event("__call");
export const EQUAL = event("__eq");
export const LESS = event("__lt");
export const LESS_EQUAL = event("__le");
export const LENGTH = event("__len");
export const CONCAT = event("__concat");
export const TO_STRING = event("__tostring");
export const METATABLE = event("__metatable");
export const ADD = event("__add");
export const SUBTRACT = event("__sub");
export const MULTIPLY = event("__mul");
export const DIVIDE = event("__div");
export const MODULO = event("__mod");
export const POWER = event("__pow");
export const NEGATE = event("__unm");

/** How often a handler of `__index` or `__newindex` may be another table (MAXTAGLOOP). */
export const MAX_INDEX_CHAIN = 100;

/** The metatable that all strings of the running state share: one more register beside `machine`. */
export const strings: { metatable: LuaTable | null } = { metatable: null };

/** The value's metatable. */
export function metatableOf(value: LuaValue): LuaTable | null {
  if (value instanceof LuaTable || value instanceof LuaUserdata) return value.metatable;
  return typeof value === "string" ? strings.metatable : null;
}

/** What the value's metatable has for an event. */
export function handlerOf(value: LuaValue, { key, hash }: Event): LuaValue {
  const metatable = metatableOf(value);
  return metatable === null ? undefined : metatable.getString(key, hash);
}

/** The first result of a handler that is called by an operation at `site`. */
export function callHandler(
  handler: LuaValue,
  site: number,
  a: LuaValue,
  b: LuaValue,
  c?: LuaValue,
): LuaValue {
  try {
    return first(
      c === undefined
        ? callMetamethod(callee(handler), a, b)
        : callMetamethod(callee(handler), a, b, c),
    );
  } catch (error) {
    if (error instanceof LuaError && error.level > 0) error.site = site;
    throw error;
  }
}

/** The function that a call of the value runs. */
export function callee(value: LuaValue): LuaFunction {
  return value instanceof LuaFunction ? value : calleeByHandler(value);
}

function calleeByHandler(value: LuaValue): LuaFunction {
  const handler = handlerOf(value, CALL);
  if (!(handler instanceof LuaFunction)) throw operandError(-1, "call", typeName(value));
  const { plain, paced } = handler;
  return paced === null
    ? new LuaFunction((...args) => plain!(value, ...args), null)
    : new LuaFunction(null, (depth, ...args) => paced(depth, value, ...args));
}
