/** The one way of a command, whoever calls: look up, check, run, propagate. */

import { ReplyError } from "../base/errors.ts";
import { byteString } from "../base/span.ts";
import { calledName } from "../commands/help.ts";
import { type Command, CommandBit, type CommandRegistry } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import { REPLY_CUT } from "../resp/reply_writer.ts";
import type { Access } from "./access.ts";
import type { BlockedClients, WaitRunner } from "../clients/blocking.ts";
import type { CallObservers } from "./call_observers.ts";
import type { Client } from "../clients/client.ts";
import type { Monitors } from "../clients/monitors.ts";
import type { Pause } from "./pause.ts";
import type { Propagation } from "./propagation.ts";
import type { Tracking } from "../clients/tracking.ts";

/** Within a long batch, commands see the time move in steps of about this many ms. */
const TIME_STEP = 1;
/** A call with more bytes of arguments or replies is timed by itself, so that it is known if it was slow. */
const MOST_SHARED_BYTES = 64 * 1024;
/** Longest stretch of a client's bytes that an error reply repeats. */
const QUOTED_BYTES = 128;
/** Attacks are logged at most this often, in ms, so that they can't fill the disk. */
const WARNING_INTERVAL = 60_000;

const NO_AUTH = new ReplyError("NOAUTH Authentication required.");
const LOADING = new ReplyError("LOADING Redis is loading the dataset in memory");
const OUT_OF_MEMORY = new ReplyError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);
const NO_DATA = new ReplyError("ERR Replica can't interact with the keyspace");
const NO_MULTI = new ReplyError("ERR Command not allowed inside a transaction");
const INTERNAL = new ReplyError("ERR internal error, see the server's log");

/** Commands that have to do with data. */
const ON_DATA = CommandBit.Write | CommandBit.ReadOnly | CommandBit.MayReplicate;

/** Whether the server can take writes now; the answer is an error where it can't. */
export interface WriteGuard {
  /** Why writes are refused, or null. */
  readonly refusal: ReplyError | null;
}

/** Whether there is memory for more data (`maxmemory`). */
export interface MemoryLimit {
  /** Makes room where too much is in use; false where that is not possible. */
  enforce(): boolean;
}

/** What a dispatcher works with. */
export interface DispatcherParts {
  readonly registry: CommandRegistry;
  readonly keyspace: Keyspace;
  readonly propagation: Propagation;
  readonly statistics: Statistics;
  readonly log: Log;
  readonly writeGuard: WriteGuard;
  readonly blocked: BlockedClients;
  readonly memoryLimit: MemoryLimit;
  readonly observers: CallObservers;
  readonly monitors: Monitors;
  readonly pause: Pause;
  readonly access: Access;
  readonly tracking: Tracking;
}

/** Runs commands, one at a time, synchronously from look-up to propagation. */
export class Dispatcher {
  readonly #registry: CommandRegistry;
  readonly #keyspace: Keyspace;
  readonly #propagation: Propagation;
  readonly #statistics: Statistics;
  readonly #log: Log;
  readonly #writeGuard: WriteGuard;
  readonly #blocked: BlockedClients;
  readonly #memoryLimit: MemoryLimit;
  readonly #observers: CallObservers;
  readonly #monitors: Monitors;
  readonly #pause: Pause;
  readonly #access: Access;
  readonly #tracking: Tracking;
  /** From when on time was not yet charged to a command, in ms. */
  #lap = 0;
  /** What ran since then: calls of one command. */
  #lapCommand: Command | undefined;
  #lapCalls = 0;
  /** When the batch began, in ms. */
  #batchBegan = 0;
  /** When the keyspace's time was taken, on the same scale. */
  #timeTaken = 0;
  /** How many commands run, one within the other. */
  #depth = 0;
  /** When an attack was last logged, in ms since the epoch. */
  #warnedAt = -Infinity;

