/** `pcall`, `xpcall` and the functions that compile: those of the basic library that call others. */

import { callPaced, prepend } from "../runtime/calls.ts";
import { callNow, deeper, enter } from "../runtime/driver.ts";
import { caught } from "../runtime/frames.ts";
import {
  first,
  hostFunction,
  LuaFunction,
  type Paced,
  type PacedCode,
} from "../runtime/function.ts";
import { argumentError, LuaError, passHost } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { callee } from "../runtime/metatables.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";
import { type Args, functionAt, optionalStringAt, stringAt } from "./arguments.ts";

/** Compiles a chunk of a script; throws its LuaError. */
export type Compile = (text: string, chunkName: string) => LuaFunction;

/** How often an error in the handler of `xpcall` is handled. */
const MAX_NESTED_ERRORS = 221;

function makePcall(caughtValues: (value: LuaValue) => LuaValue[]): PacedCode {
  return function* pcall(depth, ...args) {
    if (args.length === 0) throw argumentError(1, "value expected");
    const { thread } = machine;
    const { hostCalls } = thread;
    try {
      machine.enterHostCall(0);
      const target = callee(args[0]);
      const result = target.paced === null
        ? target.plain!(...args.slice(1))
        : yield* enter(deeper(depth), target, args.slice(1));
      thread.hostCalls = hostCalls;
      return prepend(true, result);
    } catch (thrown) {
      thread.hostCalls = hostCalls;
      return [false, ...caughtValues(finalError(thrown).value)];
    }
  };
}

function* xpcall(depth: number, ...args: LuaValue[]): Paced {
  if (args.length < 2) throw argumentError(2, "value expected");
  const { thread } = machine;
  const { hostCalls } = thread;
  try {
    machine.enterHostCall(0);
    const result = yield* callPaced(depth, callee(args[0]), []);
    thread.hostCalls = hostCalls;
    return prepend(true, result);
  } catch (thrown) {
    thread.hostCalls = hostCalls;
    let { value } = finalError(thrown);
    const handler = args[1];
    if (!(handler instanceof LuaFunction)) return [false, value];
    // An error in the handler goes to the handler again, until calls are nested too deep.
    for (let i = thread.nesting + hostCalls; i < MAX_NESTED_ERRORS; i++) {
      try {
        return [false, first(yield* callPaced(depth, handler, [value]))];
      } catch (second) {
        thread.hostCalls = hostCalls;
        value = finalError(second).value;
      }
    }
    return [false, "error in error handling"];
  }
}

/** The error as its catcher sees it: a position that is not found by now is none. */
export function finalError(thrown: unknown): LuaError {
  const error = caught(thrown);
  while (error.level > 0) passHost(error);
  return error;
}

function load(compile: Compile, text: string, name: string): LuaValue | LuaValue[] {
  if (text.startsWith("\x1b")) {
    return [undefined, `${name.replace(/^[=@]/, "")}: bad header in precompiled chunk`];
  }
  try {
    return compile(text, name);
  } catch (thrown) {
    return [undefined, finalError(thrown).value];
  }
}

/** The pieces of a text from a function, until one is empty or nil. */
function readPieces(args: Args): string {
  const reader = functionAt(args, 0);
  let text = "";
  for (let isFirst = true;; isFirst = false) {
    const piece = first(callNow(reader));
    if (piece === undefined || piece === "") {
      // The kind of a chunk is looked for before its text: a reader whose first piece is none is asked again.
      if (isFirst) continue;
      return text;
    }
    if (typeof piece !== "string" && typeof piece !== "number") {
      throw new LuaError("reader function must return a string", 1);
    }
    const part = String(piece);
    machine.reserve(part.length + 1024);
    text += part;
  }
}

/** Puts the functions into a table of global variables. */
export function openProtectedCalls(
  globals: LuaTable,
  compile: Compile,
  caughtValues: (value: LuaValue) => LuaValue[],
): void {
  globals.set("pcall", new LuaFunction(null, makePcall(caughtValues), "pcall"));
  globals.set("xpcall", new LuaFunction(null, xpcall, "xpcall"));
  const set = (name: string, code: (args: Args) => LuaValue | LuaValue[]) =>
    globals.set(name, hostFunction(name, (...args) => code(args)));
  set("loadstring", (args) => {
    const text = stringAt(args, 0);
    return load(compile, text, optionalStringAt(args, 1, text));
  });
  set("load", (args) => {
    const name = optionalStringAt(args, 1, "=(load)");
    try {
      return load(compile, readPieces(args), name);
    } catch (thrown) {
      if (thrown instanceof LuaError && thrown.badArgument !== null) throw thrown;
      return [undefined, finalError(thrown).value];
    }
  });
}
