/** Functions of libraries: FCALL, and what loading libraries needs. */

import { ReplyError } from "../base/errors.ts";
import type { FunctionsView } from "../commands/views/functions.ts";
import type {
  FunctionLibraries,
  LibraryCompiler,
  LibraryFunction,
} from "../keyspace/function_libraries.ts";
import type { LuaFunction, LuaState, LuaTable, LuaValue } from "../lua/mod.ts";
import type { Frame } from "../resp/frame.ts";
import type { EnvironmentOptions } from "./environment.ts";
import { FunctionWorld } from "./function_world.ts";
import { LastKeys } from "./last_keys.ts";
import type { Registration } from "./register_function.ts";
import { FLAG_NAMES, flagsOfCall, ScriptFlag } from "./script_flags.ts";
import type { Runnable, ScriptRunner } from "./script_runner.ts";
import { countKeys } from "./scripts.ts";

const NO_FUNCTION = new ReplyError("ERR Function not found");
const BAD_COUNT = new ReplyError("ERR Bad number of keys provided");

/** What functions need of a server. */
export interface FunctionsParts {
  readonly runner: ScriptRunner;
  readonly libraries: FunctionLibraries;
  /** What functions may use. */
  readonly environment: EnvironmentOptions;
}

/** A function that can be run. */
class RegisteredFunction implements LibraryFunction, Runnable {
  readonly name: string;
  readonly isFunction = true;
  readonly lastKeys = new LastKeys();
  readonly description: string | null;
  readonly flagNames: readonly string[];
  readonly flags: number;
  readonly main: LuaFunction;
  readonly state: LuaState;

  constructor({ name, description, flags, callback }: Registration, state: LuaState) {
    this.name = name;
    this.description = description;
    this.flags = flags;
    this.flagNames = [...FLAG_NAMES].filter(([, bit]) => (flags & bit) !== 0).map(([own]) => own);
    this.main = callback;
    this.state = state;
  }

  pass(_state: LuaState, keys: LuaTable, argv: LuaTable): LuaValue[] {
    return [keys, argv];
  }
}

/** The functions of a server. */
export class Functions implements FunctionsView, LibraryCompiler {
  readonly #parts: FunctionsParts;
  #world: FunctionWorld | null = null;

  constructor(parts: FunctionsParts) {
    this.#parts = parts;
    parts.libraries.compiler = this;
  }

  compile(code: string, isLimited: boolean): ReadonlyMap<string, LibraryFunction> {
    const world = this.#world ??= this.#makeWorld();
    const functions = new Map<string, LibraryFunction>();
    for (const [name, registration] of world.load(code, isLimited)) {
      functions.set(name, new RegisteredFunction(registration, world.state));
    }
    return functions;
  }

  call(args: Frame, isReadOnly: boolean): void {
    const { runner } = this.#parts;
    runner.show(args);
    const called = this.#named(args.string(1));
    if (called === undefined) throw NO_FUNCTION;
    runner.run(called, args, countKeys(args, BAD_COUNT), isReadOnly);
  }

  /** The flags of a call, of which `flags` are the command's. */
  flagsOf(flags: number, frame: Frame): number {
    return flagsOfCall(flags, this.#named(frame.string(1))?.flags ?? ScriptFlag.Undeclared);
  }

  #named(name: string): RegisteredFunction | undefined {
    const called = this.#parts.libraries.functionNamed(name);
    return called instanceof RegisteredFunction ? called : undefined;
  }

  #makeWorld(): FunctionWorld {
    const { runner, environment } = this.#parts;
    return new FunctionWorld(runner, environment);
  }
}
