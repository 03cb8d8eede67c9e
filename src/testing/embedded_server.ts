/** A server that runs in the program's own process, and all that a test may do to it. */

import { type Clock, ManualClock } from "../base/clock.ts";
import { letOthersRun } from "../base/event_loop.ts";
import type { Client } from "../clients/client.ts";
import type { Server } from "../server/server.ts";
import { type Dump, dumpDatabase, listKeys } from "./dump.ts";
import { type CutFault, type ErrorFault, type Fault, type FaultOptions, Faults } from "./faults.ts";
import type { CommandFilter } from "./filter.ts";
import { LocalCaller } from "./local_caller.ts";
import {
  type CommandListener,
  DEFAULT_LOG_LENGTH,
  Observation,
  type ObservedCommand,
} from "./observation.ts";
import { type Argument, type PlainReply, textOf } from "./plain.ts";
import { readableText } from "./readable.ts";
import { Beginning } from "./reset.ts";
import type { InterceptedRunner } from "./runner.ts";
import type { EmbeddedOptions } from "./options.ts";
import { restoreInto, snapshotOf } from "./state.ts";

/** A connected client. */
export interface ClientSummary {
  /** As CLIENT ID tells it. */
  readonly id: number;
  /** As CLIENT SETNAME has set it; empty where it has not. */
  readonly name: string;
  readonly address: string;
  readonly database: number;
  readonly user: string;
  readonly protocol: 2 | 3;
  /** Whether it waits: for a key, for replicas, for the end of a pause. */
  readonly isWaiting: boolean;
  /** Whether it is between MULTI and EXEC. */
  readonly isInTransaction: boolean;
  readonly isSubscribed: boolean;
}

/** What a server has counted since it started, was reset, or was told CONFIG RESETSTAT. */
export interface ServerCounts {
  /** Commands that have run, those of scripts and transactions among them. */
  readonly commands: number;
  /** How often each command was called, by its name: `get`, `config|get`. */
  readonly calls: Readonly<Record<string, number>>;
  /** Error replies by their codes. */
  readonly errors: Readonly<Record<string, number>>;
  /** Connections that have been accepted. */
  readonly connections: number;
  /** Look-ups that found a key, and that found none. */
  readonly hits: number;
  readonly misses: number;
  /** Keys that were removed because their time had come. */
  readonly expired: number;
  /** Keys of all databases, those whose time has come and that nobody has asked for among them. */
  readonly keys: number;
  /** Memory in use for data, in bytes (`used_memory`). */
  readonly usedMemory: number;
}

/** What a replica is started with; what its primary decides can't be given. */
export type ReplicaOptions = Omit<EmbeddedOptions, "clock" | "rdb">;

/**
 * A server in this process. It is stopped by `stop`, by `await using`, or by a client's SHUTDOWN.
 *
 * @example
 * ```ts
 * await using redis = await startServer();
 * redis.call("SET", "greeting", "hello", "EX", 60);
 * redis.clock.advance(60_000);
 * assertEquals(redis.dump(), {});
 * ```
 */
export interface EmbeddedServer extends AsyncDisposable {
  /** The address that it listens on. */
  readonly hostname: string;
  /** The port that it listens on; CONFIG SET may move it. */
  readonly port: number;
  /** The address for clients: `redis://127.0.0.1:49152`. */
  readonly url: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /**
   * The time that it sees: `advance(ms)`, `set(ms)`, `pause()`, `run()`. Throws `TypeError` where the server was
   * started with a clock of another kind.
   */
  readonly clock: ManualClock;
  /** When the next key expires, in ms since the epoch; null: none does. */
  readonly nextExpiry: number | null;
  /** The last commands that clients have sent, the latest last; how many: the option `commandLog`. */
  readonly commands: readonly ObservedCommand[];

  /**
   * Stops it: files are written and synced, connections are closed (replies that a peer has not taken
   * yet are dropped, as Redis does), the port is free again. Does nothing when the server has ended.
   */
  stop(): Promise<void>;

