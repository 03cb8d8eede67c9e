/** The library `table` (ltablib.c), but for sorting: table_sort.ts. */

import { callNow } from "../runtime/driver.ts";
import { first, NOTHING } from "../runtime/function.ts";
import { chargeString } from "../runtime/concatenation.ts";
import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { numberText } from "../runtime/number_text.ts";
import type { LuaTable } from "../runtime/table.ts";
import { type LuaResult, type LuaValue, typeName } from "../runtime/values.ts";
import {
  type Args,
  functionAt,
  int32At,
  optionalInt32At,
  optionalStringAt,
  tableAt,
} from "./arguments.ts";
import { checkWritable } from "./base_library.ts";
import { makeLibrary } from "./open_library.ts";
import { sort } from "./table_sort.ts";

function insert(args: Args): LuaResult {
  const table = tableAt(args, 0);
  let last = table.length() + 1;
  let at: number;
  switch (args.length) {
    case 2:
      at = last;
      break;
    case 3:
      at = int32At(args, 1);
      if (at > last) last = at;
      checkWritable(table);
      moveUp(table, at, last);
      break;
    default:
      throw luaError("wrong number of arguments to 'insert'");
  }
  checkWritable(table);
  table.setNumber(at, args[args.length - 1]);
  return NOTHING;
}

/** Moves the elements from `at` to before `last` by one. The script says how many those are, not the table. */
function moveUp(table: LuaTable, at: number, last: number): void {
  for (let i = last; i > at; i--) {
    if ((i & 0xff) === 0) machine.spend(16);
    table.setNumber(i, table.getNumber(i - 1));
  }
}

function remove(args: Args): LuaResult {
  const table = tableAt(args, 0);
  const last = table.length();
  let at = optionalInt32At(args, 1, last);
  if (!(at >= 1 && at <= last)) return NOTHING;
  checkWritable(table);
  machine.spend(last - at >> 4);
  const removed = table.getNumber(at);
  for (; at < last; at++) table.setNumber(at, table.getNumber(at + 1));
  table.setNumber(last, undefined);
  return removed;
}

function concat(args: Args): LuaResult {
  const separator = optionalStringAt(args, 1, "");
  const table = tableAt(args, 0);
  let at = optionalInt32At(args, 2, 1);
  const last = args[3] === undefined ? table.length() : int32At(args, 3);
  const parts: string[] = [];
  let length = 0;
  for (; at <= last; at++) {
    const value = table.getNumber(at);
    let text: string;
    if (typeof value === "string") text = value;
    else if (typeof value === "number") text = numberText(value);
    else {
      throw luaError(
        `invalid value (${typeName(value)}) at index ${at} in table for 'concat'`,
      );
    }
    parts.push(text);
    length += text.length + separator.length;
    if ((parts.length & 0xfff) === 0) {
      machine.spend(0x1000 >> 3);
      chargeString(length);
    }
  }
  chargeString(length);
  return parts.join(separator);
}

function maxn(table: LuaTable): number {
  let max = 0;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
    const key = table.keyAt(at);
    if (typeof key === "number" && key > max) max = key;
  }
  return max;
}

function foreach(args: Args): LuaResult {
  const table = tableAt(args, 0), code = functionAt(args, 1);
  let key: LuaValue;
  for (;;) {
    const at = table.nextPosition(table.positionOf(key));
    if (at === 0) return NOTHING;
    key = table.keyAt(at);
    const result = first(callNow(code, key, table.valueAt(at)));
    if (result !== undefined) return result;
  }
}

function foreachi(args: Args): LuaResult {
  const table = tableAt(args, 0), code = functionAt(args, 1);
  const last = table.length();
  for (let i = 1; i <= last; i++) {
    const result = first(callNow(code, i, table.getNumber(i)));
    if (result !== undefined) return result;
  }
  return NOTHING;
}

/** The table of the library. */
export function makeTableLibrary(): LuaTable {
  return makeLibrary({
    concat: (...args) => concat(args),
    foreach: (...args) => foreach(args),
    foreachi: (...args) => foreachi(args),
    getn: (...args) => tableAt(args, 0).length(),
    insert: (...args) => insert(args),
    maxn: (...args) => maxn(tableAt(args, 0)),
    remove: (...args) => remove(args),
    setn: (...args) => {
      tableAt(args, 0);
      throw luaError("'setn' is obsolete");
    },
    sort: (...args) => sort(args),
  });
}
