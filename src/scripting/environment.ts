/** The world of Redis' scripts: Lua's libraries as far as they are safe, and those that Redis adds. */

import { untilNul } from "../base/c_string.ts";
import { makeBit, makeCjson, makeCmsgpack, makeStruct } from "../lua/libraries/mod.ts";
import {
  hostFunction,
  indexValue,
  luaError,
  LuaState,
  LuaTable,
  type LuaValue,
  openStandardLibraries,
  type RandomSource,
  type StateOptions,
} from "../lua/mod.ts";

/** What a state is made with. */
export interface EnvironmentOptions extends StateOptions {
  /** The stream of `math.random`. */
  readonly random: RandomSource;
}

/** Makes a state whose library `redis` is the given one; scripts can't change its global variables. */
export function makeEnvironment(redis: LuaTable, options: EnvironmentOptions): LuaState {
  const state = new LuaState(options);
  const { globals } = state;
  openStandardLibraries(state, { caughtValues, random: options.random });
  globals.set("cjson", makeCjson());
  globals.set("struct", makeStruct());
  globals.set("cmsgpack", makeCmsgpack());
  globals.set("bit", makeBit());
  globals.set("redis", redis);
  globals.metatable = makeRefusal();
  for (let at = globals.nextPosition(0); at !== 0; at = globals.nextPosition(at)) {
    const value = globals.valueAt(at);
    if (value instanceof LuaTable) value.readonly = true;
  }
  if (state.stringMeta !== null) state.stringMeta.readonly = true;
  globals.readonly = true;
  return state;
}

/** A metatable of a table in which what is not there is not nil, but an error. */
export function makeRefusal(): LuaTable {
  const metatable = new LuaTable();
  metatable.set("__index", hostFunction("", refuseUnknown));
  metatable.readonly = true;
  return metatable;
}

/** Redis' own `pcall` takes the text out of a table that is an error. */
function caughtValues(value: LuaValue): LuaValue[] {
  if (!(value instanceof LuaTable)) return [value];
  const text = indexValue(value, "err");
  return typeof text === "string" || typeof text === "number" ? [text] : [value, text];
}

function refuseUnknown(_globals: LuaValue, name: LuaValue): never {
  const shown = typeof name === "string" || typeof name === "number"
    ? untilNul(String(name))
    : null;
  throw luaError(
    shown === null
      ? "Second argument to luaProtectedTableError must be a string or number"
      : `Script attempted to access nonexistent global variable '${shown}'`,
  );
}