  /**
   * Runs a command at once, without a socket, and returns its reply. It may do everything, in a session of its
   * own that keeps its database and its MULTI; what would wait (BLPOP, WAIT) finds nothing instead, and what
   * needs a connection (SUBSCRIBE, MONITOR) is refused. Throws `CommandError` for an error reply, `TypeError` for
   * what is no argument.
   */
  call(...args: readonly Argument[]): PlainReply;
  /** As `call`; bulk strings are returned as bytes. */
  callBytes(...args: readonly Argument[]): PlainReply<Uint8Array>;
  /** The keys of a database, sorted; of database 0, if none is given. Throws `RangeError` where it does not exist. */
  keys(database?: number): string[];
  /** All that a database holds, sorted, as a plain object; of database 0, if none is given. Throws as `keys` does. */
  dump(database?: number): Dump;
  /**
   * Puts data, functions, scripts, configuration, users, counts, faults and the clock back to what they were at
   * the start. Connections stay open with their protocol, name and database; MULTI, WATCH, subscriptions and waits
   * end. All that is done on return; the promise is for the listeners, where they were elsewhere or closed: it
   * resolves when they are as at the start. Throws where a script still runs that has written, and for a replica.
   */
  reset(): Promise<void>;

  /** Has commands answered with an error in place of being run, until the fault is removed. Throws `TypeError`. */
  fail(fault: ErrorFault): Fault;
  /**
   * Has commands run `ms` later than they come, by the server's clock, until the fault is removed. Other clients
   * are served meanwhile. Throws `RangeError`.
   */
  delay(ms: number, options?: FaultOptions): Fault;
  /** Has connections closed in the middle of a reply, until the fault is removed. Throws `RangeError`. */
  cutReplies(fault?: CutFault): Fault;
  /** Closes all connections of clients, at once. */
  disconnectAll(): void;
  /** Does not listen, until `online` or until what is returned is disposed of; connections stay. */
  refuseConnections(): Promise<AsyncDisposable>;
  /** Closes all connections and does not listen, until `online`; the data stays. */
  offline(): Promise<AsyncDisposable>;
  /** Listens again, at the same port. Nothing where it does. Rejects with `ListenError` where the port is taken. */
  online(): Promise<void>;

  /** Calls a function for each command that clients send, or for those that are meant, when it has run. */
  onCommand(listener: CommandListener): Disposable;
  onCommand(filter: CommandFilter, listener: CommandListener): Disposable;
  /** What it has counted. */
  stats(): ServerCounts;
  /** The clients that are connected. */
  clients(): ClientSummary[];
  /** Resolves when at least so many clients wait for a key or for replicas; 1, if no number is given. */
  whenBlocked(count?: number): Promise<void>;
  /** Resolves when all that clients had sent has run and was replied, and nothing runs in the background. */
  whenIdle(): Promise<void>;

  /** All data, and the function libraries, as an RDB file has them: for `restore`, or to be written to a file. */
  snapshot(): Uint8Array;
  /** Puts what `snapshot` returned, or an RDB file holds, in place of all data. Throws `PersistenceError`. */
  restore(rdb: Uint8Array): void;
  /** Starts a replica of this server, on the same clock; resolves when it has the data. */
  startReplica(options?: ReplicaOptions): Promise<EmbeddedServer>;
}

/** What a running server is made of. */
export interface RunningServerParts {
  readonly server: Server;
  readonly runner: InterceptedRunner;
  readonly clock: Clock;
  readonly hostname: string;
  readonly startServer: (options: EmbeddedOptions) => Promise<EmbeddedServer>;
  readonly options: EmbeddedOptions;
}

/** How long nothing must happen for a server to count as idle, in turns of the event loop. */
const IDLE_TURNS = 3;

