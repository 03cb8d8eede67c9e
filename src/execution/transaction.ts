/** One client's MULTI … EXEC (https://redis.io/docs/latest/develop/interact/transactions/). */

import { ReplyError } from "../base/errors.ts";
import type { ByteRange } from "../base/span.ts";
import type { TransactionView } from "../commands/views/client.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";
import type { Client } from "../clients/client.ts";
import type { Watcher, Watches } from "./watches.ts";

const ABORTED = new ReplyError("EXECABORT Transaction discarded because of previous errors.");

/** What Redis counts for an argument beside its text. */
const POINTER_BYTES = 8;

/** What was queued since MULTI, and whether the watched keys are still as they were. */
export class Transaction implements TransactionView, Watcher {
  readonly #client: Client;
  readonly #watches: Watches;
  #queue: Frame[] | null = null;
  #queuedFlags = 0;
  #queuedBytes = 0;
  #aborted = false;
  #broken = false;
  #executing = false;
  #callerBytes = 0;

  constructor(client: Client, watches: Watches) {
    this.#client = client;
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

  /** Whether a watched key has changed. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Whether a command is to be queued rather than run. */
  queues(command: Command): boolean {
    return this.#queue !== null && !this.#executing &&
      (command.flags & CommandBit.NeverQueued) === 0;
  }

  /** The flags that count when `command` is checked: EXEC does what is queued. */
  flagsOf(command: Command): number {
    const executes = this.#queue !== null && (command.flags & CommandBit.RunsQueue) !== 0;
    return executes ? command.flags | this.#queuedFlags : command.flags;
  }

  /** Queues a command; its bytes are copied. */
  enqueue(command: Command, frame: Frame): void {
    const copy = frame.detach();
    this.#queue?.push(copy);
    this.#queuedFlags |= command.flags;
    this.#queuedBytes += copy.argumentBytes + copy.argc * POINTER_BYTES;
  }

  /** A command was refused while queuing: EXEC will refuse them all. */
  abort(): void {
    if (this.#queue !== null) this.#aborted = true;
  }

  begin(): void {
    this.#queue = [];
  }

  discard(): void {
    this.#queue = null;
    this.#queuedFlags = this.#queuedBytes = 0;
    this.#aborted = false;
    this.unwatch();
  }

  execute(): void {
    const queue = this.#queue ?? [];
    this.#watches.expire(this);
    const broken = this.#broken;
    this.unwatch();
    this.#executing = true;
    this.#callerBytes = this.#client.runningFrame?.argumentBytes ?? 0;
    try {
      if (this.#aborted) throw ABORTED;
      if (broken) {
        this.#client.reply.nullArray();
      } else {
        this.#client.reply.array(queue.length);
        for (const frame of queue) {
          this.#aborted = false;
          this.#client.execute(frame);
          // It has ended its own connection: what follows is run, but not answered.
          if (this.#client.closing) this.#client.reply.muted = true;
        }
        // As Redis counts it: EXEC has failed where its last command was refused.
        if (this.#aborted) this.#client.command.statistics.failed++;
      }
    } finally {
      this.#executing = false;
      this.discard();
    }
  }

  watch(key: ByteRange): void {
    this.#watches.add(this, this.#client.db, key);
  }

  unwatch(): void {
    this.#watches.remove(this);
    this.#broken = false;
  }

  watchBroken(): void {
    this.#broken = true;
  }
}
