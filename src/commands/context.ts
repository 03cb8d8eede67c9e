/**
 * The narrow interfaces through which a command's handler sees the rest of the server. The server
 * room implements them; nothing here knows sockets, files or replicas.
 */

import type { Clock } from "../base/clock.ts";
import type { ByteRange } from "../base/span.ts";
import type { Configuration } from "../config/mod.ts";
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

/** A client as commands see it. */
export interface ClientView {
  readonly id: number;
  /** `CLIENT SETNAME`'s name; empty: none. */
  name: string;
  /** The protocol version, 2 or 3; set by HELLO. */
  protocol: 2 | 3;
  /** Whether this is the server itself, which replays what was checked when it was written. */
  readonly isInternal: boolean;
  /** Whether the client may run commands: it gave the password, or none is asked for. */
  readonly authenticated: boolean;
  /** The user that it is authenticated as. */
  readonly user: string;
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
  /** Where its replies go; messages too. */
  readonly reply: ReplyWriter;
  /** Tells that a message was written to `reply` outside of its own commands. */
  pushed(): void;
  /** Whether its commands may wait: not inside a transaction, a script, or a file that is replayed. */
  readonly mayBlock: boolean;
  /** Parks the client until its request is served; nothing has been replied yet. */
  block(request: BlockingRequest): void;
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

/** What DEBUG changes in the server, for tests. */
export interface DebugView {
  /** Whether keys are removed when their time has come, without somebody meeting them. */
  activeExpire: boolean;
  /** Whether nothing is done that the server does now and then by itself. */
  cronPaused: boolean;
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

/** The data set on disk as an RDB file. */
export interface SnapshotsView {
  /** Writes it, at once and as a whole. Throws `ReplyError` where that fails; the old file stays then. */
  save(): void;
  /** When it was last written, or the server started, in s since the epoch. */
  readonly lastSave: number;
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
  readonly snapshots: SnapshotsView;
  readonly pause: PauseView;
  readonly debug: DebugView;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  readonly log: Log;
  /** Writes the configuration to the file that it came from (CONFIG REWRITE). Throws `ReplyError`. */
  rewriteConfiguration(): void;
  /** Zeroes what INFO counts (CONFIG RESETSTAT). */
  resetStatistics(): void;
}
