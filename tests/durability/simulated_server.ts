/** A server in this process, on a disk in memory. */

import type { Clock } from "../../src/base/clock.ts";
import { Configuration } from "../../src/config/mod.ts";
import { Log } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { SystemClock } from "../../src/base/clock.ts";
import type { FaultyFileSystem } from "../support/faulty_file_system.ts";
import type { Directives } from "../support/server_process.ts";

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
  readonly log: string[];
  /** Resolves to the exit code when the server has ended. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server with the AOF on, in the root directory of a simulated disk, on a free port. */
export async function startSimulated(options: SimulatedOptions): Promise<SimulatedServer> {
  const { files, clock = new SystemClock() } = options;
  const configuration = new Configuration("/");
  const lines = Object.entries({ appendonly: "yes", save: '""', ...options.directives });
  configuration.loadCommandLine(lines.map(([name, value]) => `${name} ${value}`));
  configuration.finishLoading();
  const log: string[] = [];
  const server = await Server.start({
    configuration,
    clock,
    files,
    freePort: true,
    log: new Log(clock, (line) => void log.push(line)),
  });
  const stop = () => server.stop();
  return { port: server.port, log, ended: server.ended, stop, [Symbol.asyncDispose]: stop };
}
