/**
 * Runs paced code. Calls are nested generators only up to a segment's depth; a deeper call is handed to the
 * driver, which begins a new segment for it. So depth costs no stack of JavaScript, and going on after a
 * pause walks through one segment only.
 */

import { LuaFunction, type Paced, type Request } from "./function.ts";
import { LuaError, passHost, settleWithoutPosition } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { CallRequest, PositionRequest, ResumeRequest, YieldRequest } from "./requests.ts";
import type { Thread } from "./thread.ts";
import type { LuaResult, LuaValue } from "./values.ts";

/** How many calls a segment holds. */
export const SEGMENT = 128;

/**
 * Segments inside of host functions are smaller, since those are nested on the stack of JavaScript: so
 * many levels of nesting have segments of the second size, the rest has segments of one call each.
 */
const NESTED_SEGMENT = 16;
const LARGER_NESTINGS = 10;

/** How many calls a segment holds that begins now. */
function segmentSize(): number {
  const nesting = machine.nestedDrivers;
  return nesting === 0 ? SEGMENT : nesting <= LARGER_NESTINGS ? NESTED_SEGMENT : 1;
}

/*
 * Depths go up to SEGMENT. A segment's first function runs at minus the segment's size: depths below 0 say
 * that all functions of the segment have nothing left to do but to return what they called (tail calls),
 * so that the segment can be dropped.
 */

/** What `drive` returns when the script wants to pause. */
export const PAUSED: unique symbol = Symbol("paused");

/** Longer lists of arguments are charged as memory. */
const MANY_ARGUMENTS = 32;

/** The depth for what a function at `depth` calls. */
export function deeper(depth: number): number {
  return depth < 0 ? depth + SEGMENT + 1 : depth + 1;
}

/** The code of a call at a depth that `deeper` gave. */
export function enter(depth: number, callee: LuaFunction, args: readonly LuaValue[]): Paced {
  if (args.length > MANY_ARGUMENTS) machine.reserve(args.length * 16);
  return depth < SEGMENT ? callee.paced!(depth, ...args) : handOver(callee, args, false);
}

/** The code of a tail call from a function at `depth`. */
export function enterTail(depth: number, callee: LuaFunction, args: readonly LuaValue[]): Paced {
  if (args.length > MANY_ARGUMENTS) machine.reserve(args.length * 16);
  return depth === -1 || depth >= SEGMENT - 1
    ? handOver(callee, args, depth === -1)
    : callee.paced!(depth + 1, ...args);
}

/** Lets the driver make a call. */
export function handOver(
  callee: LuaFunction,
  args: readonly LuaValue[],
  replaces: boolean,
): Paced {
  return ask(new CallRequest(callee, args, replaces));
}

/** Asks the driver for something that takes until others have run. */
export function* ask(request: Request): Paced {
  for (;;) {
    try {
      return yield request;
    } catch (thrown) {
      // Thrown in by `findPosition`, to whom it goes back.
      if (!(thrown instanceof PositionRequest)) throw thrown;
      request = thrown;
    }
  }
}

/** Begins a segment of a thread with a call. */
export function pushSegment(thread: Thread, callee: LuaFunction, args: readonly LuaValue[]): void {
  const size = segmentSize();
  thread.segments.push(
    callee.paced === null ? startPlain(callee, args) : callee.paced(-size, ...args),
  );
  thread.depth += size;
}

function popSegment(thread: Thread): void {
  thread.segments.pop();
  // A coroutine may have begun the segment at another level of nesting.
  thread.depth = thread.segments.length === 0 ? 0 : Math.max(0, thread.depth - segmentSize());
}

// deno-lint-ignore require-yield
function* startPlain(callee: LuaFunction, args: readonly LuaValue[]): Paced {
  return callee.plain!(...args);
}

/** Calls any function where nothing can pause, from a host function. */
export function callNow(callee: LuaFunction, ...args: LuaValue[]): LuaResult {
  machine.enterHostCall(0);
  try {
    return runNow(callee, args);
  } catch (error) {
    // The function that has called it is a level of its own.
    if (error instanceof LuaError) passHost(error);
    throw error;
  }
}

/** Calls a metamethod, in which nothing can pause, from Lua code. */
export function callMetamethod(callee: LuaFunction, ...args: LuaValue[]): LuaResult {
  machine.enterHostCall(1);
  return runNow(callee, args);
}

