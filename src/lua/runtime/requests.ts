/** What paced code asks of the driver by yielding it. */

import { type LuaFunction, Request } from "./function.ts";
import type { LuaError } from "./lua_error.ts";
import type { Thread } from "./thread.ts";
import type { LuaValue } from "./values.ts";

/** A call that begins a new segment, because the current one is as deep as it may become. */
export class CallRequest extends Request {
  constructor(
    readonly callee: LuaFunction,
    readonly args: readonly LuaValue[],
    /** Whether all that the current segment still has to do is to return the result. */
    readonly replaces: boolean,
  ) {
    super();
  }
}

/** Goes on with a coroutine. */
export class ResumeRequest extends Request {
  constructor(readonly thread: Thread, readonly args: LuaValue[]) {
    super();
  }
}

/** Leaves the current coroutine. */
export class YieldRequest extends Request {
  constructor(readonly values: LuaValue[]) {
    super();
  }
}

/**
 * Looks for the position of an error that has been caught and stands above its catcher; the driver sends it
 * through what is under way.
 */
export class PositionRequest extends Request {
  constructor(readonly error: LuaError) {
    super();
  }
}