/** The server behind `EmbeddedServer`. */
export class RunningServer implements EmbeddedServer {
  readonly hostname: string;
  readonly ended: Promise<void>;
  readonly #server: Server;
  readonly #runner: InterceptedRunner;
  readonly #seed: number | undefined;
  readonly #clock: Clock;
  readonly #startServer: RunningServerParts["startServer"];
  readonly #caller: LocalCaller;
  readonly #faults: Faults;
  readonly #observation: Observation;
  readonly #beginning: Beginning;
  #isListening = true;
  readonly #blocked = new Set<() => void>();

  constructor({ server, runner, clock, hostname, startServer, options }: RunningServerParts) {
    this.hostname = hostname;
    this.ended = server.ended.then(() => {});
    this.#server = server;
    this.#runner = runner;
    this.#seed = options.seed;
    this.#clock = clock;
    this.#startServer = startServer;
    this.#caller = new LocalCaller(server, runner);
    this.#faults = new Faults(server, runner);
    this.#observation = new Observation(runner, () => clock.now());
    this.#observation.keep(options.commandLog ?? DEFAULT_LOG_LENGTH);
    this.#beginning = new Beginning(server, clock instanceof ManualClock ? clock : null);
    server.waiting.begun = () => {
      for (const look of [...this.#blocked]) look();
    };
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    const { hostname, port } = this;
    return `redis://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  }

  get clock(): ManualClock {
    if (this.#clock instanceof ManualClock) return this.#clock;
    throw new TypeError("the server was started with a clock that can't be set");
  }

  get nextExpiry(): number | null {
    const now = this.#clock.now();
    let next = Infinity;
    for (const { expiry } of this.#server.keyspace.databases) {
      for (let place = 0; place < expiry.size; place++) {
        // What lies in the past nobody finds any more, though it may not have been removed yet.
        const time = expiry.timeAt(place);
        if (time >= now && time < next) next = time;
      }
    }
    return next === Infinity ? null : next;
  }

  get commands(): readonly ObservedCommand[] {
    return this.#observation.commands;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  call(...args: readonly Argument[]): PlainReply {
    return this.#caller.call(args, textOf);
  }

  callBytes(...args: readonly Argument[]): PlainReply<Uint8Array> {
    return this.#caller.call(args, (bytes) => bytes);
  }

  keys(database = 0): string[] {
    return listKeys(this.#database(database));
  }

  dump(database = 0): Dump {
    return dumpDatabase(this.#database(database));
  }

  reset(): Promise<void> {
    this.#faults.removeAll();
    const configured = this.#beginning.restore(this.#caller);
    const online = this.online();
    this.#observation.clear();
    this.#runner.seed(this.#seed);
    return Promise.all([configured, online]).then(() => {});
  }

  fail(fault: ErrorFault): Fault {
    return this.#faults.fail(fault);
  }

  delay(ms: number, options?: FaultOptions): Fault {
    return this.#faults.delay(ms, options);
  }

  cutReplies(fault?: CutFault): Fault {
    return this.#faults.cutReplies(fault);
  }

  disconnectAll(): void {
    for (const client of [...this.#server.clients]) client.disconnect();
  }

  async refuseConnections(): Promise<AsyncDisposable> {
    this.#isListening = false;
    await this.#server.acceptor.suspend();
    return {
      [Symbol.asyncDispose]: () => this.online(),
    };
  }

  async offline(): Promise<AsyncDisposable> {
    const refused = await this.refuseConnections();
    this.disconnectAll();
    return refused;
  }

  async online(): Promise<void> {
    if (this.#isListening || this.#server.lifecycle.isEnding) return;
    this.#isListening = true;
    try {
      await this.#server.acceptor.resume();
    } catch (error) {
      this.#isListening = false;
      throw error;
    }
  }

  onCommand(listener: CommandListener): Disposable;
  onCommand(filter: CommandFilter, listener: CommandListener): Disposable;
  onCommand(first: CommandFilter | CommandListener, second?: CommandListener): Disposable {
    if (typeof first === "function") return this.#observation.listen({}, first);
    if (second === undefined) throw new TypeError("there is no listener");
    return this.#observation.listen(first, second);
  }

  stats(): ServerCounts {
    const { statistics, keyspace, registry, memory } = this.#server;
    const called = Array.from(registry.all())
      .map(({ fullName, statistics: { calls } }): [string, number] => [fullName, calls])
      .filter(([, calls]) => calls > 0)
      .sort(([a], [b]) => a < b ? -1 : 1);
    return {
      commands: statistics.commandsProcessed,
      calls: Object.fromEntries(called),
      errors: Object.fromEntries(statistics.errorsByCode),
      connections: statistics.connectionsReceived,
      hits: keyspace.hits,
      misses: keyspace.misses,
      expired: keyspace.expired,
      keys: keyspace.databases.reduce((sum, { size }) => sum + size, 0),
      usedMemory: memory.used,
    };
  }

  clients(): ClientSummary[] {
    return Array.from(this.#server.clients, describe);
  }

  async whenBlocked(count = 1): Promise<void> {
    if (!(count >= 1)) throw new RangeError(`${count} is no number of clients`);
    const { waiting } = this.#server;
    const isThere = () => waiting.countOf("keys", "replicas") >= count;
    if (isThere()) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!isThere()) return;
        this.#blocked.delete(look);
        resolve();
      };
      this.#blocked.add(look);
    });
  }

  async whenIdle(): Promise<void> {
    const server = this.#server, { statistics, jobs, keyspace } = server;
    let seen = -1, quiet = 0;
    while (quiet < IDLE_TURNS) {
      await letOthersRun();
      const happened = statistics.netInputBytes + statistics.netOutputBytes +
        statistics.commandsProcessed;
      const isBusy = jobs.running !== null || keyspace.loading.isHeld || server.isHalfway;
      quiet = happened === seen && !isBusy ? quiet + 1 : 0;
      seen = happened;
    }
  }

  snapshot(): Uint8Array {
    return snapshotOf(this.#server);
  }

  restore(rdb: Uint8Array): void {
    restoreInto(this.#server, rdb);
  }

  async startReplica(options: ReplicaOptions = {}): Promise<EmbeddedServer> {
    const { configuration } = this.#server;
    const password = configuration.settings.requirepass;
    const delay = configuration.settings["repl-diskless-sync-delay"];
    // Nobody else comes for whom to wait.
    configuration.assign("repl-diskless-sync-delay", 0);
    try {
      const replica = await this.#startServer({
        ...options,
        clock: this.#clock,
        directives: {
          ...(password === "" ? {} : { masterauth: password }),
          ...options.directives,
          replicaof: `${this.hostname} ${this.port}`,
        },
      });
      await untilLinked(replica, this.#clock);
      return replica;
    } finally {
      configuration.assign("repl-diskless-sync-delay", delay);
    }
  }

  #database(index: number) {
    const { databases } = this.#server.keyspace;
    const database = databases[index];
    if (database === undefined) {
      throw new RangeError(`there is no database ${index} of ${databases.length}`);
    }
    this.#server.keyspace.updateTime();
    return database;
  }
}

function describe(client: Client): ClientSummary {
  const { id, name, address, db, user, protocol, isWaiting, transaction, isSubscribed } = client;
  return {
    id,
    name: readableText(name),
    address,
    database: db.index,
    user: readableText(user.name),
    protocol,
    isWaiting,
    isInTransaction: transaction.active,
    isSubscribed,
  };
}

/** Waits until a replica has its primary's data and follows it. Throws where it ends before. */
async function untilLinked(replica: EmbeddedServer, clock: Clock): Promise<void> {
  let hasEnded = false;
  replica.ended.then(() => hasEnded = true);
  for (;;) {
    const [, , , state] = replica.call("ROLE") as string[];
    if (state === "connected") return;
    if (hasEnded) throw new Error("the replica has ended before it was in step with its primary");
    // What is to be done at once is due, on a clock that stands still too.
    if (clock instanceof ManualClock && !clock.isRunning) clock.advance(0);
    await letOthersRun();
  }
}
