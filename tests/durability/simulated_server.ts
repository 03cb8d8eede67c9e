/** A server in this process, on a disk in memory. */

import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { Server } from "../../src/server/server.ts";
import type { FaultyFileSystem } from "../support/faulty_file_system.ts";
import type { Directives } from "../support/server_process.ts";
import { simulateMachine } from "../support/simulated_machine.ts";

/** What a simulated server is started with. */
export interface SimulatedOptions {
  readonly files: FaultyFileSystem;
  readonly directives?: Directives;
  readonly clock?: Clock;
}

/** A server on a simulated disk. */
export interface SimulatedServer extends AsyncDisposable {
  readonly port: number;
  /** The lines of its log. */
  readonly log: readonly string[];
  /** Resolves to the exit code when the server has ended. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server with the AOF on, in the root directory of a simulated disk, on a free port. */
export async function startSimulated(options: SimulatedOptions): Promise<SimulatedServer> {
  const { files, clock = new SystemClock() } = options;
  const directives = { appendonly: "yes", ...options.directives };
  const machine = simulateMachine(clock, files, directives);
  const server = await Server.start(machine.options);
  const stop = () => server.stop();
  return {
    port: server.port,
    log: machine.log,
    ended: server.ended,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
