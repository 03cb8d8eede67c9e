/** What a server in this process runs on: a clock, a disk and a log that are the test's. */

import type { Clock } from "../../src/base/clock.ts";
import { Configuration } from "../../src/config/mod.ts";
import { Log } from "../../src/observe/log.ts";
import type { ServerOptions } from "../../src/server/server.ts";
import type { FaultyFileSystem } from "./faulty_file_system.ts";
import type { Directives } from "./server_process.ts";

/** What a server is started with, and the lines of its log. */
export interface SimulatedMachine {
  readonly options: ServerOptions;
  readonly log: readonly string[];
}

/** A machine on which a server takes a free port, has its files in the root directory, and saves nothing by itself. */
export function simulateMachine(
  clock: Clock,
  files: FaultyFileSystem,
  directives: Directives,
): SimulatedMachine {
  const log: string[] = [];
  const configuration = new Configuration("/");
  const lines = Object.entries({ bind: "127.0.0.1", save: '""', ...directives });
  configuration.loadCommandLine(lines.map(([name, value]) => `${name} ${value}`));
  configuration.finishLoading();
  const options = {
    configuration,
    clock,
    files,
    freePort: true,
    log: new Log(clock, (line) => void log.push(line)),
  };
  return { options, log };
}