  constructor(parts: DispatcherParts) {
    this.#registry = parts.registry;
    this.#keyspace = parts.keyspace;
    this.#propagation = parts.propagation;
    this.#statistics = parts.statistics;
    this.#log = parts.log;
    this.#writeGuard = parts.writeGuard;
    this.#blocked = parts.blocked;
    this.#memoryLimit = parts.memoryLimit;
    this.#observers = parts.observers;
    this.#monitors = parts.monitors;
    this.#pause = parts.pause;
    this.#access = parts.access;
    this.#tracking = parts.tracking;
  }

  /** Whether a command runs that another one has called: one within EXEC or a script. */
  get isNested(): boolean {
    return this.#depth > 1;
  }

  /** To be called before a batch of commands: takes the time, for the commands and for their cost. */
  beginBatch(): void {
    this.#lap = this.#batchBegan = performance.now();
    this.#takeTime(this.#lap);
  }

  /**
   * To be called after a batch, before its bytes may change. Ends the time of its last commands, and says how
   * long it took, in ms.
   */
  endBatch(): number {
    if (this.#lapCalls > 0) this.#endSharedLap();
    this.#propagation.settle();
    return this.#lap - this.#batchBegan;
  }

  /** Charges the time that has passed to the calls that ran in it. */
  #endLap(): void {
    const now = performance.now();
    if (now - this.#timeTaken >= TIME_STEP) this.#takeTime(now);
    this.#lapCommand?.statistics.recordCalls(
      this.#lapCalls,
      (now - this.#lap) * 1000,
      this.#statistics.tracksLatency,
    );
    this.#lapCommand = undefined;
    this.#lapCalls = 0;
    this.#lap = now;
  }

  /** As `endLap`, where it is not known any more which calls the time was shared by. */
  #endSharedLap(): void {
    const command = this.#lapCommand, began = this.#lap;
    this.#endLap();
    const took = this.#lap - began;
    if (took >= this.#observers.slowFrom && command !== undefined) {
      this.#observers.stalled(command, took);
    }
  }

