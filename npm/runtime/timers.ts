/** The timers of `node:timers`, as they are now: whoever fakes them later does not stop a server. */

import * as timers from "node:timers";

export const {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
} = timers;
