/**
 * Clients that wait: for keys, for replicas, for the end of a pause, for work elsewhere, for a script. What a
 * waiting client sends meanwhile is kept for later. There is one way into a wait, and one way out of it.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { UnblockReason, WaitLimit } from "../commands/views/blocking.ts";
import type { Command } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";

const UNBLOCKED = new ReplyError("UNBLOCKED client unblocked via CLIENT UNBLOCK");

/** What a client waits for. */
export type WaitKind =
  /** A value at a key (BLPOP, XREAD BLOCK). */
  | "keys"
  /** Replicas that have what was changed (WAIT). */
  | "replicas"
  /** The end of CLIENT PAUSE, or of what must not be disturbed. */
  | "pause"
  /** The answer of another server (MIGRATE). */
  | "elsewhere"
  /** The end of its script, which takes its time. */
  | "script";

/** One client's wait. */
export interface Wait {
  readonly kind: WaitKind;
  readonly command: Command;
  /** The command that waits, owning its bytes. */
  readonly frame: Frame;
  /** How it ends early; absent where neither time nor CLIENT UNBLOCK ends it. */
  readonly limit?: WaitLimit;
  /** Called when the wait has ended, however it did. */
  readonly left?: () => void;
}

/** Who can wait: a client. */
export interface Waiter {
  readonly reply: ReplyWriter;
  /** What it waits for, or null; set by `Waiting` alone. */
  wait: Wait | null;
  /** Its wait has ended: its reply leaves, and what it has sent meanwhile runs. */
  resume(wait: Wait): void;
}

/** What waiting works with. */
export interface WaitingParts {
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  readonly statistics: Statistics;
}

/** All that wait. */
export class Waiting {
  readonly #clock: Clock;
  readonly #keyspace: Keyspace;
  readonly #statistics: Statistics;
  /** The timers of those who wait for a limited time. */
  readonly #timers = new Map<Waiter, Timer | null>();
  #timedCount = 0;
  /** Is told when a client has begun to wait. */
  begun: () => void = () => {};

  constructor({ clock, keyspace, statistics }: WaitingParts) {
    this.#clock = clock;
    this.#keyspace = keyspace;
    this.#statistics = statistics;
  }

  /** How many clients wait. */
  get count(): number {
    return this.#timers.size;
  }

  /** How many of them wait for a limited time. */
  get timedCount(): number {
    return this.#timedCount;
  }

  /** A client begins to wait; it must not wait yet. */
  begin(waiter: Waiter, wait: Wait): void {
    if (waiter.wait !== null) throw new Error("the client waits already");
    waiter.wait = wait;
    const timeout = wait.limit?.timeout ?? 0;
    const timer = timeout > 0
      ? this.#clock.at(this.#clock.now() + timeout, () => this.#timeOut(waiter))
      : null;
    if (timer !== null) this.#timedCount++;
    this.#timers.set(waiter, timer);
    this.begun();
  }

  /** How many clients wait for something of these kinds. */
  countOf(...kinds: readonly WaitKind[]): number {
    let count = 0;
    for (const { wait } of this.#timers.keys()) if (wait && kinds.includes(wait.kind)) count++;
    return count;
  }

  /** A client has what it waited for. Nothing where it does not wait any more. */
  end(waiter: Waiter): void {
    const { wait } = waiter;
    if (wait === null) return;
    this.forget(waiter);
    waiter.resume(wait);
  }

  /** What those of a kind wait for is there. */
  endAll(kind: WaitKind): void {
    const ended: [Waiter, Wait][] = [];
    for (const waiter of this.#timers.keys()) {
      if (waiter.wait?.kind === kind) ended.push([waiter, waiter.wait]);
    }
    for (const [waiter] of ended) this.forget(waiter);
    for (const [waiter, wait] of ended) waiter.resume(wait);
  }

  /** Ends a wait early (CLIENT UNBLOCK); false where the client does not wait, or not in such a way. */
  unblock(waiter: Waiter, reason: UnblockReason): boolean {
    const { wait } = waiter;
    if (!wait?.limit) return false;
    if (reason === "error") {
      this.#statistics.countError(UNBLOCKED.code);
      wait.command.statistics.failed++;
      waiter.reply.error(UNBLOCKED.message);
    } else {
      wait.limit.timedOut();
    }
    this.end(waiter);
    return true;
  }

  /** The client is gone, or goes on: it does not wait any more. Nothing where it does not. */
  forget(waiter: Waiter): void {
    const { wait } = waiter;
    if (wait === null) return;
    const timer = this.#timers.get(waiter) ?? null;
    if (timer !== null) {
      timer.cancel();
      this.#timedCount--;
    }
    this.#timers.delete(waiter);
    waiter.wait = null;
    wait.left?.();
  }

  #timeOut(waiter: Waiter): void {
    this.#keyspace.updateTime();
    waiter.wait?.limit?.timedOut();
    this.end(waiter);
  }
}
