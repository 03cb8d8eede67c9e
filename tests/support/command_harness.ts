/**
 * Runs commands against a keyspace, through the dispatcher and nothing else: no sockets, no files.
 *
 * ```ts
 * const run = runCommands(STRING_COMMANDS);
 * run("SET", "k", "v"); // "+OK\r\n"
 * ```
 */

import { ManualClock } from "../../src/base/clock.ts";
import { type ByteRange, byteString, Span, spanString } from "../../src/base/span.ts";
import type { CommandDeclaration } from "../../src/commands/declaration.ts";
import type { ServerView } from "../../src/commands/context.ts";
import { CommandRegistry } from "../../src/commands/registry.ts";
import { Configuration } from "../../src/config/mod.ts";
import { ENCODING_NAMES } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { NO_EXPIRY } from "../../src/keyspace/expiry.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { Log, silentSink } from "../../src/observe/log.ts";
import { Statistics } from "../../src/observe/statistics.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";
import { Access } from "../../src/execution/access.ts";
import { BlockedClients } from "../../src/clients/blocking.ts";
import { CallObservers } from "../../src/execution/call_observers.ts";
import { Client } from "../../src/clients/client.ts";
import { Clients } from "../../src/clients/clients.ts";
import { Dispatcher } from "../../src/execution/dispatcher.ts";
import { KeyspaceEvents } from "../../src/execution/keyspace_events.ts";
import { Monitors } from "../../src/clients/monitors.ts";
import { Pause } from "../../src/execution/pause.ts";
import { Propagation } from "../../src/execution/propagation.ts";
import { Watches } from "../../src/execution/watches.ts";
import { PubSub } from "../../src/clients/pubsub.ts";
import { Tracking } from "../../src/clients/tracking.ts";
import type { ClientTransport } from "../../src/clients/transport.ts";

/** When a harness' clock starts, in ms since the epoch. */
export const START = 1_700_000_000_000;

const ALL_EVENTS = 0x7fffffff;

/** A connection that carries nothing. */
const TRANSPORT: ClientTransport = {
  address: "127.0.0.1:50000",
  localAddress: "127.0.0.1:6379",
  isUnixSocket: false,
  queryBytes: 0,
  queryBytesFree: 0,
  outputBytes: 0,
  outputChunks: 0,
  limitsChanged() {},
  replyWaits() {},
  putBack() {},
  checkOutput() {},
  resume() {},
  close() {},
};

function noFiles(): never {
  throw new Error("the harness has no files");
}

/** The server as far as commands on data need one; a member that needs more is given in `overrides`. */
export class CommandHarness {
  readonly clock = new ManualClock(START);
  readonly configuration = new Configuration("/");
  readonly keyspace = new Keyspace(this.clock, 16);
  readonly client: Client;
  /** What was propagated and not yet taken: `database command arguments`, joined by spaces. */
  #propagated: string[] = [];
  /** Events not yet taken: `event key`. */
  #events: string[] = [];
  readonly #dispatcher: Dispatcher;

