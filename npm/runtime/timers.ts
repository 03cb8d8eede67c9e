/** The runtime's timers as they are now: whoever fakes them later does not stop a server. */

import process from "node:process";
import * as timers from "node:timers";
import * as bunTimers from "./bun_timers.ts";

export const { setImmediate, clearImmediate } = timers;

const own = process.versions.bun === undefined ? timers : bunTimers as unknown as typeof timers;
export const { setTimeout, clearTimeout, setInterval, clearInterval } = own;
