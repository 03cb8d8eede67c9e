/** The libraries that scripts have by default. */

import type { LuaState } from "../state.ts";
import { compileChunk } from "../compiler/compile.ts";
import { machine } from "../runtime/machine.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";
import { baseFunctions } from "./base_library.ts";
import { makeCoroutineLibrary } from "./coroutine_library.ts";
import { makeMathLibrary } from "./math_library.ts";
import { fillLibrary, makeLibrary } from "./open_library.ts";
import { openProtectedCalls } from "./protected_calls.ts";
import { RandomSource } from "./random.ts";
import { makeStringLibrary } from "./string_library.ts";
import { makeTableLibrary } from "./table_library.ts";

/** What `openStandardLibraries` gives to who embeds the state. */
export interface StandardLibraries {
  /** The stream of `math.random`, which can be started again for each script. */
  readonly random: RandomSource;
}

/** What differs between embeddings. */
export interface LibraryOptions {
  /** What `os.clock` gives; without it there is no `os`. */
  readonly cpuSeconds?: () => number;
  /** What `pcall` returns after false for the value of an error, if not the value itself. */
  readonly caughtValues?: (value: LuaValue) => LuaValue[];
  /** The stream of `math.random`, which several states may share; without it the state has one of its own. */
  readonly random?: RandomSource;
}

/**
 * Fills a state's global variables with the basic functions and the libraries coroutine, math, string and
 * table.
 */
export function openStandardLibraries(
  state: LuaState,
  options: LibraryOptions = {},
): StandardLibraries {
  const { globals } = state;
  const { random = new RandomSource() } = options;
  fillLibrary(globals, baseFunctions);
  openProtectedCalls(
    globals,
    (text, name) => {
      const { nesting, hostCalls } = machine.thread;
      return compileChunk(text, name, globals, nesting + hostCalls + 1);
    },
    options.caughtValues ?? ((value) => [value]),
  );
  const strings = makeStringLibrary();
  state.stringMeta = new LuaTable();
  state.stringMeta.set("__index", strings);
  globals.set("_G", globals);
  globals.set("coroutine", makeCoroutineLibrary());
  globals.set("math", makeMathLibrary(random));
  const { cpuSeconds } = options;
  if (cpuSeconds !== undefined) globals.set("os", makeLibrary({ clock: cpuSeconds }));
  globals.set("string", strings);
  globals.set("table", makeTableLibrary());
  return { random };
}
