/** `pcall`, `xpcall` and the functions that compile: those of the basic library that call others. */

import { untilNul } from "../../base/c_string.ts";
import { callPaced, goOn, prepend } from "../runtime/calls.ts";
import { ask, deeper, enter } from "../runtime/driver.ts";
import { caught } from "../runtime/frames.ts";
import {
  first,
  hostFunction,
  LuaFunction,
  type Paced,
  type PacedCode,
} from "../runtime/function.ts";
import { argumentError, LuaError, passHost, settleWithoutPosition } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { callee } from "../runtime/metatables.ts";
import { numberText } from "../runtime/number_text.ts";
import { PositionRequest } from "../runtime/requests.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import { functionAt, optionalStringAt, stringAt } from "./arguments.ts";

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
      let result: LuaResult;
      if (target.paced === null) {
        result = target.plain!(...args.slice(1));
      } else {
        const code = enter(deeper(depth), target, args.slice(1)), step = code.next();
        result = step.done === true ? step.value : yield* goOn(code, step, null, 0);
      }
      thread.hostCalls = hostCalls;
      return prepend(true, result);
    } catch (thrown) {
      thread.hostCalls = hostCalls;
      const error = caughtHere(thrown);
      if (error.level > 0) yield* ask(new PositionRequest(error));
      return [false, ...caughtValues(error.value)];
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
    const error = caughtHere(thrown);
    if (error.level > 0) yield* ask(new PositionRequest(error));
    let { value } = error;
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

/** The error that a function of the library catches. Its position may still stand above that function. */
function caughtHere(thrown: unknown): LuaError {
  const error = caught(thrown);
  passHost(error);
  return error;
}

/** The error as its catcher sees it: a position that is not found by now is none. */
function finalError(thrown: unknown): LuaError {
  const error = caught(thrown);
  settleWithoutPosition(error);
  return error;
}

function compileText(compile: Compile, text: string, name: string): LuaValue | LuaValue[] {
  if (text.startsWith("\x1b")) {
    return [undefined, `${name.replace(/^[=@]/, "")}: bad header in precompiled chunk`];
  }
  try {
    return compile(text, name);
  } catch (thrown) {
    return [undefined, finalError(thrown).value];
  }
}

function makeLoad(compile: Compile): PacedCode {
  return function* load(depth, ...args) {
    const name = untilNul(optionalStringAt(args, 1, "=(load)"));
    const reader = functionAt(args, 0);
    const { thread } = machine;
    const { hostCalls } = thread;
    let text = "";
    try {
      for (let isFirst = true;; isFirst = false) {
        machine.enterHostCall(0);
        const piece = first(yield* callPaced(depth, reader, []));
        thread.hostCalls = hostCalls;
        if (piece === undefined || piece === "") {
          // The kind of a chunk is looked for before its text: a reader whose first piece is none is asked again.
          if (isFirst) continue;
          return compileText(compile, text, name);
        }
        if (typeof piece !== "string" && typeof piece !== "number") {
          // Found out by `load` itself, which the error has not left when it is caught.
          throw new LuaError("reader function must return a string", 2);
        }
        const part = typeof piece === "number" ? numberText(piece) : piece;
        machine.reserve(part.length + 1024);
        text += part;
      }
    } catch (thrown) {
      thread.hostCalls = hostCalls;
      const error = caughtHere(thrown);
      if (error.level > 0) yield* ask(new PositionRequest(error));
      return [undefined, error.value];
    }
  };
}

/** Puts the functions into a table of global variables. */
export function openProtectedCalls(
  globals: LuaTable,
  compile: Compile,
  caughtValues: (value: LuaValue) => LuaValue[],
): void {
  globals.set("pcall", new LuaFunction(null, makePcall(caughtValues), "pcall"));
  globals.set("xpcall", new LuaFunction(null, xpcall, "xpcall"));
  globals.set("load", new LuaFunction(null, makeLoad(compile), "load"));
  globals.set(
    "loadstring",
    hostFunction("loadstring", (...args) => {
      const text = stringAt(args, 0);
      return compileText(compile, text, untilNul(optionalStringAt(args, 1, text)));
    }),
  );
}
