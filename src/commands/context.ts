/**
 * The narrow interfaces through which a command's handler sees the rest of the server. The server
 * room implements them; nothing here knows sockets, files or replicas.
 */

import type { AccessLog } from "../access/access_log.ts";
import type { User } from "../access/user.ts";
import type { Users } from "../access/users.ts";
import type { Clock } from "../base/clock.ts";
import type { ByteRange } from "../base/span.ts";
import type { Configuration } from "../config/mod.ts";
import type { ValueType } from "../data/value.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import type { Log } from "../observe/log.ts";
import type { Slowlog } from "../observe/slowlog.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import type { Command, CommandRegistry } from "./registry.ts";

/** What a handler works with. Valid for the call; handlers never await. */
export interface CommandContext {
  /** The caller's selected database. */
  readonly db: Database;
  /** Where the reply goes. Handlers throw `ReplyError` rather than reply an error themselves. */
  readonly reply: ReplyWriter;
  readonly client: ClientView;
  readonly server: ServerView;
  /** The command that runs. */
  readonly command: Command;
}

/** One argument of a command that is propagated: byte strings, numbers in decimal, or bytes. */
export type PropagatedArgument = string | number | bigint | ByteRange;

/**
 * What the append-only file and the replicas are given for the command that runs. Left alone, a
 * command that changed something (`Keyspace.dirty` grew) is propagated as it came.
 */
export interface PropagationView {
  /** Whether anybody is given what is propagated; where nobody is, other words for it are not needed. */
  readonly isHeard: boolean;
  /** Propagates this command in place of the one that runs. */
  replace(...args: PropagatedArgument[]): void;
  /** Propagates this command too, before the one that runs. */
  also(database: number, ...args: PropagatedArgument[]): void;
  /** The command that runs is not propagated as itself. */
  suppress(): void;
  /** The command that runs is propagated even if it changed nothing. */
  force(): void;
  /**
   * What the command that runs propagates needs no MULTI and EXEC around it: expired keys that it met
   * have nothing to do with each other (SCAN, RANDOMKEY). Means nothing within a transaction.
   */
  separate(): void;
}

/** CLIENT REPLY's modes. */
export type ReplyMode = "on" | "off" | "skip";

/**
 * What a client waits for (BLPOP, XREAD BLOCK and their like). The functions are called later, each
 * within a turn of its own, so they must own all bytes that they use.
 */
export interface BlockingRequest {
  /** The keys in the client's database that it waits for; copies. */
  readonly keys: readonly Uint8Array[];
  /** The type of value that one of them has to have. */
  readonly type: ValueType;
  /** How long it waits, in ms; 0: for ever. */
  readonly timeout: number;
  /**
   * Called with one of the keys when it came into being or was said to be ready: serves the client from
   * that key, as its command would have done, and says whether that was possible. Clients are served in
   * the order in which they came. What it throws is the client's reply.
   */
  readonly attempt: (key: ByteRange) => boolean;
  /** Writes what the client gets when its time is over. */
  readonly timedOut: () => void;
}

/** A client's MULTI … EXEC, and the keys that it watches. */
export interface TransactionView {
  /** Whether commands are being queued. */
  readonly active: boolean;
  /** Begins to queue. */
  begin(): void;
  /** Forgets what was queued, and the watched keys. */
  discard(): void;
  /**
   * Runs what was queued and replies the results, or nothing if a watched key has changed. Throws
   * `EXECABORT` if a command was refused while queuing.
   */
  execute(): void;
  /** Has `execute` do nothing if this key of the selected database changes before it. */
  watch(key: ByteRange): void;
  /** Forgets the watched keys. */
  unwatch(): void;
}

/** What CLIENT TRACKING ON asks for. */
export interface TrackingOptions {
  /** Who is told in this client's place, by its id; 0: nobody else. */
  readonly redirect: number;
  /** Tells of all changes to keys that begin with one of the prefixes, whatever the client has read. */
  readonly broadcast: boolean;
  /** Where there is none, all keys are broadcast. */
  readonly prefixes: readonly string[];
  /** Only keys of commands behind CLIENT CACHING YES are tracked. */
  readonly optIn: boolean;
  /** Keys of commands behind CLIENT CACHING NO are not tracked. */
  readonly optOut: boolean;
  /** The client is not told of what it changes itself. */
  readonly noLoop: boolean;
}

