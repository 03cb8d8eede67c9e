/** SIGINT and SIGTERM: the first ends the server cleanly, a second SIGINT at once. */

import type { Log } from "../observe/log.ts";

/** Signals that ask the server to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** What a signal acts on. */
export interface SignalledServer {
  readonly log: Log;
  readonly lifecycle: {
    readonly isEnding: boolean;
    shutdownOnSignal(signal: StopSignal): void;
  };
}

/** Listens for the signals from now on, as long as the process runs. */
export function stopOnSignals(server: SignalledServer): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => receiveSignal(server, signal, Deno.exit));
  }
}

/** Does what a signal asks for; `exit` ends the process with an exit code. */
export function receiveSignal(
  server: SignalledServer,
  signal: StopSignal,
  exit: (code: number) => void,
): void {
  if (!server.lifecycle.isEnding) {
    server.lifecycle.shutdownOnSignal(signal);
  } else if (signal === "SIGINT") {
    server.log.warning("You insist... exiting now.");
    exit(1);
  }
}
