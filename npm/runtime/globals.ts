/** The globals of a bundled server, in place of the runtime's own: esbuild injects them. */

import { performance as clock } from "node:perf_hooks";
import * as Deno from "./deno.ts";
import { userAgent } from "./system.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";

export { clearInterval, clearTimeout, Deno, setInterval, setTimeout };

/** The time since any moment, by the clock that the runtime has now. */
export const performance = { now: clock.now.bind(clock) };
export const Date = globalThis.Date;
export const queueMicrotask = globalThis.queueMicrotask;
export const navigator = { userAgent };

/** `Promise.withResolvers`, which Node 20 lacks. */
export function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>["resolve"], reject!: PromiseWithResolvers<T>["reject"];
  const promise = new Promise<T>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}

export { ErrorEvent, PromiseRejectionEvent } from "./crash_events.ts";
