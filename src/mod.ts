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
 * @module
 */

import { type Clock, SystemClock } from "./base/clock.ts";
import { Configuration, type DirectiveName } from "./config/mod.ts";
import { bytePath } from "./config/paths.ts";
import { Log, type LogSink, silentSink } from "./observe/log.ts";
import { Server } from "./server/server.ts";

export { type Clock, ManualClock, SystemClock, type Timer } from "./base/clock.ts";
export { ConfigError, type DirectiveName } from "./config/mod.ts";
export type { LogSink } from "./observe/log.ts";
export { PersistenceError } from "./persistence/persistence_error.ts";
export { ListenError } from "./server/listeners.ts";

/** What an embedded server is started with. Everything is optional. */
export interface EmbeddedOptions {
  /** The TCP port; 0, which is also the default, takes a free one. */
  readonly port?: number;
  /** The address to listen on; by default `127.0.0.1`. */
  readonly hostname?: string;
  /** Where files go, if any are written; by default the current directory. */
  readonly directory?: string;
  /** Other directives, written as in redis.conf: `{ appendonly: "yes", maxmemory: "100mb" }`. */
  readonly directives?: Readonly<Partial<Record<DirectiveName, string>>>;
  /** The time that the server sees; a `ManualClock` lets a test set and advance it. */
  readonly clock?: Clock;
  /** Where log lines go; by default nowhere. */
  readonly log?: LogSink;
}

/** A server in this process. */
export interface EmbeddedServer extends AsyncDisposable {
  /** The address that it listens on. */
  readonly hostname: string;
  /** The port that it listens on. */
  readonly port: number;
  /** The address for clients: `redis://127.0.0.1:49152`. */
  readonly url: string;
  /** Stops it: what clients asked for is answered, files are written and synced. */
  stop(): Promise<void>;
}

/**
 * Starts a server in this process; it shares nothing with others that run there. Resolves when it
 * accepts commands, its data loaded.
 *
 * Throws `ConfigError` for a directive that can't be had, `ListenError` where it can't listen, and
 * `PersistenceError` for files that can't be loaded.
 */
export async function startServer(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { port = 0, hostname = "127.0.0.1", clock = new SystemClock() } = options;
  const configuration = new Configuration(bytePath(options.directory ?? Deno.cwd()));
  const lines = Object.entries(options.directives ?? {}).map(([name, value]) => `${name} ${value}`);
  configuration.loadCommandLine([`bind ${hostname}`, `port ${port}`, ...lines]);
  configuration.finishLoading();
  const log = new Log(clock, options.log ?? silentSink);
  log.level = configuration.settings.loglevel;
  const server = await Server.start({ configuration, clock, log, freePort: port === 0 });
  return {
    hostname,
    port: server.port,
    url: `redis://${hostname}:${server.port}`,
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