  #takeTime(now: number): void {
    // What ran before gets the time of before, where times are noted.
    this.#propagation.settle();
    this.#keyspace.updateTime();
    this.#timeTaken = now;
  }

  /** Runs one command, or queues it after MULTI, and leaves its reply in the client's writer. */
  execute(client: Client, frame: Frame): void {
    const container = this.#registry.find(frame);
    let command: Command | undefined;
    try {
      // Also one that is not run counts as the client's last; those within EXEC don't.
      if (this.#depth === 0) client.lastCommand = undefined;
      if (container === undefined) throw unknownCommand(frame);
      command = resolve(container, frame);
      if (this.#depth === 0) client.lastCommand = command;
      if (!command.acceptsCount(frame.argc)) throw wrongCount(command);
      this.#check(client, command, frame);
    } catch (error) {
      if (container === undefined && isHttp(frame)) this.#cutOff(client);
      else this.#reject(client, command, error);
      return;
    }
    if (this.#pause.isActive && this.#depth === 0 && this.#pause.stops(client, command)) {
      client.postpone(frame);
      return;
    }
    if (client.transaction.queues(command)) {
      client.transaction.enqueue(command, frame);
      client.reply.simple("QUEUED");
    } else {
      this.#call(client, command, frame);
    }
    if (this.#depth === 0) client.afterCommand();
    this.serveBlocked();
  }

  /** Does what is left of a command for which a client was parked, as if it ran now. */
  resume(client: Client, command: Command, frame: Frame, act: () => void): void {
    this.beginBatch();
    this.#serveWait(client, command, frame, () => {
      act();
      return true;
    });
    this.serveBlocked();
    this.endBatch();
  }

  /** Serves the clients that wait for what has become ready; within a command they wait for its end. */
  serveBlocked(): void {
    if (this.#depth === 0 && this.#blocked.hasReady) this.#blocked.serve(this.#serveWait);
  }

  /** Ends the connection of a browser, which a web page may have made to send what it says here. */
  #cutOff(client: Client): void {
    const { now } = this.#keyspace;
    if (now - this.#warnedAt >= WARNING_INTERVAL) {
      this.#warnedAt = now;
      this.#log.warning(
        "Possible SECURITY ATTACK detected: POST or Host: was sent, as a browser does that a page " +
          `made talk to this server. Connection from ${client.address} aborted.`,
      );
    }
    client.transport?.close();
  }

  /** Answers a command that is not run; after MULTI, what was queued will not be run either. */
  #reject(client: Client, command: Command | undefined, error: unknown): void {
    if (command !== undefined && this.#depth === 0) command.statistics.rejected++;
    const refusesQueue = command !== undefined && (command.flags & CommandBit.RunsQueue) !== 0;
    if (refusesQueue && error instanceof ReplyError) {
      client.transaction.discard();
      const reason = error.message.replace(/^ERR /, "");
      error = new ReplyError(`EXECABORT Transaction discarded because of: ${reason}`);
    }
    client.transaction.abort();
    this.#fail(client, error);
    if (this.#depth === 0) client.afterCommand();
  }

  #check(client: Client, command: Command, frame: Frame): void {
    const flags = client.transaction.flagsOf(command);
    if ((command.flags & CommandBit.Guarded) !== 0) command.declaration.guard?.(client);
    if (!client.authenticated && (flags & CommandBit.NoAuth) === 0) throw NO_AUTH;
    // What follows concerns clients: a file that is replayed was let in when it was written.
    if (client.isInternal) return;
    if ((flags & CommandBit.NoMulti) !== 0 && client.transaction.active) throw NO_MULTI;
    if (!client.user.isUnlimited) this.#access.check(client, command, frame);
    // What a transaction runs was checked when it was queued, and all of it with EXEC.
    if (client.transaction.executing) return;
    if (this.#keyspace.loading && (flags & CommandBit.Loading) === 0) throw LOADING;
    // While clients are paused the data stays as it is: nothing is evicted.
    if (this.#depth === 0 && !this.#pause.isActive && !this.#makeRoom(client)) {
      // What is queued needs memory too.
      if ((flags & CommandBit.DenyOom) !== 0 || client.transaction.queues(command)) {
        throw OUT_OF_MEMORY;
      }
    }
    // A queue counts with its writes alone: a PING in it is let through.
    const isWrite = (flags & CommandBit.Write) !== 0;
    if (isWrite || (command.flags & CommandBit.RefusedWithWrites) !== 0) {
      const { refusal } = this.#writeGuard;
      if (refusal !== null) throw refusal;
    }
    if (client.inSubscribedMode && (command.flags & CommandBit.WhileSubscribed) === 0) {
      throw new ReplyError(
        `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / ` +
          "QUIT / RESET are allowed in this context",
      );
    }
    if (client.isMonitor && (flags & ON_DATA) !== 0) throw NO_DATA;
  }

  /** Evicts where too much memory is in use; false where that is not possible. */
  #makeRoom(client: Client): boolean {
    if (!this.#tracking.isActive) return this.#memoryLimit.enforce();
    this.#tracking.makesRoom = client;
    const isThereRoom = this.#memoryLimit.enforce();
    this.#tracking.makesRoom = null;
    return isThereRoom;
  }

  #call(client: Client, command: Command, frame: Frame): void {
    if (command !== this.#lapCommand && this.#lapCalls > 0) this.#endSharedLap();
    const began = this.#lap;
    const outerCommand = client.runningCommand, outerFrame = client.runningFrame;
    const before = this.#begin(client, command, frame);
    const db = client.db.index;
    try {
      command.run(client, frame);
    } catch (error) {
      if (error !== REPLY_CUT) {
        command.statistics.failed++;
        this.#fail(client, error);
      }
    }
    this.#finish(db, frame, before);
    client.setRunning(outerCommand, outerFrame);
    if (this.#tracking.isActive) this.#tracking.commandRan(client, command, frame);
    // What is replayed was counted by the server that wrote it.
    if (!client.isInternal) this.#countCall(client, command, frame, began);
  }

  /** Counts a call; it, or the calls that it is timed together with, began at `began`. */
  #countCall(client: Client, command: Command, frame: Frame, began: number): void {
    this.#statistics.commandsProcessed++;
    // Commands that ran within this one have been charged with their own part.
    if (command !== this.#lapCommand) {
      if (this.#lapCalls > 0) this.#endSharedLap();
      this.#lapCommand = command;
    }
    if (
      ++this.#lapCalls >= this.#observers.callsPerLap || !command.isQuick ||
      frame.end - frame.start > MOST_SHARED_BYTES || client.reply.size > MOST_SHARED_BYTES
    ) {
      this.#endLap();
      const took = this.#lap - began;
      if (took >= this.#observers.slowFrom && !client.isBlocked) {
        this.#observers.tookLong(client, command, frame, took);
      }
    }
    if (!this.#monitors.isEmpty) this.#monitors.show(client, command, frame);
  }

  /** Lets a client that waits have what it waits for, as if its command ran now. */
  readonly #serveWait: WaitRunner = (client, command, frame, act) => {
    if (this.#lapCalls > 0) this.#endSharedLap();
    const began = performance.now();
    const before = this.#begin(client, command, frame);
    let served = true;
    try {
      served = act();
    } catch (error) {
      if (error !== REPLY_CUT) {
        command.statistics.failed++;
        this.#fail(client, error);
      }
    }
    this.#finish(client.db.index, frame, before);
    client.setRunning(undefined, undefined);
    this.#tracking.tellPending(client);
    this.#lap = performance.now();
    const took = this.#lap - began;
    if (served && took >= this.#observers.slowFrom) {
      this.#observers.tookLong(client, command, frame, took);
    }
    return served;
  };

  #begin(client: Client, command: Command, frame: Frame): number {
    this.#depth++;
    client.setRunning(command, frame);
    this.#tracking.caller = client;
    // It may ask for the append-only file, or for another one.
    if ((command.flags & CommandBit.Write) === 0) this.#propagation.settle();
    this.#propagation.begin();
    return this.#keyspace.dirty;
  }

  #finish(database: number, frame: Frame, dirtyBefore: number): void {
    const changed = this.#keyspace.dirty !== dirtyBefore;
    this.#propagation.finish(database, frame, changed);
    this.#keyspace.touched.settle(changed);
    this.#depth--;
  }

  #fail(client: Client, error: unknown): void {
    let shown = INTERNAL;
    if (error instanceof ReplyError) {
      shown = error;
    } else {
      const details = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#log.warning(`A command failed for a reason of the server's own: ${details}`);
    }
    this.#statistics.countError(shown.code);
    client.reply.error(shown.message);
    if (client.isInternal) {
      const name = client.runningCommand?.fullName ?? "?";
      this.#log.warning(
        "== CRITICAL == This server is sending an error to its AOF-loading-client: " +
          `'${shown.message}' after processing the command '${name}'`,
      );
    }
  }
}

