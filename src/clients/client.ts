/** Who runs commands: a connection's peer, or the server itself when it replays a file. */

import type { User } from "../access/user.ts";
import type { Users } from "../access/users.ts";
import { ReplyError } from "../base/errors.ts";
import { type ByteRange, spanString } from "../base/span.ts";
import type { Clock } from "../base/clock.ts";
import type { ServerContext } from "../commands/context.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { BlockingRequest, WaitLimit } from "../commands/views/blocking.ts";
import type { ClientView, ReplyMode } from "../commands/views/client.ts";
import type { ClientType } from "../commands/views/clients.ts";
import type { PropagationView } from "../commands/views/propagation.ts";
import type { ServerView } from "../commands/views/server.ts";
import type { TrackingOptions } from "../commands/views/tracking.ts";
import type { Caller } from "../execution/caller.ts";
import { type HeldOutput, Suspended } from "../execution/half_done.ts";
import type { Outcome } from "../execution/outcome.ts";
import { Rule } from "../execution/rule.ts";
import type { Session } from "../execution/session.ts";
import { Transaction } from "../execution/transaction.ts";
import type { Watches } from "../execution/watches.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { CLIENT_COST, type ClientMemory, type MeasuredClient } from "./client_memory.ts";
import { describeClient } from "./client_line.ts";
import type { KeyWaits } from "./key_waits.ts";
import type { Monitors } from "./monitors.ts";
import type { PubSub } from "./pubsub.ts";
import { ReplyModes } from "./reply_mode.ts";
import type { ClientTracking, Tracker, Tracking } from "./tracking.ts";
import type { ClientTransport, OutputFeed } from "./transport.ts";
import type { Wait, Waiter, Waiting } from "./waiting.ts";

/** Runs a client's commands. */
export interface ClientDispatcher {
  /** Runs a command within the one that runs. */
  execute(client: Client, frame: Frame): Outcome;
  /** Does what is left of a command with which the client waited. */
  resume(client: Client, command: Command, frame: Frame, act: () => void): void;
  /** Does something when no command stands half-way. */
  whenWhole(act: () => void): void;
}

/** What all clients of a server work with. */
export interface ClientParts {
  readonly server: ServerView;
  readonly keyspace: Keyspace;
  readonly clock: Clock;
  readonly propagation: PropagationView;
  readonly dispatcher: ClientDispatcher;
  /** Those who wait. */
  readonly waiting: Waiting;
  /** Where clients wait for keys. */
  readonly keyWaits: KeyWaits<Client>;
  /** The keys that clients watch. */
  readonly watches: Watches;
  /** What clients are subscribed to. */
  readonly pubsub: PubSub;
  /** Who sees every command. */
  readonly monitors: Monitors;
  /** Who is told of changes to what they have read. */
  readonly tracking: Tracking;
  /** What is said to clients. */
  readonly output: Pick<HeldOutput, "mark">;
  /** Whether a pause has an end of its own. */
  readonly pause: { readonly isTimed: boolean };
  /** What all clients take. */
  readonly memory: ClientMemory;
  /** As whom clients may run commands. */
  readonly access: ClientAccess;
}

/** Who clients are. */
export interface ClientAccess {
  readonly users: Users;
  /** The user that a name and a password mean. Throws `WRONGPASS` where there is none. */
  authenticate(client: Client, name: string, password: ByteRange): User;
}

/** What is particular to one client. */
export interface ClientIdentity {
  readonly id: number;
  readonly caller: Caller;
  readonly reply: ReplyWriter;
  /** Absent for one without a connection. */
  readonly transport?: ClientTransport;
  /** What logs show where there is no transport. */
  readonly address?: string;
}

const WRONG_DATABASE = new ReplyError("ERR DB index is out of range");

/** A client's state. It is the context of the commands that it calls. */
export class Client implements Session, ServerContext, ClientView, Tracker, Waiter, MeasuredClient {
  readonly id: number;
  readonly server: ServerView;
  readonly keyspace: Keyspace;
  readonly clock: Clock;
  readonly settings: ServerContext["settings"];
  readonly propagation: PropagationView;
  readonly reply: ReplyWriter;
  readonly transport: ClientTransport | undefined;
  readonly transaction: Transaction;
  /** When it came, in ms since the epoch. */
  readonly createdAt: number;
  /** When it last sent something, in ms since the epoch. */
  activeAt: number;
  /** When what its reply buffer held at most was last forgotten, in ms since the epoch; 0: never. */
  replyPeakResetAt = 0;

