/** Functions of the library that can be resolved when a chunk is compiled. */

import { LuaFunction } from "../runtime/function.ts";
import { hashString } from "../runtime/string_hash.ts";
import { LuaTable } from "../runtime/table.ts";
import type { Expression } from "./ast.ts";
import { originOf } from "./expression_kinds.ts";
import { nameOf } from "./operand_names.ts";

/** A function that a chunk refers to by a name whose meaning can't change. */
export interface KnownFunction {
  readonly value: LuaFunction;
  /** As an error would name it, such as "global pairs", "field format" or "local call". */
  readonly name: string;
}

/**
 * The global variables as a chunk finds them. Those of a read-only table whose value is a function, or a
 * read-only table with functions, are taken to stay.
 */
export class Library {
  readonly #globals: LuaTable;

  constructor(globals: LuaTable) {
    this.#globals = globals;
  }

  /** The function that an expression always is, or undefined; also where locals hand it on. */
  resolve(expression: Expression): KnownFunction | undefined {
    if (!this.#globals.readonly) return undefined;
    if (expression.kind === "local") {
      const origin = originOf(expression.local);
      const known = origin === undefined ? undefined : this.resolve(origin);
      return known && { value: known.value, name: nameOf(expression) };
    }
    if (expression.kind === "global") {
      const value = this.#global(expression.name);
      if (!(value instanceof LuaFunction)) return undefined;
      return { value, name: `global ${expression.name}` };
    }
    if (expression.kind !== "index") return undefined;
    const { object, key } = expression;
    if (object.kind !== "global" || key.kind !== "string") return undefined;
    const library = this.#global(object.name);
    if (!(library instanceof LuaTable) || !library.readonly) return undefined;
    const value = library.getString(key.value, hashString(key.value));
    if (!(value instanceof LuaFunction)) return undefined;
    return { value, name: `field ${key.value}` };
  }

  #global(name: string) {
    return this.#globals.getString(name, hashString(name));
  }
}