/** The command or sub-command that a frame calls. */
function resolve(container: Command, frame: Frame): Command {
  if (container.subcommands.length === 0 || frame.argc < 2) return container;
  const subcommand = container.subcommand(frame.span(1));
  if (subcommand === undefined) throw unknownSubcommand(frame);
  return subcommand;
}

function wrongCount(command: Command): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
}

/** Whether a line is one that HTTP begins with and Redis doesn't know. */
function isHttp(frame: Frame): boolean {
  return frame.is(0, "POST") || frame.is(0, "HOST:");
}

function unknownCommand(frame: Frame): ReplyError {
  let args = "";
  for (let i = 1; i < frame.argc && args.length < QUOTED_BYTES; i++) {
    args += `'${quoted(frame, i, QUOTED_BYTES - args.length)}' `;
  }
  return new ReplyError(
    `ERR unknown command '${quoted(frame, 0, QUOTED_BYTES)}', with args beginning with: ${args}`,
  );
}

function unknownSubcommand(frame: Frame): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand '${quoted(frame, 1, QUOTED_BYTES)}'. Try ${calledName(frame)} HELP.`,
  );
}

/** An argument as error texts show it: Redis prints it as a C string, which a NUL ends. */
function quoted(frame: Frame, i: number, most: number): string {
  const start = frame.argStart(i);
  const text = byteString(frame.buffer, start, Math.min(frame.argEnd(i), start + most));
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}
