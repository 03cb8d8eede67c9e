/** One client's MULTI … EXEC (https://redis.io/docs/latest/develop/interact/transactions/). */

import { ReplyError } from "../base/errors.ts";
import type { ByteRange } from "../base/span.ts";
import type { TransactionView } from "../commands/views/client.ts";
import type { PropagationView } from "../commands/views/propagation.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Database } from "../keyspace/database.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { type Caller, callerOfQueue } from "./caller.ts";
import { Suspended } from "./half_done.ts";
import { Outcome } from "./outcome.ts";
import { Rule } from "./rule.ts";
import type { Watcher, Watches } from "./watches.ts";

const ABORTED = new ReplyError("EXECABORT Transaction discarded because of previous errors.");

/** What Redis counts for an argument beside its text. */
const POINTER_BYTES = 8;

/** What EXEC asks of the queue for: whether a command in it writes, needs memory, or touches data. */
const QUEUED_FLAGS = CommandBit.Write | CommandBit.ReadOnly | CommandBit.DenyOom |
  CommandBit.MayReplicate | CommandBit.NoAsyncLoading;
/** What EXEC may do only where every command in the queue may. */
const ALLOWING_FLAGS = CommandBit.Loading | CommandBit.Stale;

/** Whose transaction it is: a session. */
export interface TransactionOwner {
  readonly db: Database;
  readonly reply: ReplyWriter;
  readonly propagation: PropagationView;
  readonly closing: boolean;
  readonly runningCommand: Command | undefined;
  readonly runningFrame: Frame | undefined;
  caller: Caller;
  /** Puts a rule of admission in force for it, or out of it. */
  restrict(bit: number, isInForce: boolean): void;
  /** What it says from now on may have to be held back: until `execute` has run all. */
  markOutput(): void;
  /** Runs a command within the one that it runs. */
  execute(frame: Frame): Outcome;
}

/** What was queued since MULTI, and whether the watched keys are still as they were. */
export class Transaction implements TransactionView, Watcher {
  readonly #owner: TransactionOwner;
  readonly #watches: Watches;
  #queue: Frame[] | null = null;
  /** Of `QUEUED_FLAGS`, those that some command in the queue has. */
  #queuedFlags = 0;
  /** Of `ALLOWING_FLAGS`, those that some command in the queue has not. */
  #lackedFlags = 0;
  #queuedBytes = 0;
  #watchedBytes = 0;
  #aborted = false;
  #broken = false;
  #executing = false;
  #callerBytes = 0;

  constructor(owner: TransactionOwner, watches: Watches) {
    this.#owner = owner;
    this.#watches = watches;
  }

  get active(): boolean {
    return this.#queue !== null;
  }

  /** Whether EXEC runs what was queued: nothing may wait then. */
  get executing(): boolean {
    return this.#executing;
  }

  /** What the arguments of the EXEC that runs take, in bytes. */
  get callerBytes(): number {
    return this.#callerBytes;
  }

  /** How many commands are queued; -1 outside of MULTI. */
  get length(): number {
    return this.#queue?.length ?? -1;
  }

  /** What the arguments of the queued commands take, as Redis counts it, in bytes. */
  get bytes(): number {
    return this.#queuedBytes;
  }

  /** What the queued commands and the watched keys take, in bytes. */
  get memoryBytes(): number {
    return this.#queuedBytes + this.#watchedBytes;
  }

  /** Whether a watched key has changed. */
  get broken(): boolean {
    return this.#broken;
  }

  /** What is queued. */
  get queued(): readonly Frame[] {
    return this.#queue ?? [];
  }

  /** Whether a command is to be queued rather than run. */
  queues(command: Command): boolean {
    return this.#queue !== null && !this.#executing &&
      (command.flags & CommandBit.NeverQueued) === 0;
  }

  /** The flags that count when `command` is checked: EXEC does what is queued. */
  flagsOf(command: Command): number {
    const executes = this.#queue !== null && (command.flags & CommandBit.RunsQueue) !== 0;
    return executes ? (command.flags | this.#queuedFlags) & ~this.#lackedFlags : command.flags;
  }

  /** Queues a command; its bytes are copied. */
  enqueue(command: Command, frame: Frame): void {
    const copy = frame.detach();
    this.#queue?.push(copy);
    this.#queuedFlags |= command.flags & QUEUED_FLAGS;
    this.#lackedFlags |= ~command.flags & ALLOWING_FLAGS;
    this.#queuedBytes += copy.argumentBytes + copy.argc * POINTER_BYTES;
  }

  /** A command was refused while queuing: EXEC will refuse them all. */
  abort(): void {
    if (this.#queue !== null) this.#aborted = true;
  }

  begin(): void {
    this.#queue = [];
    this.#owner.restrict(Rule.Transaction, true);
  }

  discard(): void {
    this.#queue = null;
    this.#owner.restrict(Rule.Transaction, false);
    this.#queuedFlags = this.#lackedFlags = this.#queuedBytes = 0;
    this.#aborted = false;
    this.unwatch();
  }

  execute(): void {
    const owner = this.#owner, { caller } = owner;
    const queue = this.#queue ?? [];
    this.#watches.expire(this);
    const broken = this.#broken;
    this.unwatch();
    if (this.#aborted) {
      this.discard();
      throw ABORTED;
    }
    if (broken) {
      this.discard();
      return owner.reply.nullArray();
    }
    this.#executing = true;
    this.#callerBytes = owner.runningFrame?.argumentBytes ?? 0;
    owner.caller = callerOfQueue(caller);
    owner.markOutput();
    owner.reply.array(queue.length);
    this.#run(queue, 0, caller);
  }

  /** Runs what is queued from `next` on; `caller` is as what the owner calls EXEC. */
  #run(queue: readonly Frame[], next: number, caller: Caller): void {
    const owner = this.#owner;
    let outcome: Outcome = Outcome.Replied;
    try {
      while (next < queue.length && outcome !== Outcome.Suspended) {
        outcome = owner.execute(queue[next++]);
        // It has ended its own connection: what follows is run, but not answered.
        if (owner.closing) owner.reply.muted = true;
      }
      // As Redis counts it: EXEC has failed where its last command was refused.
      if (outcome === Outcome.Refused && owner.runningCommand !== undefined) {
        owner.runningCommand.statistics.failed++;
      }
    } finally {
      if (outcome !== Outcome.Suspended) this.#end(caller);
    }
    // A script takes its time: all waits for it.
    if (outcome === Outcome.Suspended) throw new Suspended(() => this.#run(queue, next, caller));
  }

  #end(caller: Caller): void {
    this.#owner.caller = caller;
    this.#executing = false;
    this.discard();
    // What was queued has been propagated by itself.
    this.#owner.propagation.suppress();
  }

  watch(key: ByteRange): void {
    this.#watchedBytes += this.#watches.add(this, this.#owner.db, key);
  }

  unwatch(): void {
    this.#watches.remove(this);
    this.#watchedBytes = 0;
    this.#broken = false;
  }

  watchBroken(): void {
    this.#broken = true;
  }
}
