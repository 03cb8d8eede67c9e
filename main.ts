/** Arguments → configuration → server; signals → clean shutdown. */

import { SystemClock } from "./src/base/clock.ts";
import { DescriptorReserve } from "./src/base/descriptor_reserve.ts";
import {
  ConfigError,
  type Configuration,
  configurationFrom,
  helpText,
  parseCommandLine,
  REDIS_VERSION,
  versionText,
} from "./src/config/mod.ts";
import { COMMAND_LINE, systemErrorText } from "./src/config/errors.ts";
import { absolutePath, systemPath } from "./src/config/paths.ts";
import { fileSink, Log, standardOutputSink } from "./src/observe/log.ts";
import { PersistenceError } from "./src/persistence/persistence_error.ts";
import { findSupervisor } from "./src/process/find_supervisor.ts";
import { ListenError } from "./src/network/tcp_listeners.ts";
import { Server } from "./src/server/server.ts";
import { followSignals } from "./src/process/signals.ts";

/** Serves until the server has ended; returns the process' exit code. */
async function main(): Promise<number> {
  try {
    const commandLine = parseCommandLine(Deno.args);
    if (commandLine.help || commandLine.version) {
      console.log(commandLine.help ? helpText() : versionText());
      return 0;
    }
    const configuration = configurationFrom(commandLine);
    const descriptors = new DescriptorReserve();
    const log = openLog(configuration, descriptors);
    const supervisor = await findSupervisor(configuration, log);
    sayStarting(configuration, log);
    const server = await Server.start({
      ...{ configuration, log, supervisor, descriptors },
      warmsUp: true,
      created: followSignals,
    });
    return await server.ended;
  } catch (error) {
    if (!isExpected(error)) throw error;
    console.error(`miniredis: ${error.message}`);
    return 1;
  }
}

function openLog(configuration: Configuration, descriptors: DescriptorReserve): Log {
  const { logfile, loglevel, dir } = configuration.settings;
  const path = systemPath(absolutePath(logfile, dir));
  try {
    const sink = logfile === "" ? standardOutputSink() : fileSink(path, descriptors);
    const log = new Log(new SystemClock(), sink);
    log.level = loglevel;
    return log;
  } catch (error) {
    const place = configuration.placeOf("logfile") ?? { file: COMMAND_LINE, line: 0 };
    throw new ConfigError(place, "logfile", `Can't open the log file: ${systemErrorText(error)}`);
  }
}

function sayStarting(configuration: Configuration, log: Log): void {
  log.warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
  log.warning(
    `Redis version=${REDIS_VERSION}, bits=64, commit=00000000, modified=0, pid=${Deno.pid}, ` +
      "just started (miniredis)",
  );
  log.warning("Configuration loaded");
  for (const { name, reason } of configuration.meaninglessDirectives()) {
    log.warning(`The directive '${name}' has no effect: ${reason}`);
  }
}

/** Whether an error is the user's to mend: one line is enough then. */
function isExpected(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ListenError ||
    error instanceof PersistenceError;
}

Deno.exit(await main());
