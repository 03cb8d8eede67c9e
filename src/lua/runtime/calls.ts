/** Calls from generated code whose callee may be paced. */

import { deeper, enter, handOver, SEGMENT } from "./driver.ts";
import { type ChunkSites, passLua } from "./frames.ts";
import { all, type LuaFunction, type Paced, type Request } from "./function.ts";
import { passHost } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { PositionRequest } from "./requests.ts";
import type { LuaResult, LuaValue } from "./values.ts";

/** The code of a call without arguments; see `enter`. */
export function enter0(depth: number, callee: LuaFunction): Paced {
  return depth < SEGMENT ? callee.paced!(depth) : handOver(callee, [], false);
}

/** The code of a call with one argument. */
export function enter1(depth: number, callee: LuaFunction, a: LuaValue): Paced {
  return depth < SEGMENT ? callee.paced!(depth, a) : handOver(callee, [a], false);
}

/** The code of a call with two arguments. */
export function enter2(depth: number, callee: LuaFunction, a: LuaValue, b: LuaValue): Paced {
  return depth < SEGMENT ? callee.paced!(depth, a, b) : handOver(callee, [a, b], false);
}

/** The code of a call with three arguments. */
export function enter3(
  depth: number,
  callee: LuaFunction,
  a: LuaValue,
  b: LuaValue,
  c: LuaValue,
): Paced {
  return depth < SEGMENT ? callee.paced!(depth, a, b, c) : handOver(callee, [a, b, c], false);
}

/** A step of paced code. */
type Step = IteratorResult<Request | undefined, LuaResult>;

/** What `yield*` runs in place of paced code. No generator of its own, each of which costs as much as a function. */
class Delegation implements Iterator<Request | undefined, LuaResult, LuaResult> {
  constructor(
    private readonly code: Paced,
    private first: Step | null,
    private readonly chunk: ChunkSites | null,
    private readonly site: number,
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(answer: LuaResult): Step {
    const first = this.first;
    if (first === null) return this.code.next(answer);
    this.first = null;
    return first;
  }

  throw(thrown: unknown): Step {
    const step = this.code.throw(thrown);
    if (thrown instanceof PositionRequest) {
      // It has been below; now it is here.
      if (this.chunk === null) passHost(thrown.error);
      else passLua(thrown.error, this.chunk, this.site);
    }
    return step;
  }

  return(value: LuaResult): Step {
    return this.code.return(value);
  }
}

/**
 * Goes on, by `yield*`, with paced code whose first step has asked for something. Who has called it is a Lua
 * function of `chunk`, at `site`, or with null one of the library.
 */
export function goOn(code: Paced, first: Step, chunk: ChunkSites | null, site: number): Delegation {
  return new Delegation(code, first, chunk, site);
}

/** Calls the iterator of a generic `for`, across which a coroutine can't yield. */
export function* callIterator(
  depth: number,
  callee: LuaFunction,
  state: LuaValue,
  control: LuaValue,
): Paced {
  machine.enterHostCall(1);
  const { thread } = machine;
  const result = yield* enter(depth, callee, [state, control]);
  thread.hostCalls--;
  return result;
}

/** Calls any function from paced code of the library, which is a level of its own. */
export function* callPaced(
  depth: number,
  callee: LuaFunction,
  args: readonly LuaValue[],
): Paced {
  if (callee.paced === null) return callee.plain!(...args);
  const code = enter(deeper(depth), callee, args), step = code.next();
  return step.done === true ? step.value : yield* goOn(code, step, null, 0);
}

/** Results after a first one. */
export function prepend(value: LuaValue, result: LuaResult): LuaValue[] {
  return [value, ...all(result)];
}
