/** Who runs commands: a connection's peer, or the server itself when it replays a file. */

import type { User } from "../access/user.ts";
import type { Users } from "../access/users.ts";
import { ReplyError } from "../base/errors.ts";
import { type ByteRange, spanString } from "../base/span.ts";
import type {
  BlockingRequest,
  ClientType,
  ClientView,
  CommandContext,
  ReplyMode,
  ServerView,
  TrackingOptions,
} from "../commands/context.ts";
import type { Command } from "../commands/registry.ts";
import type { Database } from "../keyspace/database.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import type { Frame } from "../resp/frame.ts";
import type { BlockedClients } from "./blocking.ts";
import type { Monitors } from "./monitors.ts";
import type { Pause } from "../execution/pause.ts";
import type { PubSub } from "./pubsub.ts";
import { ReplyModes } from "./reply_mode.ts";
import type { ClientTracking, Tracker, Tracking } from "./tracking.ts";
import { Transaction } from "../execution/transaction.ts";
import type { ClientTransport } from "./transport.ts";
import type { Watches } from "../execution/watches.ts";

/** What clients are made with. */
export interface ClientParts {
  readonly id: number;
  readonly server: ServerView;
  readonly reply: ReplyWriter;
  /** Absent for a client of the server's own. */
  readonly transport?: ClientTransport;
  /** Where clients wait. */
  readonly blocked: BlockedClients;
  /** The keys that clients watch. */
  readonly watches: Watches;
  /** What clients are subscribed to. */
  readonly pubsub: PubSub;
  /** Who sees every command. */
  readonly monitors: Monitors;
  /** Whose commands wait because clients are paused. */
  readonly pause: Pause;
  /** Who is told of changes to what they have read. */
  readonly tracking: Tracking;
  /** Runs a command for the client within the one that it runs. */
  readonly execute: (client: Client, frame: Frame) => void;
  /** Does what is left of a command for which the client was parked. */
  readonly resume: (client: Client, command: Command, frame: Frame, act: () => void) => void;
  /** As whom clients may run commands. */
  readonly users: Users;
  /** Finds the user that a name and a password mean. Throws `ReplyError` where there is none. */
  readonly authenticate: (client: Client, name: string, password: ByteRange) => User;
}

const WRONG_DATABASE = new ReplyError("ERR DB index is out of range");

/** A client's state. It is the context of the commands that it calls. */
export class Client implements CommandContext, ClientView, Tracker {
  readonly id: number;
  readonly server: ServerView;
  readonly reply: ReplyWriter;
  readonly transport: ClientTransport | undefined;
  readonly transaction: Transaction;
  /** When it came, in ms since the epoch. */
  readonly createdAt: number;
  /** When it last sent something, in ms since the epoch. */
  activeAt: number;

  /** When what its reply buffer held at most was last forgotten, in ms since the epoch; 0: never. */
  replyPeakResetAt = 0;

  db: Database;
  name = "";
  user: User;
  noEvict = false;
  isSubscribed = false;
  isMonitor = false;
  tracking: ClientTracking | null = null;
  /** Set once the connection must not take commands any more. */
  closing = false;
  lastCommand: Command | undefined;

