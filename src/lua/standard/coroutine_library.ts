/** Coroutines (lbaselib.c). */

import { LuaFunction, type Paced } from "../runtime/function.ts";
import { argumentError, LuaError, luaError } from "../runtime/lua_error.ts";
import { machine, MAX_HOST_CALLS } from "../runtime/machine.ts";
import { ResumeRequest, YieldRequest } from "../runtime/requests.ts";
import type { LuaTable } from "../runtime/table.ts";
import { Thread } from "../runtime/thread.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import type { Args } from "./arguments.ts";
import { makeLibrary } from "./open_library.ts";

function threadAt(args: Args, at: number): Thread {
  const value = args[at];
  if (value instanceof Thread) return value;
  throw argumentError(at + 1, "coroutine expected");
}

/** Why a coroutine can't be resumed; "" if it can. */
function refusal(thread: Thread): string {
  if (thread.status !== "suspended") return `cannot resume ${thread.status} coroutine`;
  const { nesting, hostCalls } = machine.thread;
  if (nesting + hostCalls < MAX_HOST_CALLS) return "";
  // C forgets what it was to run.
  if (thread.body !== null) thread.status = "dead";
  return "C stack overflow";
}

function* resume(_depth: number, ...args: LuaValue[]): Paced {
  const thread = threadAt(args, 0);
  const reason = refusal(thread);
  if (reason !== "") return [false, reason];
  return yield new ResumeRequest(thread, args.slice(1));
}

function* yieldValues(_depth: number, ...args: LuaValue[]): Paced {
  const { thread } = machine;
  if (thread.resumer === null || thread.hostCalls > 0) {
    throw new LuaError("attempt to yield across metamethod/C-call boundary");
  }
  return yield new YieldRequest(args);
}

function create(args: Args, wrapped: boolean): Thread {
  const body = args[0];
  if (!(body instanceof LuaFunction) || body.name !== "") {
    throw argumentError(1, "Lua function expected");
  }
  return new Thread(body, wrapped);
}

function wrap(args: Args): LuaFunction {
  const thread = create(args, true);
  return new LuaFunction(null, function* (_depth, ...values): Paced {
    const reason = refusal(thread);
    if (reason !== "") throw luaError(reason);
    return yield new ResumeRequest(thread, values);
  });
}

function running(): LuaResult {
  return machine.thread.resumer === null ? undefined : machine.thread;
}

/** The table of the library. */
export function makeCoroutineLibrary(): LuaTable {
  return makeLibrary({
    create: (...args) => create(args, false),
    resume: new LuaFunction(null, resume, "resume"),
    running,
    status: (...args) => threadAt(args, 0).status,
    wrap: (...args) => wrap(args),
    yield: new LuaFunction(null, yieldValues, "yield"),
  });
}
