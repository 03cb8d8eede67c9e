/** What embeds Lua imports this: see README.md in this folder. */

export { Budget, type BudgetOptions } from "./runtime/budget.ts";
export {
  OUT_OF_MEMORY,
  OUT_OF_STEPS,
  TOO_LONG_UNPAUSED,
  UNITS_PER_POLL,
} from "./runtime/budget.ts";
export { callNow } from "./runtime/driver.ts";
export { all, first, hostFunction, LuaFunction, NOTHING } from "./runtime/function.ts";
export type { PlainCode } from "./runtime/function.ts";
export { field, indexValue, setField } from "./runtime/indexing.ts";
export { argumentError, LuaError, luaError, LuaKill } from "./runtime/lua_error.ts";
export { spend } from "./runtime/machine.ts";
export { numberText, parseNumber } from "./runtime/number_text.ts";
export { hashString } from "./runtime/string_hash.ts";
export { LuaTable } from "./runtime/table.ts";
export { LuaUserdata } from "./runtime/userdata.ts";
export { type LuaObject, type LuaResult, type LuaValue, typeName } from "./runtime/values.ts";
export { RandomSource } from "./standard/random.ts";
export { toText } from "./standard/base_library.ts";
export { makeLibrary } from "./standard/open_library.ts";
export {
  type LibraryOptions,
  openStandardLibraries,
  type StandardLibraries,
} from "./standard/standard_libraries.ts";
export { type ChunkWorld, LuaState, type RunOutcome, type StateOptions } from "./state.ts";
