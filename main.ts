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
import { checkFile } from "./src/durability/check_file.ts";
import { Log } from "./src/observe/log.ts";
import { PersistenceError } from "./src/persistence/persistence_error.ts";
import { CrashReports } from "./src/process/crash_reports.ts";
import { findSupervisor } from "./src/process/find_supervisor.ts";
import { openLogSink } from "./src/process/log_sink.ts";
import { followOomScore } from "./src/process/oom_score.ts";
import { followTitle } from "./src/process/title.ts";
import { ListenError } from "./src/network/listen_error.ts";
import { Server } from "./src/server/server.ts";
import { followSignals } from "./src/process/signals.ts";
import { logLinesOf } from "./src/process/start_errors.ts";

/** Serves until the server has ended; returns the process' exit code. */
export async function main(): Promise<number> {
  try {
    const commandLine = parseCommandLine(Deno.args);
    if (commandLine.help || commandLine.version) {
      console.log(commandLine.help ? helpText() : versionText());
      return 0;
    }
    if (commandLine.check !== null) return checkFile(commandLine.check);
    const configuration = configurationFrom(commandLine);
    const descriptors = new DescriptorReserve();
    return await serve(configuration, openLog(configuration, descriptors), descriptors);
  } catch (error) {
    if (!isExpected(error)) throw error;
    console.error(`miniredis: ${error.message}`);
    return 1;
  }
}

/** Serves, and has the log tell what ends the start. */
async function serve(
  configuration: Configuration,
  log: Log,
  descriptors: DescriptorReserve,
): Promise<number> {
  const crashes = new CrashReports({
    ...{ configuration, log, events: globalThis },
    tell: console.error,
    exit: Deno.exit,
  });
  crashes.listen();
  try {
    const supervisor = await findSupervisor(configuration, log);
    sayStarting(configuration, log);
    followOomScore(configuration, log);
    followTitle(configuration);
    const { logfile, "always-show-logo": always } = configuration.settings;
    const server = await Server.start({
      ...{ configuration, log, supervisor, descriptors },
      warmsUp: true,
      showsLogo: always || logfile === "" && Deno.stdout.isTerminal(),
      created: (created) => {
        crashes.server = created;
        followSignals(created);
      },
      panic: (error) => crashes.crash(error),
    });
    return await server.ended;
  } catch (error) {
    if (!isExpected(error)) crashes.crash(error);
    else for (const line of logLinesOf(error)) log.warning(line);
    throw error;
  }
}

function openLog(configuration: Configuration, descriptors: DescriptorReserve): Log {
  const { logfile, loglevel, dir } = configuration.settings;
  try {
    const log = new Log(new SystemClock(), openLogSink(logfile, dir, descriptors));
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
  for (const { text } of configuration.remarks()) log.warning(text);
}

/** Whether an error is the user's to mend: one line is enough then. */
function isExpected(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ListenError ||
    error instanceof PersistenceError;
}

if (import.meta.main) main().then(Deno.exit);