function runNow(callee: LuaFunction, args: LuaValue[]): LuaResult {
  const thread = machine.thread;
  if (callee.paced === null) {
    const result = callee.plain!(...args);
    thread.hostCalls--;
    return result;
  }
  const floor = thread.segments.length;
  const { depth } = thread;
  machine.nestedDrivers++;
  try {
    pushSegment(thread, callee, args);
    return drive(thread, floor, undefined, undefined) as LuaResult;
  } finally {
    machine.nestedDrivers--;
    thread.segments.length = floor;
    thread.depth = depth;
    thread.hostCalls--;
  }
}

/**
 * Runs `machine.thread`, which is `base` or a coroutine that it waits for, until `base` has no more
 * segments than `floor`; gives its result or throws its error. `failure` is thrown where the thread stands.
 */
export function drive(
  base: Thread,
  floor: number,
  value: LuaResult,
  failure: unknown,
): LuaResult | typeof PAUSED {
  let thread = machine.thread;
  for (;;) {
    const { segments } = thread;
    const code = segments[segments.length - 1];
    let step;
    try {
      step = failure === undefined ? code.next(value) : code.throw(failure);
    } catch (error) {
      popSegment(thread);
      failure = error;
      value = undefined;
      if (segments.length > 0 && !(thread === base && segments.length === floor)) continue;
      if (thread === base) throw error;
      const dead = thread;
      thread = leave(dead, "dead");
      const luaFailure = asLuaError(error);
      if (luaFailure === null) continue;
      settleWithoutPosition(luaFailure);
      if (dead.wrapped) {
        const { value: passed } = luaFailure;
        const isText = typeof passed === "string" || typeof passed === "number";
        failure = new LuaError(passed, isText ? 1 : 0);
      } else {
        failure = undefined;
        value = [false, luaFailure.value];
      }
      continue;
    }
    failure = undefined;
    if (step.done === true) {
      value = step.value;
      popSegment(thread);
      if (thread === base) {
        if (segments.length === floor) return value;
      } else if (segments.length === 0) {
        if (!thread.wrapped) value = withTrue(value);
        thread = leave(thread, "dead");
      }
      continue;
    }
    const request = step.value;
    value = undefined;
    if (request === undefined) return PAUSED;
    if (request instanceof CallRequest) {
      machine.units -= SEGMENT;
      if (request.replaces) popSegment(thread);
      else if (thread.depth >= machine.maxDepth) {
        failure = new LuaError("stack overflow", 1);
        continue;
      }
      pushSegment(thread, request.callee, request.args);
    } else if (request instanceof ResumeRequest) {
      const next = request.thread;
      next.resumer = thread;
      next.nesting = thread.nesting + thread.hostCalls + 1;
      next.status = "running";
      thread.status = "normal";
      machine.thread = thread = next;
      if (next.body !== null) {
        pushSegment(next, next.body, request.args);
        next.body = null;
      } else {
        value = request.args;
      }
    } else if (request instanceof YieldRequest) {
      value = thread.wrapped ? request.values : [true, ...request.values];
      thread = leave(thread, "suspended");
    } else if (request instanceof PositionRequest) {
      findPosition(request, segments, thread === base ? floor : 0);
    } else {
      throw new TypeError("paced code asked for what the driver does not know");
    }
  }
}

/**
 * Throws the request into the segments, the last one first. It comes back from where each of them stands, and the
 * functions that are under way there pass its error on that way. Coroutines are asked no further than to where
 * they began; what is on the stack of JavaScript below `floor` can't be asked.
 */
function findPosition(request: PositionRequest, segments: readonly Paced[], floor: number): void {
  for (let at = segments.length - 1; at >= floor && request.error.level > 0; at--) {
    machine.units -= SEGMENT;
    segments[at].throw(request);
  }
  settleWithoutPosition(request.error);
}

/** Goes back to who resumed the thread. */
function leave(thread: Thread, status: "dead" | "suspended"): Thread {
  const resumer = thread.resumer!;
  thread.resumer = null;
  thread.status = status;
  resumer.status = "running";
  machine.thread = resumer;
  return resumer;
}

function withTrue(result: LuaResult): LuaValue[] {
  return result instanceof Array ? [true, ...result] : [true, result];
}

/** What was thrown as an error that a script may catch; null if it must not. */
export function asLuaError(thrown: unknown): LuaError | null {
  if (thrown instanceof LuaError) return thrown;
  if (thrown instanceof RangeError) {
    return new LuaError(
      /call stack/.test(thrown.message) ? "stack overflow" : "not enough memory",
      1,
    );
  }
  return null;
}
