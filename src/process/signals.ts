/**
 * What signals do, as in Redis: SIGINT and SIGTERM end the server, SIGHUP and SIGALRM nothing, SIGUSR1 ends the
 * process at once. The runtime ignores SIGPIPE and leaves most others their own action, as Redis does. It
 * takes no listener for SIGSEGV, SIGFPE and SIGILL; one for SIGBUS would have a real one come again and again.
 */

import type { StopSignal } from "./lifecycle.ts";

/** What a signal acts on. */
export interface SignalledServer {
  readonly lifecycle: {
    receive(signal: StopSignal, exit: (code: number) => void): void;
  };
}

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];
/** A terminal that is closed, and Redis' watchdog. Left alone, both would end the process. */
const IGNORED: readonly Deno.Signal[] = ["SIGHUP", "SIGALRM"];
/** The exit code by which a shell knows that SIGUSR1 has ended a program. */
const ENDED_BY_SIGUSR1 = 128 + 10;

/** Listens for signals from now on, as long as the process runs. */
export function followSignals({ lifecycle }: SignalledServer): void {
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, () => lifecycle.receive(signal, Deno.exit));
  }
  for (const signal of IGNORED) Deno.addSignalListener(signal, () => {});
  // Left alone, Deno 2.9 opens its debugger to whoever connects. The system lets process 1 go on.
  Deno.addSignalListener("SIGUSR1", () => {
    if (Deno.pid !== 1) Deno.exit(ENDED_BY_SIGUSR1);
  });
}
