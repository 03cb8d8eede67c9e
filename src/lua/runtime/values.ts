/**
 * The values of Lua as values of JavaScript: nil is undefined, numbers are doubles, strings are byte
 * strings (one character per byte, U+0000 to U+00FF), the rest are classes of this room.
 */

import { LuaFunction } from "./function.ts";
import { LuaTable } from "./table.ts";
import { Thread } from "./thread.ts";

/** A value that scripts can hold but not look into, such as cjson's null. */
export class LuaUserdata {
  id = 0;
  metatable: LuaTable | null = null;

  constructor(
    /** What `tostring` shows after "userdata: ", or "" for an address. */
    readonly label = "",
  ) {}
}

/** Any value of Lua. */
export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | LuaFunction
  | Thread
  | LuaUserdata;

/**
 * What a function returns: undefined for nil, a plain value for one result, an array for none or several
 * (which nobody may change afterwards).
 */
export type LuaResult = LuaValue | LuaValue[];

/** The name of a value's type, as `type` gives it. */
export function typeName(value: LuaValue): string {
  switch (typeof value) {
    case "undefined":
      return "nil";
    case "boolean":
      return "boolean";
    case "number":
      return "number";
    case "string":
      return "string";
  }
  if (value instanceof LuaTable) return "table";
  if (value instanceof LuaFunction) return "function";
  if (value instanceof Thread) return "thread";
  return "userdata";
}