/** How a client's keys are tracked now. */
export interface TrackingState extends TrackingOptions {
  /** Whether CLIENT CACHING was called for the command that comes next, or for the transaction. */
  readonly caching: boolean;
  /** Whether it was noticed that the client which is told in this one's place is gone. */
  readonly redirectBroken: boolean;
}

/** A client as commands see it. */
export interface ClientView {
  readonly id: number;
  /** `CLIENT SETNAME`'s name; empty: none. */
  name: string;
  /** The protocol version, 2 or 3; set by HELLO. */
  protocol: 2 | 3;
  /** Whether this is the server itself, which replays what was checked when it was written. */
  readonly isInternal: boolean;
  /** Whether the client may run commands: it has authenticated, or need not. */
  readonly authenticated: boolean;
  /** As whom it runs them. */
  readonly user: User;
  /** `ip:port`, or `path:0` for a Unix socket; empty for a client without a connection. */
  readonly address: string;
  /** The server's end of the connection, in the same form. */
  readonly localAddress: string;
  /** Whether it is exempt from client eviction (`CLIENT NO-EVICT`). */
  noEvict: boolean;
  readonly transaction: TransactionView;
  /** Whether it is subscribed to anything. */
  isSubscribed: boolean;
  /** Whether it has subscriptions and speaks RESP2, in which all that it is sent must be a message. */
  readonly inSubscribedMode: boolean;
  /** Whether it is shown every command that runs. */
  readonly isMonitor: boolean;
  /** From now on it is shown every command that runs. */
  startMonitoring(): void;
  /** How the server keeps track of what it reads, for its cache; null: not at all. */
  readonly tracking: TrackingState | null;
  /** Begins to track, or changes how: prefixes are added to those that there are. */
  track(options: TrackingOptions): void;
  /** Ends tracking; nothing where there is none. */
  endTracking(): void;
  /** What CLIENT CACHING says of the command that comes next; the client must be tracking. */
  markCaching(): void;
  /** Where its replies go; messages too. */
  readonly reply: ReplyWriter;
  /** Tells that a message was written to `reply` outside of its own commands. */
  pushed(): void;
  /** Whether its commands may wait: not inside a transaction, a script, or a file that is replayed. */
  readonly mayBlock: boolean;
  /** Parks the client until its request is served; nothing has been replied yet. */
  block(request: BlockingRequest): void;
  /**
   * Parks the client until the function that is returned is called, once, with what is left of its
   * command: that is run even if the client is gone meanwhile. CLIENT UNBLOCK does not end it.
   */
  suspend(): (act: () => void) => void;
  /** Selects a database by number, which must exist. */
  select(index: number): void;
  /** Checks a user's password and authenticates the client. Throws `WRONGPASS`. */
  authenticate(user: ByteRange, password: ByteRange): void;
  /** What `CLIENT REPLY` sets. */
  setReplyMode(mode: ReplyMode): void;
  /** Closes the connection once what was replied has been sent. */
  closeAfterReply(): void;
  /** Puts the connection back into its first state, as RESET does. */
  reset(): void;
  /** The client's line in CLIENT LIST and CLIENT INFO, without a line break. */
  describe(): string;
}

/** The filters of CLIENT KILL and LIST. A client must match all that are given. */
export interface ClientFilter {
  readonly ids?: readonly number[];
  readonly address?: string;
  readonly localAddress?: string;
  readonly type?: ClientType;
  readonly user?: string;
  /** Leaves this client out. */
  readonly except?: ClientView;
}

/** The kinds of clients that CLIENT LIST TYPE and KILL TYPE tell apart. */
export type ClientType = "normal" | "master" | "replica" | "pubsub";

/** How CLIENT UNBLOCK ends a wait. */
export type UnblockReason = "timeout" | "error";

/** All connected clients. */
export interface ClientsView {
  /** Ends a client's wait; false when it does not wait for keys. */
  unblock(id: number, reason: UnblockReason): boolean;
  /** How many clients wait. */
  readonly blockedCount: number;
  /** Those that match, in order of their ids. */
  select(filter: ClientFilter): ClientView[];
  /** Closes a client's connection. */
  kill(client: ClientView): void;
  readonly count: number;
}

