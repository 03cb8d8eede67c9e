import type { ManualClock } from "../base/clock.mjs";
import type { Dump } from "./dump.mjs";
import type { CutFault } from "./faults.mjs";
import type { ErrorFault } from "./faults.mjs";
import type { Fault } from "./faults.mjs";
import type { FaultOptions } from "./faults.mjs";
import type { CommandFilter } from "./filter.mjs";
import type { CommandListener } from "./observation.mjs";
import type { ObservedCommand } from "./observation.mjs";
import type { Argument } from "./plain.mjs";
import type { PlainReply } from "./plain.mjs";
import type { EmbeddedOptions } from "./options.mjs";
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