  caller: Caller;
  /** For whom it acts: itself; a script's session, for the client that has called the script. */
  principal: Client = this;
  restrictions = 0;
  wait: Wait | null = null;
  db: Database;
  name = "";
  user: User;
  noEvict = false;
  isAsking = false;
  readsReplica = false;
  slot = -1;
  isMonitor = false;
  /** Whether it follows this server's data. */
  isReplica = false;
  /** How many changes there had been when its last commands had run, in bytes: those that WAIT waits for. */
  changedUpTo = 0;
  /** Whether it has run commands which `changedUpTo` does not know of. */
  hasRunInBatch = false;
  tracking: ClientTracking | null = null;
  /** Set once the connection must not take commands any more. */
  closing = false;
  countedBytes = 0;
  lastCommand: Command | undefined;

  readonly #parts: ClientParts;
  readonly #ownAddress: string;
  #command: Command | undefined;
  #frame: Frame | undefined;
  #isSubscribed = false;
  #authenticated: boolean;
  readonly #replyModes: ReplyModes;
  /** Whether something was said that concerns only the commands which come next. */
  #isPassing = false;

  constructor(parts: ClientParts, { id, caller, reply, transport, address = "" }: ClientIdentity) {
    const { server, access: { users } } = parts;
    this.#parts = parts;
    this.id = id;
    this.caller = caller;
    this.server = server;
    this.keyspace = parts.keyspace;
    this.clock = parts.clock;
    this.settings = server.configuration.settings;
    this.propagation = parts.propagation;
    this.reply = reply;
    this.transport = transport;
    this.#ownAddress = address;
    this.#replyModes = new ReplyModes(reply);
    this.transaction = new Transaction(this, parts.watches);
    this.createdAt = this.activeAt = parts.keyspace.now;
    this.db = parts.keyspace.databases[0];
    this.user = caller.mustObey ? users.createUnlimited() : users.default;
    this.#authenticated = caller.mustObey || users.default.isOpen;
    this.rightsChanged();
  }

  get client(): this {
    return this;
  }

