/** How much work something is, however busy the machine is with other things. */

import process from "node:process";

/**
 * The CPU time that `work` takes, in ms, with what other threads of this process (tests that run in parallel,
 * the garbage collector) take meanwhile.
 */
export function cpuTimeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