/** Which commands a pause stops: those that change data, or all. */
export type PauseMode = "write" | "all";

/** What CLIENT PAUSE and UNPAUSE act on. */
export interface PauseView {
  /** Has clients wait until `end`, in ms since the epoch; a pause under way is only made stricter. */
  begin(mode: PauseMode, end: number): void;
  /** Ends the pause. */
  end(): void;
}

/** Who there is, and what they may do. */
export interface AccessView {
  readonly users: Users;
  /** What was refused. */
  readonly log: AccessLog;
  /**
   * Makes a user, or changes it, by rules; clients that may not have their subscriptions any more are
   * closed. Throws `ReplyError`, and has changed nothing then.
   */
  setUser(name: string, rules: readonly string[], caller: ClientView): void;
  /** Removes users, closes their clients, and says how many there were. Throws for the default user. */
  deleteUsers(names: readonly string[], caller: ClientView): number;
  /**
   * Puts the users in the file in place of all; clients are closed but for those of the default user.
   * Throws `ReplyError`, and has changed nothing then.
   */
  load(caller: ClientView): void;
  /** Writes all users to the file. Throws `ReplyError`; the file is as it was then. */
  save(): void;
}

/** Where MIGRATE sends keys. */
export interface MigrationTarget {
  readonly host: string;
  readonly port: string;
  readonly database: number;
  /** What AUTH is given; null: it is not called. */
  readonly credentials: readonly string[] | null;
  /** The longest wait for each step, in ms. */
  readonly timeout: number;
}

/** What became of keys that were sent. */
export interface MigrationOutcome {
  /** Whether the target has taken each of them. */
  readonly accepted: readonly boolean[];
  /** The first error that the target replied, or null. */
  readonly error: string | null;
  /** What did not work with the connection, or null. */
  readonly failure: "connecting" | "writing" | "reading" | null;
}

/** Connections to other servers, on which keys are moved there. */
export interface MigrationsView {
  /** How many connections are kept for later use. */
  readonly kept: number;
  /**
   * Sends commands, encoded, one for each key, and calls `done` in a later turn; not when the server has
   * been stopped. Until then nothing changes the data here, if `exclusive`.
   */
  send(
    target: MigrationTarget,
    commands: readonly Uint8Array[],
    exclusive: boolean,
    done: (outcome: MigrationOutcome) => void,
  ): void;
}

/** How clients' reply buffers get their sizes. */
export interface ReplyBuffersView {
  /** Whether they are made smaller and larger. */
  resizes: boolean;
  /** How often what a client was told at most is forgotten, in ms; negative: never. */
  peakResetTime: number;
  readonly defaultPeakResetTime: number;
}

/** What DEBUG changes in the server, for tests. */
export interface DebugView {
  /** Whether keys are removed when their time has come, without somebody meeting them. */
  activeExpire: boolean;
  /** Whether what RESTORE is given, and files, are taken whatever their checksums are. */
  skipsChecksums: boolean;
  /** Whether nothing is done that the server does now and then by itself. */
  cronPaused: boolean;
  readonly replyBuffers: ReplyBuffersView;
  /** Gives the history of the data set another name. */
  changeReplicationId(): void;
}

/** How SHUTDOWN is asked to proceed. */
export interface ShutdownOptions {
  readonly save: "save" | "nosave" | "default";
  /** Do not wait for replicas. */
  readonly now: boolean;
  /** Ends even if saving fails. */
  readonly force: boolean;
}

/** What SHUTDOWN and the signals act on. */
export interface LifecycleView {
  /** Begins to shut down; throws `ReplyError` where that cannot be. */
  shutdown(options: ShutdownOptions): void;
  /** Takes back a shutdown that waits; false where none does. */
  abortShutdown(): boolean;
}

/** What can be subscribed to: channels by name, channels by glob pattern, shard channels by name. */
export type ChannelKind = "channel" | "pattern" | "shard";

