/** Calls from generated code whose callee may be paced. */

import { deeper, enter, handOver, SEGMENT } from "./driver.ts";
import { all, type LuaFunction, type Paced, type Request } from "./function.ts";
import { machine } from "./machine.ts";
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

/** Goes on with paced code whose first step has asked for something. */
export function* goOn(code: Paced, request: Request | undefined): Paced {
  for (;;) {
    let answer: LuaResult, failure: unknown, hasFailed = false;
    try {
      answer = yield request;
    } catch (thrown) {
      hasFailed = true;
      failure = thrown;
    }
    const step = hasFailed ? code.throw(failure) : code.next(answer);
    if (step.done === true) return step.value;
    request = step.value;
  }
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

/** Calls any function from paced code of the library. */
export function* callPaced(
  depth: number,
  callee: LuaFunction,
  args: readonly LuaValue[],
): Paced {
  if (callee.paced === null) return callee.plain!(...args);
  return yield* enter(deeper(depth), callee, args);
}

/** Results after a first one. */
export function prepend(value: LuaValue, result: LuaResult): LuaValue[] {
  return [value, ...all(result)];
}
