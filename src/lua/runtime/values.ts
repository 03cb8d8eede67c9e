/**
 * The values of Lua as values of JavaScript: nil is undefined, numbers are doubles, strings are byte
 * strings (one character per byte, U+0000 to U+00FF), the rest are the classes that implement `LuaObject`.
 */

/** A value with an identity: a table, function, thread or userdata, each in a file of its own. */
export interface LuaObject {
  /** A number of its own once it has been a key or was printed, till then 0; see `identity`. */
  id: number;
  /** What `type` gives. A getter of the class: objects have no field for it. */
  readonly typeName: string;
}

/** Any value of Lua. */
export type LuaValue = undefined | boolean | number | string | LuaObject;

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
  return value.typeName;
}
