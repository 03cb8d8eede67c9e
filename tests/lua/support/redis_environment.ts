/** A state with the globals that Redis gives to its scripts, as far as Lua is concerned: for comparisons. */

import {
  indexValue,
  LuaError,
  luaError,
  LuaFunction,
  LuaState,
  LuaTable,
  openStandardLibraries,
  type StateOptions,
  typeName,
} from "../../../src/lua/mod.ts";
import { makeBit, makeCjson, makeCmsgpack, makeStruct } from "../../../src/lua/libraries/mod.ts";

/** Makes the state; its global variables and libraries are read-only. */
export function makeRedisState(options: StateOptions = {}): LuaState {
  const state = new LuaState(options);
  openStandardLibraries(state, {
    // Redis' own pcall, which takes the text out of a table with an error.
    caughtValues: (value) => {
      if (!(value instanceof LuaTable)) return [value];
      const text = indexValue(value, "err");
      return typeof text === "string" || typeof text === "number" ? [text] : [value, text];
    },
  });
  const { globals } = state;
  globals.set("bit", makeBit());
  globals.set("cjson", makeCjson());
  globals.set("cmsgpack", makeCmsgpack());
  globals.set("struct", makeStruct());
  const metatable = new LuaTable();
  metatable.set(
    "__index",
    new LuaFunction((_table, name) => {
      throw luaError(`Script attempted to access nonexistent global variable '${name}'`);
    }, null),
  );
  metatable.readonly = true;
  globals.metatable = metatable;
  for (let at = globals.nextPosition(0); at !== 0; at = globals.nextPosition(at)) {
    const value = globals.valueAt(at);
    if (value instanceof LuaTable) value.readonly = true;
  }
  state.stringMeta!.readonly = true;
  globals.readonly = true;
  return state;
}

/** What EVAL would reply, as a text: a string or a number as it is, an error after "ERROR ". */
export function evaluate(state: LuaState, text: string): string {
  try {
    const outcome = state.run(state.compile(text, "@user_script"));
    if (outcome.kind === "failed") return `ERROR ${errorText(outcome.error)}`;
    if (outcome.kind !== "done") return outcome.kind;
    const [value] = outcome.values;
    return typeof value === "string" || typeof value === "number" ? String(value) : typeName(value);
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    return `ERROR Error compiling script (new function): ${error.text}`;
  }
}

/** The text that Redis makes of an error: of what is no string, that of `tostring`. */
function errorText({ value, text }: LuaError): string {
  if (value === undefined) return "nil";
  return typeof value === "boolean" ? String(value) : text;
}
