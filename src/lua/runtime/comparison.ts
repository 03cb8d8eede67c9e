/** Comparisons of any values. Strings are compared byte by byte, as in the C locale. */

import { siteError } from "./lua_error.ts";
import { callHandler, EQUAL, type Event, handlerOf, LESS, LESS_EQUAL } from "./metatables.ts";
import { LuaTable } from "./table.ts";
import { LuaUserdata } from "./userdata.ts";
import { type LuaValue, typeName } from "./values.ts";

/** `a == b`. */
export function equal(a: LuaValue, b: LuaValue, site: number): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && equalByHandler(a, b, site));
}

/** `a < b`. */
export function less(a: LuaValue, b: LuaValue, site: number): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string") return a < b;
  return lessByHandler(a, b, site);
}

/** `a <= b`. */
export function lessOrEqual(a: LuaValue, b: LuaValue, site: number): boolean {
  if (typeof a === "number" && typeof b === "number") return a <= b;
  if (typeof a === "string" && typeof b === "string") return a <= b;
  return lessOrEqualByHandler(a, b, site);
}

/** Whether a condition is met by the value: all but nil and false. */
export function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

function equalByHandler(a: LuaValue, b: LuaValue, site: number): boolean {
  const isPair = (a instanceof LuaTable && b instanceof LuaTable) ||
    (a instanceof LuaUserdata && b instanceof LuaUserdata);
  if (!isPair || a.metatable === null || b.metatable === null) return false;
  const handler = handlerOf(a, EQUAL);
  if (handler === undefined) return false;
  if (a.metatable !== b.metatable && handlerOf(b, EQUAL) !== handler) return false;
  return isTrue(callHandler(handler, site, a, b));
}

function lessByHandler(a: LuaValue, b: LuaValue, site: number): boolean {
  const handler = orderHandler(a, b, LESS);
  if (handler !== undefined) return isTrue(callHandler(handler, site, a, b));
  throw orderError(a, b, site);
}

function lessOrEqualByHandler(a: LuaValue, b: LuaValue, site: number): boolean {
  const handler = orderHandler(a, b, LESS_EQUAL);
  if (handler !== undefined) return isTrue(callHandler(handler, site, a, b));
  const converse = orderHandler(b, a, LESS);
  if (converse !== undefined) return !isTrue(callHandler(converse, site, b, a));
  throw orderError(a, b, site);
}

/** The handler that two values of one type agree on. */
function orderHandler(a: LuaValue, b: LuaValue, event: Event): LuaValue {
  if (typeName(a) !== typeName(b)) return undefined;
  const handler = handlerOf(a, event);
  return handler !== undefined && handlerOf(b, event) === handler ? handler : undefined;
}

function orderError(a: LuaValue, b: LuaValue, site: number) {
  const left = typeName(a), right = typeName(b);
  // Lua tells types apart by the third letter of their names.
  return siteError(
    site,
    left[2] === right[2]
      ? `attempt to compare two ${left} values`
      : `attempt to compare ${left} with ${right}`,
  );
}