  /** The command that runs; throws when none does. */
  get command(): Command {
    if (this.#command === undefined) throw new Error("no command runs");
    return this.#command;
  }

  get runningCommand(): Command | undefined {
    return this.#command;
  }

  get runningFrame(): Frame | undefined {
    return this.#frame;
  }

  setRunning(command: Command | undefined, frame: Frame | undefined): void {
    this.#command = command;
    this.#frame = frame;
  }

  get mustObey(): boolean {
    return this.caller.mustObey;
  }

  get mayWait(): boolean {
    return this.caller.mayWait;
  }

  get isScript(): boolean {
    return this.caller.name === "script";
  }

  /** Runs a command within the one that runs. */
  execute(frame: Frame): Outcome {
    return this.#parts.dispatcher.execute(this, frame);
  }

  restrict(bit: number, isInForce: boolean): void {
    this.restrictions = isInForce ? this.restrictions | bit : this.restrictions & ~bit;
  }

  // --- Waiting -----------------------------------------------------------------------------------

  get isWaiting(): boolean {
    return this.wait !== null;
  }

  /**
   * Whether it waits for work that a real Redis does at once, so that whatever its peer has sent before
   * it left is still to be run.
   */
  get waitsForServer(): boolean {
    if (this.wait === null) return false;
    const { kind } = this.wait;
    return kind === "elsewhere" || kind === "script" ||
      kind === "pause" && !this.#parts.pause.isTimed;
  }

  waitForKeys(request: BlockingRequest): void {
    this.#parts.keyWaits.begin(this, this.command, this.#waitingFrame(), request);
  }

  waitForReplicas(limit: WaitLimit, left: () => void): void {
    const frame = this.#waitingFrame().detach();
    const { command } = this;
    this.#parts.waiting.begin(this, { kind: "replicas", command, frame, limit, left });
  }

  waitElsewhere(): (act: () => void) => void {
    const { command } = this;
    const frame = this.#waitingFrame().detach();
    this.#parts.waiting.begin(this, { kind: "elsewhere", command, frame });
    const { dispatcher, waiting } = this.#parts;
    return (act) =>
      dispatcher.whenWhole(() => {
        dispatcher.resume(this, command, frame, act);
        if (this.wait !== null) waiting.end(this);
      });
  }

  waitForSystem(work: Promise<void>, act: () => void): void {
    let goOn = act;
    const failed = (error: unknown) => {
      goOn = () => {
        throw error;
      };
    };
    const done = work.catch(failed);
    if (this.caller.pauses === "never") return act();
    throw new Suspended(() => goOn(), done);
  }

  #waitingFrame(): Frame {
    if (this.#frame === undefined) throw new Error("only a running command can wait");
    return this.#frame;
  }

  postpone(command: Command, args: Frame): void {
    const frame = args.detach();
    this.#parts.waiting.begin(this, { kind: "pause", command, frame });
    this.transport?.putBack();
  }

  standHalfway(command: Command, frame: Frame): void {
    const { transport } = this;
    // It may be gone: its script runs to its end all the same.
    if (transport?.isClosed) return;
    this.#parts.waiting.begin(this, { kind: "script", command, frame });
    transport?.keepReplies();
  }

  takeUp(): void {
    this.#parts.waiting.forget(this);
  }

  endHalfway(): void {
    this.afterCommand();
    this.transport?.resume();
  }

  markOutput(): void {
    this.#parts.output.mark();
  }

  resume({ kind }: Wait): void {
    // What a pause has held up is still to run.
    if (kind !== "pause") this.afterCommand();
    this.transport?.resume();
  }

  // --- Who it is ---------------------------------------------------------------------------------

  get authenticated(): boolean {
    // A default user that needs no password any more lets everybody in.
    return this.#authenticated || this.#parts.access.users.default.isOpen;
  }

  authenticate(user: ByteRange, password: ByteRange): void {
    this.user = this.#parts.access.authenticate(this, spanString(user), password);
    this.#authenticated = true;
    this.rightsChanged();
  }

  forgetUser(): void {
    this.user = this.#parts.access.users.default;
    this.#authenticated = false;
    this.rightsChanged();
  }

  rightsChanged(): void {
    this.restrict(Rule.Authentication, !this.authenticated);
    this.restrict(Rule.Access, !this.user.isUnlimited);
  }

  get address(): string {
    return this.transport?.address ?? this.#ownAddress;
  }

  get localAddress(): string {
    return this.transport?.localAddress ?? "";
  }

  /** The kind that CLIENT LIST TYPE and KILL TYPE know it by. */
  get type(): ClientType {
    if (this.caller.name === "primary") return "master";
    if (this.isReplica) return "replica";
    return this.isSubscribed ? "pubsub" : "normal";
  }

  // --- What it is told ---------------------------------------------------------------------------

  get protocol(): 2 | 3 {
    return this.reply.resp;
  }

  set protocol(version: 2 | 3) {
    this.reply.resp = version;
    this.restrict(Rule.Subscribed, this.inSubscribedMode);
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  set isSubscribed(isSubscribed: boolean) {
    this.#isSubscribed = isSubscribed;
    this.restrict(Rule.Subscribed, this.inSubscribedMode);
  }

  get inSubscribedMode(): boolean {
    return this.#isSubscribed && this.protocol === 2;
  }

  get outputLimit(): number {
    if (this.mustObey) return 0;
    const limits = this.settings["client-output-buffer-limit"];
    return limits[this.type === "master" ? "normal" : this.type].hard;
  }

  takesMore(): boolean {
    const { reply, transport } = this;
    if (reply.muted) return false;
    transport?.checkOutput();
    return transport?.isClosed !== true;
  }

  pushed(): void {
    this.transport?.replyWaits();
  }

  startMonitoring(): void {
    this.#setMonitor(true);
    this.#parts.monitors.add(this);
  }

  #setMonitor(isMonitor: boolean): void {
    this.isMonitor = isMonitor;
    this.restrict(Rule.Monitor, isMonitor);
  }

  /** From now on it is sent what `feed` gives, and has nothing to do with data itself. */
  becomeReplica(feed: OutputFeed): void {
    this.isReplica = true;
    this.restrict(Rule.Monitor, true);
    // It is not closed for what it takes, but by limits of its own.
    this.#parts.memory.forget(this);
    this.transport?.feedFrom(feed);
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

  markAsking(): void {
    this.isAsking = true;
    this.#isPassing = true;
  }

  setReplyMode(mode: ReplyMode): void {
    this.#replyModes.set(mode);
    this.#isPassing ||= this.#replyModes.isPassing;
  }

  /**
   * Ends what CLIENT REPLY SKIP, CLIENT CACHING and ASKING began; to be called after each command, but those
   * within EXEC, and again when the client does not wait with its command any more.
   */
  afterCommand(): void {
    if (this.#isPassing && this.wait === null) this.#pass();
  }

  #pass(): void {
    this.#replyModes.pass();
    const { tracking, lastCommand, transaction } = this;
    // As in Redis, CLIENT's sub-commands don't count as the command that comes next.
    const keeps = (bit: number) => lastCommand !== undefined && (lastCommand.flags & bit) !== 0;
    if (!transaction.active) {
      if (tracking?.caching && !keeps(CommandBit.KeepsCaching)) tracking.caching = false;
      if (this.isAsking && !keeps(CommandBit.KeepsAsking)) this.isAsking = false;
    }
    this.#isPassing = this.#replyModes.isPassing || tracking?.caching === true || this.isAsking;
  }

  // --- Its state ---------------------------------------------------------------------------------

  select(index: number): void {
    const database = this.keyspace.databases[index];
    if (database === undefined) throw WRONG_DATABASE;
    this.db = database;
  }

  closeAfterReply(): void {
    this.closing = true;
  }

  disconnect(): void {
    this.transport?.close();
  }

  /** Ends what it has begun: MULTI, WATCH, subscriptions, MONITOR, tracking. */
  endUndertakings(): void {
    this.transaction.discard();
    this.#parts.pubsub.forget(this);
    this.#parts.monitors.remove(this);
    this.#setMonitor(false);
    this.endTracking();
  }

  reset(): void {
    this.endUndertakings();
    this.select(0);
    this.protocol = 2;
    this.name = "";
    this.user = this.#parts.access.users.default;
    this.#authenticated = this.user.isOpen;
    this.rightsChanged();
    this.isAsking = this.readsReplica = false;
    this.#replyModes.reset();
  }

  /** A line of `name=value` fields; `frame` is the command that is about to run, where none does. */
  describe(frame: Frame | undefined = this.#frame): string {
    const { pubsub } = this.#parts;
    return describeClient(this, {
      now: this.clock.now(),
      channels: pubsub.countOf(this, "channel"),
      patterns: pubsub.countOf(this, "pattern"),
      shardChannels: pubsub.countOf(this, "shard"),
      argumentBytes: this.#argumentBytes(frame),
    });
  }

  /** What the arguments of its command take, which runs as `frame` or waits, in bytes. */
  #argumentBytes(frame: Frame | undefined): number {
    if (this.transaction.executing) return this.transaction.callerBytes;
    const running = frame ?? this.wait?.frame;
    return running?.argumentBytes ?? this.transport?.argumentBytes ?? 0;
  }

  get memoryBytes(): number {
    const { transport, reply, transaction, tracking, wait } = this;
    let bytes = CLIENT_COST + reply.size + transaction.memoryBytes;
    if (transport !== undefined) {
      bytes += transport.queryBytes + transport.queryBytesFree + transport.outputBytes;
    }
    if (this.#isSubscribed) bytes += this.#parts.pubsub.bytesOf(this);
    if (tracking !== null) bytes += tracking.prefixBytes;
    if (wait !== null) bytes += wait.frame.argumentBytes;
    return bytes;
  }

  /** What it takes may have changed: what is counted follows. */
  measure(): void {
    if (this.isReplica) return;
    if (this.transport?.isClosed === false) this.#parts.memory.measure(this);
  }
}