  readonly #parts: ClientParts;
  #command: Command | undefined;
  #frame: Frame | undefined;
  #authenticated: boolean;
  #isPostponed = false;
  #isSuspended = false;
  /** What the arguments of the command take that is postponed or suspended, in bytes. */
  #waitingBytes = 0;
  readonly #replyModes: ReplyModes;
  /** Whether something was said that concerns only the commands which come next. */
  #isPassing = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.server = parts.server;
    this.reply = parts.reply;
    this.#replyModes = new ReplyModes(parts.reply);
    this.transport = parts.transport;
    this.transaction = new Transaction(this, parts.watches);
    this.createdAt = this.activeAt = parts.server.keyspace.now;
    this.db = parts.server.keyspace.databases[0];
    const { users } = parts;
    // What the server itself replays was allowed when it was written.
    this.user = this.isInternal ? users.createUnlimited() : users.default;
    this.#authenticated = this.isInternal || users.default.isOpen;
  }

  get client(): this {
    return this;
  }

  /** Whether this is the server's own client, which passes the checks that protect from others. */
  get isInternal(): boolean {
    return this.#parts.transport === undefined;
  }

  /** The command that runs; throws when none does. */
  get command(): Command {
    if (this.#command === undefined) throw new Error("no command runs");
    return this.#command;
  }

  /** The command that runs, where one does. */
  get runningCommand(): Command | undefined {
    return this.#command;
  }

  get runningFrame(): Frame | undefined {
    return this.#frame;
  }

  /** Tells which command runs from now on. */
  setRunning(command: Command | undefined, frame: Frame | undefined): void {
    this.#command = command;
    this.#frame = frame;
  }

  /** Whether the client waits for something: what it sends meanwhile is run afterwards. */
  get isBlocked(): boolean {
    return this.#isPostponed || this.#isSuspended || this.#parts.blocked.isBlocked(this);
  }

  /**
   * Whether it waits for work that a real Redis does at once, so that whatever its peer has sent before
   * it left is still to be run.
   */
  get waitsForServer(): boolean {
    return this.#isSuspended || this.#isPostponed && !this.#parts.pause.isTimed;
  }

  get mayBlock(): boolean {
    return !this.isInternal && !this.transaction.executing;
  }

  /** Runs a command within the one that runs. */
  execute(frame: Frame): void {
    this.#parts.execute(this, frame);
  }

  block(request: BlockingRequest): void {
    if (this.#frame === undefined) throw new Error("only a running command can wait");
    this.#parts.blocked.block(this, this.command, this.#frame, request);
  }

  suspend(): (act: () => void) => void {
    const { command } = this;
    if (this.#frame === undefined) throw new Error("only a running command can wait");
    const frame = this.#frame.detach();
    this.#isSuspended = true;
    this.#waitingBytes = frame.argumentBytes;
    return (act) => {
      this.#isSuspended = false;
      this.#waitingBytes = 0;
      this.#parts.resume(this, command, frame, act);
      this.afterCommand();
      this.transport?.resume();
    };
  }

  /** Has a command wait, with those behind it, until clients are not paused any more. */
  postpone(frame: Frame): void {
    this.#isPostponed = true;
    this.#waitingBytes = frame.argumentBytes;
    this.transport?.putBack();
    this.#parts.pause.add(this);
  }

  /** The command that was postponed may run now. */
  resumePostponed(): void {
    this.#isPostponed = false;
    this.#waitingBytes = 0;
    this.transport?.resume();
  }

  startMonitoring(): void {
    this.isMonitor = true;
    this.#parts.monitors.add(this);
  }

  get protocol(): 2 | 3 {
    return this.reply.resp;
  }

  set protocol(version: 2 | 3) {
    this.reply.resp = version;
  }

  get authenticated(): boolean {
    // A default user that needs no password any more lets everybody in.
    return this.#authenticated || this.#parts.users.default.isOpen;
  }

  get address(): string {
    return this.transport?.address ?? "";
  }

  get localAddress(): string {
    return this.transport?.localAddress ?? "";
  }

  /** The kind that CLIENT LIST TYPE and KILL TYPE know it by. */
  get type(): ClientType {
    return this.isSubscribed ? "pubsub" : "normal";
  }

  get inSubscribedMode(): boolean {
    return this.isSubscribed && this.protocol === 2;
  }

  pushed(): void {
    this.transport?.replyWaits();
  }

  select(index: number): void {
    const database = this.server.keyspace.databases[index];
    if (database === undefined) throw WRONG_DATABASE;
    this.db = database;
  }

  authenticate(user: ByteRange, password: ByteRange): void {
    this.user = this.#parts.authenticate(this, spanString(user), password);
    this.#authenticated = true;
  }

  /** Its user is gone: it must authenticate again. */
  forgetUser(): void {
    this.user = this.#parts.users.default;
    this.#authenticated = false;
  }

  setReplyMode(mode: ReplyMode): void {
    this.#replyModes.set(mode);
    this.#isPassing ||= this.#replyModes.isPassing;
  }

  /**
   * Ends what CLIENT REPLY SKIP and CLIENT CACHING began; to be called after each command, but those
   * within EXEC, and again when the client does not wait with its command any more.
   */
  afterCommand(): void {
    if (this.#isPassing && !this.isBlocked) this.#pass();
  }

  #pass(): void {
    this.#replyModes.pass();
    const { tracking, lastCommand, transaction } = this;
    // As in Redis, CLIENT's sub-commands don't count as the command that comes next.
    const isClient = lastCommand?.container?.name === "client";
    if (tracking?.caching && !isClient && !transaction.active) tracking.caching = false;
    this.#isPassing = this.#replyModes.isPassing || tracking?.caching === true;
  }

  track(options: TrackingOptions): void {
    this.#parts.tracking.enable(this, options);
  }

  endTracking(): void {
    this.#parts.tracking.disable(this);
  }

  markCaching(): void {
    if (this.tracking === null) throw new Error("only a client that tracks has a cache");
    this.tracking.caching = true;
    this.#isPassing = true;
  }

  closeAfterReply(): void {
    this.closing = true;
  }

  reset(): void {
    this.transaction.discard();
    this.#parts.pubsub.forget(this);
    this.#parts.monitors.remove(this);
    this.isMonitor = false;
    this.endTracking();
    this.select(0);
    this.protocol = 2;
    this.name = "";
    this.user = this.#parts.users.default;
    this.#authenticated = this.user.isOpen;
    this.#replyModes.reset();
  }

  /** A line of `name=value` fields; `frame` is the command that is about to run, where none does. */
  describe(frame: Frame | undefined = this.#frame): string {
    const { transport, reply } = this;
    const { pubsub } = this.#parts;
    const now = this.server.clock.now();
    const seconds = (since: number) => Math.max(0, Math.floor((now - since) / 1000));
    const fields: [string, string | number][] = [
      ["id", this.id],
      ["addr", this.address],
      ["laddr", this.localAddress],
      // The runtime does not tell file descriptors; the id is as unique.
      ["fd", transport ? this.id : -1],
      ["name", this.name],
      ["age", seconds(this.createdAt)],
      ["idle", seconds(this.activeAt)],
      ["flags", this.#flags()],
      ["db", this.db.index],
      ["sub", pubsub.countOf(this, "channel")],
      ["psub", pubsub.countOf(this, "pattern")],
      ["ssub", pubsub.countOf(this, "shard")],
      ["multi", this.transaction.length],
      ["qbuf", transport?.queryBytes ?? 0],
      ["qbuf-free", transport?.queryBytesFree ?? 0],
      ["argv-mem", this.#argumentBytes(frame)],
      ["multi-mem", this.transaction.bytes],
      ["rbs", reply.bufferSize],
      ["rbp", reply.bufferPeak],
      ["obl", reply.size],
      ["oll", transport?.outputChunks ?? 0],
      ["omem", transport?.outputBytes ?? 0],
      ["tot-mem", this.memoryBytes],
      ["events", transport?.outputChunks ? "rw" : "r"],
      ["cmd", this.lastCommand?.fullName ?? "NULL"],
      ["user", this.user.name],
      ["redir", this.tracking?.redirect ?? -1],
      ["resp", this.protocol],
    ];
    return fields.map(([name, value]) => `${name}=${value}`).join(" ");
  }

  /** What the arguments of its command take, which runs as `frame` or waits, in bytes. */
  #argumentBytes(frame: Frame | undefined): number {
    if (this.transaction.executing) return this.transaction.callerBytes;
    const waiting = this.#parts.blocked.frameOf(this);
    return (frame ?? waiting)?.argumentBytes ?? this.#waitingBytes;
  }

  /** An estimate of the memory that it occupies, in bytes. */
  get memoryBytes(): number {
    const { transport } = this;
    const buffers = transport
      ? transport.queryBytes + transport.queryBytesFree + transport.outputBytes
      : 0;
    return CLIENT_OVERHEAD + buffers + this.reply.size + this.transaction.bytes;
  }

  #flags(): string {
    let flags = "";
    if (this.isMonitor) flags += "O";
    if (this.isSubscribed) flags += "P";
    if (this.transaction.active) flags += "x";
    if (this.isBlocked) flags += "b";
    if (this.tracking !== null) flags += "t";
    if (this.tracking?.redirectBroken) flags += "R";
    if (this.tracking?.broadcast) flags += "B";
    if (this.transaction.broken) flags += "d";
    if (this.closing) flags += "c";
    if (this.noEvict) flags += "e";
    if (this.transport?.isUnixSocket) flags += "U";
    return flags === "" ? "N" : flags;
  }
}

/** What a client's objects take without its buffers, measured, in bytes. */
const CLIENT_OVERHEAD = 4096;
