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

export { type Clock, ManualClock, SystemClock, type Timer } from "./base/clock.ts";
export type { DirectiveName } from "./config/directive_names.ts";
export { ConfigError } from "./config/errors.ts";
export type { LogSink } from "./observe/log.ts";
export { PersistenceError } from "./persistence/persistence_error.ts";
export { ListenError } from "./network/listen_error.ts";
export type { EmbeddedDirective, EmbeddedOptions } from "./testing/options.ts";
export { startServer } from "./testing/start_server.ts";
export type {
  ClientSummary,
  EmbeddedServer,
  ReplicaOptions,
  ServerCounts,
} from "./testing/embedded_server.ts";
export { type Argument, CommandError, type PlainReply } from "./testing/plain.ts";
export type { Dump, DumpedGroup, DumpedKey, DumpedValue } from "./testing/dump.ts";
export type { CommandFilter } from "./testing/filter.ts";
export type { CutFault, ErrorFault, Fault, FaultOptions } from "./testing/faults.ts";
export type { CommandListener, ObservedCommand, ReplyKind } from "./testing/observation.ts";
