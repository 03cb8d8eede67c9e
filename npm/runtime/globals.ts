/** The globals of a bundled server, in place of the runtime's own: esbuild injects them. */

import { performance as clock } from "node:perf_hooks";
import { crashes, ErrorEvent, PromiseRejectionEvent } from "./crash_events.ts";
import * as Deno from "./deno.ts";
import { userAgent } from "./system.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";

/** What `globalThis` is outside of the bundle, where that means `bundleGlobals`. */
declare const global: typeof globalThis;

export { clearInterval, clearTimeout, Deno, setInterval, setTimeout };

/** The time since any moment, by the clock that the runtime has now. */
export const performance = { now: clock.now.bind(clock) };
export const Date = global.Date;
export const queueMicrotask = global.queueMicrotask;
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

export { ErrorEvent, PromiseRejectionEvent };

/** In place of `globalThis`: the same, but for what is ours. */
export const bundleGlobals: object = Object.create(global, {
  ...Object.getOwnPropertyDescriptors({
    ...{ setTimeout, clearTimeout, setInterval, clearInterval, performance, Date },
    addEventListener: crashes.addEventListener.bind(crashes),
  }),
});
