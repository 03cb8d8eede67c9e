/** A coroutine, or the main thread of a run. */

import type { LuaFunction, Paced } from "./function.ts";
import type { LuaObject } from "./values.ts";

/** What `coroutine.status` says. */
export type ThreadStatus = "suspended" | "running" | "normal" | "dead";

/** A thread: segments of paced code, each of which waits for the one above. */
export class Thread implements LuaObject {
  id = 0;
  status: ThreadStatus = "suspended";
  readonly segments: Paced[] = [];
  /** How many calls its segments hold if all are full. */
  depth = 0;
  /** Calls through functions that are not Lua, across which it can't yield. */
  hostCalls = 0;
  /** Who waits for it to yield. */
  resumer: Thread | null = null;
  /** How many such calls are under way in the threads that wait below it, and how many threads those are. */
  nesting = 0;

  constructor(
    /** What it runs, until it has begun; null for a main thread. */
    public body: LuaFunction | null,
    /** Whether it was made by `coroutine.wrap`, which passes on errors and bare results. */
    readonly wrapped = false,
  ) {}

  get typeName(): string {
    return "thread";
  }
}