/** Subscriptions and messages. */
export interface PubSubView<Subscriber = ClientView> {
  subscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void;
  unsubscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void;
  /** What somebody is subscribed to, in the order of subscription. */
  subscriptionsOf(subscriber: Subscriber, kind: ChannelKind): readonly string[];
  /** To how many of a kind somebody is subscribed. */
  countOf(subscriber: Subscriber, kind: ChannelKind): number;
  /** Sends a message to the subscribers of a channel and of patterns that match it; says how many. */
  publish(channel: ByteRange, message: ByteRange): number;
  /** Sends a message to the subscribers of a shard channel; says how many. */
  publishToShard(channel: ByteRange, message: ByteRange): number;
  /** What of a kind somebody is subscribed to, where a pattern is given only what matches it. */
  channels(kind: ChannelKind, pattern: ByteRange | null): string[];
  /** How many are subscribed to a name. */
  subscribersOf(kind: ChannelKind, name: ByteRange): number;
  /** How many names of a kind somebody is subscribed to. */
  nameCount(kind: ChannelKind): number;
}

/** What INFO prints. */
export interface InfoView {
  /** The text of the named sections (in lower case; also `all`, `default`, `everything`). */
  render(sections: readonly string[]): string;
}

/** Whether work in the background has begun, or will as soon as it can. */
export type BackgroundStart = "started" | "scheduled";

/** The data set on disk as an RDB file. */
export interface RdbSavesView {
  /** Writes it, at once and as a whole. Throws `ReplyError` where that fails; the old file stays then. */
  save(): void;
  /**
   * Writes it while the server goes on. Where other work is being done in the background it does so later
   * if it `mayBeLater`, and throws `ReplyError` else.
   */
  saveInBackground(mayBeLater: boolean): BackgroundStart;
  /** When it was last written, or the server started, in s since the epoch. */
  readonly lastSave: number;
  /** All data was removed, which the file has to follow where there are rules of `save`. */
  flushed(): void;
}

/** How DEBUG RELOAD proceeds. */
export interface ReloadOptions {
  /** Writes the RDB file first. */
  readonly save: boolean;
  /** Removes all data before the file is loaded. */
  readonly flush: boolean;
  /** Replaces keys that are there already. */
  readonly merge: boolean;
}

/** Putting what is on disk in place of the data set, while everybody waits. */
export interface ReloadView {
  /** Loads the RDB file. Throws `ReplyError` where that fails. */
  reloadRdb(options: ReloadOptions): void;
  /** Loads the append-only file. Throws `ReplyError` where that fails. */
  reloadAppendOnlyFile(): void;
}

/** Rewriting of the append-only file. */
export interface AofRewritesView {
  /** Has it rewritten, now or after other work in the background. Throws `ReplyError` where that can't be. */
  request(): BackgroundStart;
}

/** The server's memory, in bytes. */
export interface MemoryView {
  /** In use for data (`used_memory`). */
  readonly used: number;
  /** The most that was in use. */
  readonly peak: number;
  /** What an empty server is taken to use. */
  readonly startup: number;
  /** Held for clients' buffers. */
  readonly clients: number;
  /** Waiting to be handed to the append-only file. */
  readonly aofBuffer: number;
  /** Gives back buffers that are kept for later use. */
  releaseUnused(): void;
}

/** What commands may see and do of the server. */
export interface ServerView {
  readonly keyspace: Keyspace;
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly registry: CommandRegistry;
  readonly propagation: PropagationView;
  readonly statistics: Statistics;
  readonly clients: ClientsView;
  readonly pubsub: PubSubView;
  readonly lifecycle: LifecycleView;
  readonly info: InfoView;
  readonly memory: MemoryView;
  readonly rdbSaves: RdbSavesView;
  readonly aofRewrites: AofRewritesView;
  readonly reload: ReloadView;
  readonly pause: PauseView;
  readonly migrations: MigrationsView;
  readonly access: AccessView;
  readonly debug: DebugView;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  readonly log: Log;
  /**
   * Writes the configuration to the file that it came from (CONFIG REWRITE), with the directives that
   * have their default values if `everything` is wanted. Throws `ReplyError`.
   */
  rewriteConfiguration(everything?: boolean): void;
  /** Zeroes what INFO counts (CONFIG RESETSTAT). */
  resetStatistics(): void;
}
