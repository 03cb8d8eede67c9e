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
import type { ServerContext } from "../../src/commands/context.ts";
import type { ServerView } from "../../src/commands/views/server.ts";
import { Configuration } from "../../src/config/mod.ts";
import { ENCODING_NAMES } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { NO_EXPIRY } from "../../src/keyspace/expiry.ts";
import type { Keyspace } from "../../src/keyspace/keyspace.ts";
import { Log, silentSink } from "../../src/observe/log.ts";
import type { FileSystem } from "../../src/persistence/file.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";
import type { Client } from "../../src/clients/client.ts";
import type { ClientTransport } from "../../src/clients/transport.ts";
import type { MemoryLimits } from "../../src/execution/admission_rules.ts";
import { CLIENT } from "../../src/execution/caller.ts";
import { KeyspaceEvents, type KeyspaceEventsParts } from "../../src/execution/keyspace_events.ts";
import { Core } from "../../src/server/core.ts";

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
  argumentBytes: 0,
  outputBytes: 0,
  outputChunks: 0,
  isClosed: false,
  replyWaits() {},
  keepReplies() {},
  putBack() {},
  checkOutput() {},
  resume() {},
  feedFrom() {},
  feedGrew() {},
  delaySmallWrites() {},
  close() {},
};

const ENDLESS_MEMORY: MemoryLimits = {
  roomFor: null,
  isFull: false,
  makeRoomFor: () => true,
  evictClients() {},
};

/** What a handler fails with for another reason than a client's mistake fails the test. */
const FAILING_LOG = new Log(new ManualClock(START), (line) => {
  throw new Error(line);
});

const NO_FILES: FileSystem = {
  openSync: noFiles,
  openLockedSync: noFiles,
  statSync: noFiles,
  readDirSync: noFiles,
  mkdirSync: noFiles,
  renameSync: noFiles,
  linkSync: noFiles,
  removeSync: noFiles,
  remove: noFiles,
  syncDirSync: noFiles,
  syncDir: noFiles,
};

function noFiles(): never {
  throw new Error("the harness has no files");
}

/** The server as far as commands on data need one; a member that needs more is given in `overrides`. */
export class CommandHarness {
  readonly clock = new ManualClock(START);
  readonly configuration = new Configuration("/");
  readonly keyspace: Keyspace;
  readonly client: Client;
  /** What was propagated and not yet taken: `database command arguments`, joined by spaces. */
  #propagated: string[] = [];
  /** Events not yet taken: `event key`. */
  #events: string[] = [];
  readonly #core: Core;

  constructor(
    declarations: Iterable<CommandDeclaration<ServerContext>>,
    overrides: Partial<ServerView> = {},
  ) {
    const { clock, configuration } = this;
    const core = this.#core = new Core({
      ...{
        clock,
        configuration,
        declarations,
        log: FAILING_LOG,
        server: this.#createView(overrides),
      },
      files: NO_FILES,
      memory: () => ENDLESS_MEMORY,
      disk: () => ({ refusal: null, scriptRefusal: null }),
      role: () => ({ isReadOnly: false, isStale: false }),
      output: { schedule() {}, mark() {}, keep() {}, letGo() {} },
      observe: (parts) => new RecordingEvents(parts, this.#events),
    });
    core.propagation.addSink({
      propagate: (database, buffer, start, end) => {
        const args = decodeCommand(byteString(buffer, start, end));
        this.#propagated.push(`${database} ${args.join(" ")}`);
      },
    });
    this.keyspace = core.keyspace;
    this.keyspace.eventClasses = ALL_EVENTS;
    this.client = core.createClient({
      id: 1,
      caller: CLIENT,
      reply: new ReplyWriter(),
      transport: TRANSPORT,
    });
  }

  /** What handlers see of a server; it is looked at when commands run. */
  #createView(overrides: Partial<ServerView>): ServerView {
    const core = () => this.#core;
    const { clock, configuration } = this;
    const view: ServerView = {
      cluster: null,
      configuration,
      get registry() {
        return core().registry;
      },
      get clients() {
        return core().clients;
      },
      get pubsub() {
        return core().pubsub;
      },
      get scripts() {
        return core().scripts;
      },
      get functions() {
        return core().functions;
      },
      get scriptRunner() {
        return core().scriptRunner;
      },
      get pause() {
        return core().pause;
      },
      get access() {
        return core().access;
      },
      get slowlog() {
        return core().observers.slowlog;
      },
      get latency() {
        return core().observers.latency;
      },
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
      primaryLink: {
        primary: null,
        isReplica: false,
        state: "none",
        appliedOffset: -1,
        follow: noFiles,
        standAlone: noFiles,
        acknowledge() {},
      },
      get memory(): never {
        throw new Error("the harness has no memory");
      },
      get migrateSockets(): never {
        throw new Error("the harness has no connections to other servers");
      },
      // Nobody follows, and nobody is followed.
      replicas: {
        offset: 0,
        lines: [],
        countOf: () => 0,
        waitFor: (client, _wanted, limit) => client.waitForReplicas(limit, () => {}),
        acknowledged() {},
        settingsOf(): never {
          throw new Error("the harness has no replicas");
        },
        sync(): never {
          throw new Error("the harness has no replicas");
        },
      },
      get failover(): never {
        throw new Error("the harness has no replicas");
      },
      debug: {
        activeExpire: true,
        skipsChecksums: false,
        cronPaused: false,
        replyBuffers: { resizes: true, peakResetTime: 5000, defaultPeakResetTime: 5000 },
        panic: null,
        aofWriteDelay: 0,
        changeReplicationId() {},
      },
      get info(): never {
        throw new Error("the harness has no INFO");
      },
      rewriteConfiguration(): never {
        throw new Error("the harness has no configuration file");
      },
      resetStatistics() {
        core().statistics.reset();
      },
    };
    return Object.defineProperties(view, Object.getOwnPropertyDescriptors(overrides));
  }

  /** Runs a command, given as byte strings; returns the bytes of the reply as a byte string. */
  readonly run = (...args: string[]): string => {
    const { dispatcher } = this.#core;
    dispatcher.beginBatch();
    dispatcher.execute(this.client, Frame.fromStrings(args));
    dispatcher.endBatch();
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
  declarations: Iterable<CommandDeclaration<ServerContext>>,
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

  constructor(parts: KeyspaceEventsParts, events: string[]) {
    super(parts);
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
