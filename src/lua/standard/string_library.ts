/** The library `string` (lstrlib.c): its simple functions. `dump` always fails: there is no bytecode. */

import { chargeString } from "../runtime/concatenation.ts";
import { argumentError, luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaTable } from "../runtime/table.ts";
import { NOTHING } from "../runtime/function.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import { type Args, int32At, integerAt, optionalIntegerAt, stringAt } from "./arguments.ts";
import { makeLibrary } from "./open_library.ts";
import { find, gmatch, gsub, match } from "./pattern_functions.ts";
import { format } from "./string_format.ts";

/** So many results at most (LUAI_MAXCSTACK). */
const MAX_RESULTS = 7999;

function sub(...args: Args): LuaResult {
  const text = stringAt(args, 0);
  let start = integerAt(args, 1), end = optionalIntegerAt(args, 2, -1);
  const { length } = text;
  if (start < 0) start += length + 1;
  if (end < 0) end += length + 1;
  if (start < 1) start = 1;
  if (end > length) end = length;
  return start <= end ? text.slice(start - 1, end) : "";
}

function byte(...args: Args): LuaResult {
  const text = stringAt(args, 0);
  const { length } = text;
  let start = optionalIntegerAt(args, 1, 1);
  if (start < 0) start = Math.max(0, start + length + 1);
  let end = optionalIntegerAt(args, 2, start);
  if (end < 0) end += length + 1;
  if (start <= 0) start = 1;
  if (end > length) end = length;
  if (start > end) return NOTHING;
  if (start === end) return text.charCodeAt(start - 1);
  const count = end - start + 1;
  if (count > MAX_RESULTS) throw luaError("stack overflow (string slice too long)");
  const values: LuaValue[] = [];
  for (let i = start - 1; i < end; i++) values.push(text.charCodeAt(i));
  return values;
}

function char(...args: Args): LuaResult {
  let text = "";
  for (let i = 0; i < args.length; i++) {
    const code = int32At(args, i);
    if (code < 0 || code > 255) throw argumentError(i + 1, "invalid value");
    text += String.fromCharCode(code);
  }
  return text;
}

function rep(...args: Args): LuaResult {
  const text = stringAt(args, 0);
  const count = int32At(args, 1);
  if (count <= 0 || text === "") return "";
  chargeString(text.length * count);
  return text.repeat(count);
}

/** Maps letters of ASCII only: `toUpperCase` of JavaScript knows others. */
function changeCase(text: string, pattern: RegExp, change: (letters: string) => string): string {
  machine.spend(text.length >> 8);
  return text.replace(pattern, change);
}

function reverse(text: string): string {
  chargeString(text.length);
  let result = "";
  for (let i = text.length - 1; i >= 0; i--) result += text[i];
  return result;
}

/** The table of the library. */
export function makeStringLibrary(): LuaTable {
  const table = makeLibrary({
    byte,
    char,
    dump: () => {
      throw luaError("unable to dump given function");
    },
    find,
    format,
    gfind: undefined,
    gmatch,
    gsub,
    len: (...args) => stringAt(args, 0).length,
    lower: (...args) =>
      changeCase(stringAt(args, 0), /[A-Z]+/g, (letters) => letters.toLowerCase()),
    match,
    rep,
    reverse: (...args) => reverse(stringAt(args, 0)),
    sub,
    upper: (...args) =>
      changeCase(stringAt(args, 0), /[a-z]+/g, (letters) => letters.toUpperCase()),
  });
  table.set("gfind", table.get("gmatch"));
  return table;
}
