/** How a program starts a server in its own process. */

import { ManualClock } from "../base/clock.ts";
import { quoteArgument } from "../base/split_arguments.ts";
import type { DirectiveName } from "../config/directive_names.ts";
import { COMMAND_LINE, ConfigError, ValueError } from "../config/errors.ts";
import { Configuration } from "../config/mod.ts";
import { bytePath } from "../config/paths.ts";
import { hasDirectory, NOWHERE } from "../durability/data_directory.ts";
import { Log, silentSink } from "../observe/log.ts";
import { Server } from "../server/server.ts";
import { type EmbeddedServer, RunningServer } from "./embedded_server.ts";
import { type EmbeddedOptions, OF_THE_PROCESS } from "./options.ts";
import { InterceptedRunner } from "./runner.ts";

/**
 * Starts a server in this process; it shares nothing with others that run there. Resolves when it
 * accepts commands, its data loaded.
 *
 * @example
 * ```ts
 * await using redis = await startServer({
 *   directory: await Deno.makeTempDir(),
 *   directives: { appendonly: "yes", appendfsync: "always" },
 *   log: (line) => console.log(line.trimEnd()),
 * });
 * console.log(redis.url);
 * ```
 *
 * @throws ConfigError if a directive is invalid or not supported, ListenError if the server can't listen,
 * and PersistenceError if it can't load or write its files or `rdb`. Nothing is left running then.
 */
export async function startServer(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { port = 0, hostname = "127.0.0.1" } = options;
  const clock = options.clock ?? runningClock();
  const configuration = configure(options, hostname, port);
  const log = new Log(clock, options.log ?? silentSink);
  log.level = configuration.settings.loglevel;
  let runner: InterceptedRunner | undefined;
  const server = await Server.start({
    ...{ configuration, clock, log, freePort: port === 0 },
    intercept: (dispatcher, registry) => {
      runner = new InterceptedRunner(dispatcher, registry);
      runner.seed(options.seed);
      return runner;
    },
  });
  if (runner === undefined) throw new Error("a server asks what stands before its dispatcher");
  const embedded = new RunningServer({ server, runner, clock, hostname, startServer, options });
  if (options.rdb === undefined) return embedded;
  try {
    embedded.restore(options.rdb);
    return embedded;
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** A clock that shows the system's time, and that a test can take into its hands. */
function runningClock(): ManualClock {
  const clock = new ManualClock();
  clock.run();
  return clock;
}

const NEEDS_DIRECTORY = "it needs the option 'directory', which says where the files are";

function configure(options: EmbeddedOptions, hostname: string, port: number): Configuration {
  const configuration = new Configuration(NOWHERE);
  const lines: [string, string][] = [["bind", hostname], ["port", String(port)], ["save", ""]];
  if (options.directory !== undefined) lines.push(["dir", options.directory]);
  lines.push(...Object.entries(options.directives ?? {}));
  configuration.loadCommandLine(
    lines.map(([name, value]) => `${name} ${quoteArgument(bytePath(value))}`),
  );
  configuration.finishLoading();
  for (const name of OF_THE_PROCESS) refuse(configuration, name);
  const { settings } = configuration;
  if (!hasDirectory(settings)) {
    if (settings.appendonly) throw refusal("appendonly", NEEDS_DIRECTORY);
    if (settings.save.length > 0) throw refusal("save", NEEDS_DIRECTORY);
  }
  return configuration;
}

function refusal(directive: DirectiveName, reason: string): ConfigError {
  return new ConfigError({ file: COMMAND_LINE, line: 0 }, directive, reason);
}

/** Refuses a directive about the process, given now or by CONFIG SET. */
function refuse(configuration: Configuration, name: typeof OF_THE_PROCESS[number]): void {
  const reason = "an embedded server has no process of its own";
  if (configuration.isGiven(name)) throw refusal(name, reason);
  const initial = configuration.textOf(name);
  configuration.onChange(name, () => {
    if (configuration.textOf(name) !== initial) throw new ValueError(reason);
  });
}
