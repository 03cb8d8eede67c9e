/** What a library says of a function when it registers it: `redis.register_function`. */

import { toLowerAscii } from "../base/ascii.ts";
import { isLibraryName } from "../keyspace/library_head.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../lua/mod.ts";
import { fail, textOf } from "./redis_library.ts";
import { FLAG_NAMES } from "./script_flags.ts";

const BAD_NAME =
  "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

/** A function that is registered. */
export interface Registration {
  readonly name: string;
  readonly description: string | null;
  /** Bits of `ScriptFlag`. */
  readonly flags: number;
  readonly callback: LuaFunction;
}

/** Reads the arguments of a call, which are a name and a function, or a table. Throws `LuaError`. */
export function readRegistration(args: readonly LuaValue[]): Registration {
  if (args.length < 1 || args.length > 2) {
    fail("ERR wrong number of arguments to redis.register_function");
  }
  const registration = args.length === 1 ? readNamed(args[0]) : readPositional(args);
  if (!isLibraryName(registration.name)) fail(BAD_NAME);
  return registration;
}

function readPositional([first, callback]: readonly LuaValue[]): Registration {
  const name = textOf(first) ??
    fail("ERR first argument to redis.register_function must be a string");
  if (!(callback instanceof LuaFunction)) {
    fail("ERR second argument to redis.register_function must be a function");
  }
  return { name, description: null, flags: 0, callback };
}

function readNamed(table: LuaValue): Registration {
  if (!(table instanceof LuaTable)) {
    fail(
      "ERR calling redis.register_function with a single argument is only applicable to Lua table " +
        "(representing named arguments).",
    );
  }
  let name: string | undefined, description: string | null = null, flags = 0;
  let callback: LuaFunction | undefined;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
    const key = textOf(table.keyAt(at)) ??
      fail("ERR named argument key given to redis.register_function is not a string");
    const value = table.valueAt(at);
    switch (toLowerAscii(key)) {
      case "function_name":
        name = textOf(value) ??
          fail("ERR function_name argument given to redis.register_function must be a string");
        break;
      case "description":
        description = textOf(value) ??
          fail("ERR description argument given to redis.register_function must be a string");
        break;
      case "callback":
        if (!(value instanceof LuaFunction)) {
          fail("ERR callback argument given to redis.register_function must be a function");
        }
        callback = value;
        break;
      case "flags":
        if (!(value instanceof LuaTable)) {
          fail(
            "ERR flags argument to redis.register_function must be a table representing function flags",
          );
        }
        flags = readFlags(value);
        break;
      default:
        fail("ERR unknown argument given to redis.register_function");
    }
  }
  if (name === undefined) fail("ERR redis.register_function must get a function name argument");
  if (callback === undefined) fail("ERR redis.register_function must get a callback argument");
  return { name, description, flags, callback };
}

function readFlags(table: LuaTable): number {
  let flags = 0;
  for (let i = 1;; i++) {
    const value = table.get(i);
    if (value === undefined) return flags;
    const bit = FLAG_NAMES.get(toLowerAscii(textOf(value) ?? ""));
    if (bit === undefined) return fail("ERR unknown flag given");
    flags |= bit;
  }
}
