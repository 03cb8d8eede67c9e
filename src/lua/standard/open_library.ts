/** How libraries are put into tables. */

import { hostFunction, type PlainCode } from "../runtime/function.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";

/** A library: its functions and other values by name. */
export interface LibraryParts {
  readonly [name: string]: PlainCode | LuaValue;
}

/** Puts a library's parts into a table, in their order. */
export function fillLibrary(table: LuaTable, parts: LibraryParts): LuaTable {
  for (const [name, part] of Object.entries(parts)) {
    table.set(name, typeof part === "function" ? hostFunction(name, part) : part);
  }
  return table;
}

/** A new table with a library's parts. */
export function makeLibrary(parts: LibraryParts): LuaTable {
  return fillLibrary(new LuaTable(0, Object.keys(parts).length), parts);
}
