/**
 * What a program that embeds the server imports.
 *
 * @example A test with a Redis of its own
 * ```ts
 * Deno.test("visits are counted", async () => {
 *   await using redis = await startServer();
 *   const client = await createClient({ url: redis.url }).connect();
 *   assertEquals(await client.incr("visits"), 1);
 *   client.destroy();
 * });
 * ```
 *
 * @example A test that does not wait for time
 * ```ts
 * Deno.test("sessions end after an hour", async () => {
 *   const clock = new ManualClock();
 *   await using redis = await startServer({ clock });
 *   const client = await createClient({ url: redis.url }).connect();
 *   await client.set("session", "Ann", { EX: 3600 });
 *   clock.advance(3_600_000);
 *   assertEquals(await client.get("session"), null);
 *   client.destroy();
 * });
 * ```
 *
 * @module
 */

import { type Clock, SystemClock } from "./base/clock.ts";
import { quoteArgument } from "./base/split_arguments.ts";
import { ConfigError, Configuration, type DirectiveName, ValueError } from "./config/mod.ts";
import { COMMAND_LINE } from "./config/errors.ts";
import { bytePath } from "./config/paths.ts";
import { hasDirectory, NOWHERE } from "./durability/data_directory.ts";
import { Log, type LogSink, silentSink } from "./observe/log.ts";
import { Server } from "./server/server.ts";

export { type Clock, ManualClock, SystemClock, type Timer } from "./base/clock.ts";
export { ConfigError, type DirectiveName } from "./config/mod.ts";
export type { LogSink } from "./observe/log.ts";
export { PersistenceError } from "./persistence/persistence_error.ts";
export { ListenError } from "./network/tcp_listeners.ts";

/** Directives about the process, which is not the server's alone. */
const OF_THE_PROCESS = [
  "supervised",
  "oom-score-adj",
  "oom-score-adj-values",
  "crash-log-enabled",
  "set-proc-title",
  "proc-title-template",
] as const;

/**
 * The directives that an embedded server takes: all but those that have an option of their own, and those that
 * concern the process.
 */
export type EmbeddedDirective = Exclude<
  DirectiveName,
  "port" | "bind" | "dir" | "logfile" | typeof OF_THE_PROCESS[number]
>;

/** What an embedded server is started with. Everything is optional. */
export interface EmbeddedOptions {
  /** The TCP port; 0, which is also the default, takes a free one. */
  readonly port?: number;
  /** The address to listen on; by default `127.0.0.1`. */
  readonly hostname?: string;
  /**
   * Where the server has its files. Without it the server has none: it reads and writes no data on disk,
   * and needs no permission for files. `appendonly` and `save` are refused then, and SAVE, BGSAVE and
   * BGREWRITEAOF answer with an error that names this option.
   */
  readonly directory?: string;
  /**
   * Other directives. A value is what follows the name in redis.conf, without the quotes that one with
   * spaces needs there: `{ appendonly: "yes", save: "900 1 60 1000", requirepass: "open sesame" }`.
   * `save` is empty by default: unlike the program, an embedded server with a directory writes no
   * `dump.rdb` that nobody asked for. Paths of other files are relative to the directory, or without one
   * to where the process stands.
   */
  readonly directives?: Readonly<Partial<Record<EmbeddedDirective, string>>>;
  /** The time that the server sees; a `ManualClock` lets a test set and advance it. */
  readonly clock?: Clock;
  /** Where log lines go, each with its line break; by default nowhere. */
  readonly log?: LogSink;
}

/** A server in this process. It is stopped by `stop`, by `await using`, or by a client's SHUTDOWN. */
export interface EmbeddedServer extends AsyncDisposable {
  /** The address that it listens on. */
  readonly hostname: string;
  /** The port that it listens on. */
  readonly port: number;
  /** The address for clients: `redis://127.0.0.1:49152`. */
  readonly url: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /**
   * Stops it: files are written and synced, connections are closed (replies that a peer has not taken
   * yet are dropped, as Redis does), the port is free again. Does nothing when the server has ended.
   */
  stop(): Promise<void>;
}

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
 * and PersistenceError if it can't load or write its files. Nothing is left running then.
 */
export async function startServer(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { port = 0, hostname = "127.0.0.1", clock = new SystemClock() } = options;
  const configuration = configure(options, hostname, port);
  const log = new Log(clock, options.log ?? silentSink);
  log.level = configuration.settings.loglevel;
  const server = await Server.start({ configuration, clock, log, freePort: port === 0 });
  const stop = () => server.stop();
  return {
    hostname,
    port: server.port,
    url: `redis://${hostname.includes(":") ? `[${hostname}]` : hostname}:${server.port}`,
    ended: server.ended.then(() => {}),
    stop,
    [Symbol.asyncDispose]: stop,
  };
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
