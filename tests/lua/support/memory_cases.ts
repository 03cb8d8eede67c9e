/** Scripts that take memory without end, each in a state of its own; run by memory_test.ts in a small heap. */

import { getHeapStatistics } from "node:v8";
import { LuaError, LuaKill } from "../../../src/lua/mod.ts";
import { CASES } from "./endless_memory.ts";
import { makeRedisState } from "./redis_environment.ts";

const HEAP_LIMIT = 320e6;

// The first argument is how many of the scripts are left out after each one that runs.
const STEP = Number(Deno.args[0] ?? 0) + 1;

for (const [at, [name, text]] of Object.entries(CASES).entries()) {
  if (at % STEP !== 0) continue;
  // What the last script left must not count against this one.
  (globalThis as { gc?: () => void }).gc?.();
  const state = makeRedisState({
    heapUsed: () => getHeapStatistics().used_heap_size,
    heapLimit: HEAP_LIMIT,
    stringLimit: 64e6,
    sliceMilliseconds: 60_000,
    unpausableMilliseconds: 60_000,
  });
  let result: string;
  try {
    const outcome = state.run(state.compile(text, "@user_script"));
    result = outcome.kind === "failed"
      ? outcome.error.text
      : outcome.kind === "killed"
      ? outcome.kill.reason
      : outcome.kind;
  } catch (error) {
    if (!(error instanceof LuaError || error instanceof LuaKill)) throw error;
    result = String(error);
  }
  console.log(`${name}\t${result}`);
}
