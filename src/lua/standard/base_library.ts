/** The basic functions (lbaselib.c), but for those that call others: protected_calls.ts. */

import { untilNul } from "../../base/c_string.ts";
import { callNow } from "../runtime/driver.ts";
import { NEXT, NEXT_ELEMENT } from "../runtime/cursors.ts";
import { first, NOTHING } from "../runtime/function.ts";
import { addressText } from "../runtime/identity.ts";
import { argumentError, LuaError, luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { callee, handlerOf, METATABLE, metatableOf, TO_STRING } from "../runtime/metatables.ts";
import { numberText, parseNumber } from "../runtime/number_text.ts";
import { LuaTable } from "../runtime/table.ts";
import { LuaUserdata } from "../runtime/userdata.ts";
import { type LuaValue, typeName } from "../runtime/values.ts";
import {
  anyAt,
  type Args,
  int32At,
  optionalInt32At,
  optionalStringAt,
  stringAt,
  tableAt,
} from "./arguments.ts";
import type { LibraryParts } from "./open_library.ts";
import { isTrue } from "../runtime/comparison.ts";

/** So many values at most are unpacked (LUAI_MAXCSTACK). */
const MAX_UNPACKED = 7999;

/** The text that `tostring` gives. */
export function toText(value: LuaValue): LuaValue {
  const handler = handlerOf(value, TO_STRING);
  if (handler !== undefined) return first(callNow(callee(handler), value));
  switch (typeof value) {
    case "undefined":
      return "nil";
    case "string":
      return value;
    case "number":
      return numberText(value);
    case "boolean":
      return String(value);
  }
  if (value instanceof LuaUserdata && value.label !== "") return `userdata: ${value.label}`;
  return `${typeName(value)}: ${addressText(value)}`;
}

function tonumber(args: Args): LuaValue {
  const base = optionalInt32At(args, 1, 10);
  if (base === 10) {
    const value = anyAt(args, 0);
    if (typeof value === "number") return value;
    return typeof value === "string" ? parseNumber(value) : undefined;
  }
  const text = stringAt(args, 0);
  if (base < 2 || base > 36) throw argumentError(2, "base out of range");
  return parseInBase(text, base);
}

/** An integer in a base as C's strtoul reads it. */
function parseInBase(source: string, base: number): number | undefined {
  const text = untilNul(source);
  const parts = /^[ \t-\r]*([+-]?)(0[xX](?=[0-9a-fA-F]))?([0-9a-zA-Z]*)[ \t-\r]*$/.exec(text);
  if (parts === null) return undefined;
  let digits = parts[3];
  if (parts[2] !== undefined && base !== 16) digits = parts[2] + digits;
  if (digits === "") return undefined;
  let value = 0n;
  for (const digit of digits) {
    const worth = parseInt(digit, 36);
    if (worth >= base) return undefined;
    if (value < 1n << 64n) value = value * BigInt(base) + BigInt(worth);
  }
  if (value >= 1n << 64n) return 2 ** 64;
  return Number(parts[1] === "-" ? BigInt.asUintN(64, -value) : value);
}

function setmetatable(args: Args): LuaValue {
  const metatable = args[1];
  const table = tableAt(args, 0);
  if (args.length < 2 || !(metatable === undefined || metatable instanceof LuaTable)) {
    throw argumentError(2, "nil or table expected");
  }
  if (handlerOf(table, METATABLE) !== undefined) {
    throw luaError("cannot change a protected metatable");
  }
  checkWritable(table);
  table.metatable = metatable ?? null;
  return table;
}

/** Refuses to change a read-only table. */
export function checkWritable(table: LuaTable): void {
  // Found out inside of Lua itself, where no Lua function's position is at hand.
  if (table.readonly) throw new LuaError("Attempt to modify a readonly table");
}

function getmetatable(args: Args): LuaValue {
  const value = anyAt(args, 0);
  const metatable = metatableOf(value);
  if (metatable === null) return undefined;
  return handlerOf(value, METATABLE) ?? metatable;
}

function select(args: Args): LuaValue | LuaValue[] {
  const position = args[0];
  if (typeof position === "string" && position[0] === "#") return args.length - 1;
  let at = int32At(args, 0);
  if (at < 0) at += args.length;
  else if (at > args.length) return NOTHING;
  if (at < 1) throw argumentError(1, "index out of range");
  return args.slice(at);
}

function unpack(args: Args): LuaValue | LuaValue[] {
  const table = tableAt(args, 0);
  const start = optionalInt32At(args, 1, 1);
  const end = args[2] === undefined ? table.length() : int32At(args, 2);
  if (start > end) return NOTHING;
  const count = end - start + 1;
  if (count > MAX_UNPACKED) throw luaError("too many results to unpack");
  machine.reserve(count * 16);
  const values = new Array<LuaValue>(count);
  for (let i = 0; i < count; i++) values[i] = table.getNumber(start + i);
  return values;
}

function collectgarbage(args: Args): LuaValue {
  const option = untilNul(optionalStringAt(args, 0, "collect"));
  switch (option) {
    case "count":
      return 64;
    case "step":
      return true;
    case "stop":
    case "restart":
    case "collect":
      return 0;
    case "setpause":
    case "setstepmul":
      return 200;
  }
  throw argumentError(1, `invalid option '${option}'`);
}

function assert(args: Args): LuaValue | LuaValue[] {
  if (!isTrue(anyAt(args, 0))) {
    throw luaError(untilNul(optionalStringAt(args, 1, "assertion failed!")));
  }
  return args as LuaValue[];
}

/** The basic functions. */
export const baseFunctions: LibraryParts = {
  assert: (...args) => assert(args),
  collectgarbage: (...args) => collectgarbage(args),
  error: (...args) => {
    const level = optionalInt32At(args, 1, 1);
    const value = args[0];
    throw new LuaError(value, typeof value === "string" || typeof value === "number" ? level : 0);
  },
  gcinfo: () => 64,
  getmetatable: (...args) => getmetatable(args),
  ipairs: (...args) => [NEXT_ELEMENT, tableAt(args, 0), 0],
  next: NEXT,
  pairs: (...args) => [NEXT, tableAt(args, 0), undefined],
  rawequal: (...args) => anyAt(args, 0) === anyAt(args, 1),
  rawget: (...args) => {
    const table = tableAt(args, 0);
    return table.get(anyAt(args, 1));
  },
  rawset: (...args) => {
    const table = tableAt(args, 0);
    anyAt(args, 1);
    anyAt(args, 2);
    checkWritable(table);
    table.set(args[1], args[2]);
    return table;
  },
  select: (...args) => select(args),
  setmetatable: (...args) => setmetatable(args),
  tonumber: (...args) => tonumber(args),
  tostring: (...args) => toText(anyAt(args, 0)),
  type: (...args) => typeName(anyAt(args, 0)),
  unpack: (...args) => unpack(args),
  _VERSION: "Lua 5.1",
};
