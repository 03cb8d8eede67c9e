import type { EmbeddedServer } from "./embedded_server.cjs";
import type { EmbeddedOptions } from "./options.cjs";
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
export declare function startServer(options?: EmbeddedOptions): Promise<EmbeddedServer>;