  constructor(declarations: Iterable<CommandDeclaration>, overrides: Partial<ServerView> = {}) {
    const { clock, configuration, keyspace } = this;
    const registry = new CommandRegistry(declarations);
    const propagation = new Propagation();
    const statistics = new Statistics();
    // What a handler fails with for another reason than a client's mistake fails the test.
    const log = new Log(clock, (line) => {
      throw new Error(line);
    });
    propagation.addSink({
      propagate: (database, buffer, start, end) => {
        const args = decodeCommand(byteString(buffer, start, end));
        this.#propagated.push(`${database} ${args.join(" ")}`);
      },
    });
    const blocked = new BlockedClients(clock, keyspace, statistics);
    const watches = new Watches();
    const pubsub = new PubSub();
    const observers = new CallObservers(clock, configuration.settings);
    const monitors = new Monitors(clock);
    const pause = new Pause(clock, keyspace);
    const tracking = new Tracking({ find: () => undefined, schedule() {} });
    keyspace.observer = new RecordingEvents(
      propagation,
      configuration,
      blocked,
      watches,
      pubsub,
      tracking,
      this.#events,
    );
    keyspace.eventClasses = ALL_EVENTS;
    const clients = new Clients({ blocked, pubsub, monitors, pause, tracking });
    const access = new Access({
      registry,
      configuration,
      clock,
      log,
      clients,
      pubsub,
      get files(): never {
        throw new Error("the harness has no files");
      },
    });
    const server: ServerView = {
      keyspace,
      clock,
      configuration,
      registry,
      propagation,
      statistics,
      clients,
      pubsub,
      pause,
      access,
      slowlog: observers.slowlog,
      latency: observers.latency,
      log: new Log(clock, silentSink),
      get lifecycle(): never {
        throw new Error("the harness has no lifecycle");
      },
      rdbSaves: {
        lastSave: 0,
        // There is no file that would have to follow.
        flushed() {},
        save: noFiles,
        saveInBackground: noFiles,
      },
      aofRewrites: { request: noFiles },
      reload: { reloadRdb: noFiles, reloadAppendOnlyFile: noFiles },
      get memory(): never {
        throw new Error("the harness has no memory");
      },
      get migrations(): never {
        throw new Error("the harness has no connections to other servers");
      },
      debug: {
        activeExpire: true,
        skipsChecksums: false,
        cronPaused: false,
        replyBuffers: { resizes: true, peakResetTime: 5000, defaultPeakResetTime: 5000 },
        changeReplicationId() {},
      },
      get info(): never {
        throw new Error("the harness has no INFO");
      },
      rewriteConfiguration(): never {
        throw new Error("the harness has no configuration file");
      },
      resetStatistics() {
        statistics.reset();
      },
      ...overrides,
    };
    this.client = new Client({
      id: 1,
      server,
      reply: new ReplyWriter(),
      transport: TRANSPORT,
      users: access.users,
      authenticate: (client, name, password) => access.authenticate(client, name, password),
      blocked,
      watches,
      pubsub,
      monitors,
      pause,
      tracking,
      execute: (client, frame) => this.#dispatcher.execute(client, frame),
      resume: (client, command, frame, act) => this.#dispatcher.resume(client, command, frame, act),
    });
    this.#dispatcher = new Dispatcher({
      registry,
      keyspace,
      propagation,
      statistics,
      log,
      writeGuard: { refusal: null },
      memoryLimit: { enforce: () => true },
      observers,
      monitors,
      access,
      pause,
      tracking,
      blocked,
    });
  }

  /** Runs a command, given as byte strings; returns the bytes of the reply as a byte string. */
  readonly run = (...args: string[]): string => {
    this.#dispatcher.beginBatch();
    this.#dispatcher.execute(this.client, Frame.fromStrings(args));
    this.#dispatcher.endBatch();
    return byteString(this.client.reply.bytes());
  };

  /** What was propagated since the last call: `database command arguments`, joined by spaces. */
  takePropagated(): string[] {
    return this.#propagated.splice(0);
  }

  /** The events since the last call, each as `event key`, without `new` and `keymiss`. */
  takeEvents(): string[] {
    return this.#events.splice(0).filter((event) => !/^(new|keymiss) /.test(event));
  }

  /** The events since the last call, all of them. */
  takeAllEvents(): string[] {
    return this.#events.splice(0);
  }

  /** The name of a key's encoding; null without the key. */
  encodingOf(key: string, database: Database = this.client.db): string | null {
    const row = database.peek(Span.ofString(key));
    return row === NO_ROW ? null : ENCODING_NAMES[database.encodingOf(row)];
  }

  /** When a key expires, in ms since the epoch; null when it does not, or does not exist. */
  expiryOf(key: string, database: Database = this.client.db): number | null {
    const row = database.peek(Span.ofString(key));
    const expiry = row === NO_ROW ? NO_EXPIRY : database.expiryOf(row);
    return expiry === NO_EXPIRY ? null : expiry;
  }
}

/** A function that runs commands of `declarations` on a fresh keyspace (see `CommandHarness.run`). */
export function runCommands(
  declarations: Iterable<CommandDeclaration>,
): (...args: string[]) => string {
  return new CommandHarness(declarations).run;
}

/** A bulk string reply. */
export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** An array reply of replies. */
export function array(...replies: string[]): string {
  return `*${replies.length}\r\n${replies.join("")}`;
}

class RecordingEvents extends KeyspaceEvents {
  readonly #events: string[];

  constructor(
    propagation: Propagation,
    configuration: Configuration,
    blocked: BlockedClients,
    watches: Watches,
    pubsub: PubSub,
    tracking: Tracking,
    events: string[],
  ) {
    super(propagation, configuration.settings, blocked, watches, pubsub, tracking, []);
    this.#events = events;
  }

  override keyEvent(_database: Database, _class: number, event: string, key: ByteRange): void {
    this.#events.push(`${event} ${spanString(key)}`);
  }
}

/** The arguments of a command in its canonical encoding. */
function decodeCommand(encoded: string): string[] {
  const args: string[] = [];
  let at = encoded.indexOf("\r\n") + 2;
  while (at < encoded.length) {
    const lineEnd = encoded.indexOf("\r\n", at);
    const start = lineEnd + 2;
    const end = start + Number(encoded.slice(at + 1, lineEnd));
    args.push(encoded.slice(start, end));
    at = end + 2;
  }
  return args;
}
