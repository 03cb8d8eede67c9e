/** What paced code asks of the driver by yielding it; undefined asks for a pause. */

import type { LuaFunction } from "./function.ts";
import type { Thread } from "./thread.ts";
import type { LuaValue } from "./values.ts";

/** A call that begins a new segment, because the current one is as deep as it may become. */
export class CallRequest {
  constructor(
    readonly callee: LuaFunction,
    readonly args: readonly LuaValue[],
    /** Whether all that the current segment still has to do is to return the result. */
    readonly replaces: boolean,
  ) {}
}

/** Goes on with a coroutine. */
export class ResumeRequest {
  constructor(readonly thread: Thread, readonly args: LuaValue[]) {}
}

/** Leaves the current coroutine. */
export class YieldRequest {
  constructor(readonly values: LuaValue[]) {}
}

/** What paced code may yield. */
export type Request = undefined | CallRequest | ResumeRequest | YieldRequest;
