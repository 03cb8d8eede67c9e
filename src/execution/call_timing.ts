/**
 * How long calls take. Looking at the clock costs as much as a short command, so calls of one quick command
 * that run one after the other are timed together, and share the time.
 */

import type { Command } from "../commands/registry.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import type { CallObservers } from "./call_observers.ts";
import type { Session } from "./session.ts";

/** Within a long batch, commands see the time move in steps of about this many ms. */
const TIME_STEP = 1;
/** A call with more bytes of arguments or replies is timed by itself, so that it is known if it was slow. */
const MOST_SHARED_BYTES = 64 * 1024;

/** What timing works with. */
export interface CallTimingParts {
  readonly statistics: Statistics;
  readonly observers: CallObservers;
  /** Called now and then, before the next command runs: commands that come next see a later time. */
  readonly timePasses: () => void;
}

/** Charges commands with the time that they take. */
export class CallTiming {
  readonly #statistics: Statistics;
  readonly #observers: CallObservers;
  readonly #timePasses: () => void;
  /** From when on time was not yet charged to a command, in ms. */
  #lap = 0;
  /** What ran since then: calls of one command. */
  #lapCommand: Command | undefined;
  #lapCalls = 0;
  /** When the batch began, in ms. */
  #batchBegan = 0;
  /** When commands were last told the time, on the same scale. */
  #timeTaken = 0;

  constructor({ statistics, observers, timePasses }: CallTimingParts) {
    this.#statistics = statistics;
    this.#observers = observers;
    this.#timePasses = timePasses;
  }

  /** When the call that runs began, or what runs within it, by `performance.now()`: a moment before, maybe. */
  get lap(): number {
    return this.#lap;
  }

  /** A batch of commands begins. */
  beginBatch(): void {
    this.#lap = this.#batchBegan = performance.now();
    this.#takeTime(this.#lap);
  }

  /** The batch has ended; says how long it took, in ms. */
  endBatch(): number {
    this.#endShared();
    return this.#lap - this.#batchBegan;
  }

  /** A call begins; says when the calls began that it is timed together with, in ms. */
  begin(command: Command): number {
    if (command !== this.#lapCommand) this.#endShared();
    return this.#lap;
  }

  /** A call has ended; `began` is what `begin` said. */
  end(session: Session, command: Command, frame: Frame, began: number): void {
    // Commands that ran within this one have been charged with their own part.
    if (command !== this.#lapCommand) {
      this.#endShared();
      this.#lapCommand = command;
    }
    const isTimed = ++this.#lapCalls >= this.#observers.callsPerLap ||
      frame.argc > command.quickUpTo ||
      frame.end - frame.start > MOST_SHARED_BYTES || session.reply.size > MOST_SHARED_BYTES;
    if (!isTimed) return;
    this.#endLap();
    const took = this.#lap - began;
    if (took >= this.#observers.slowFrom && !session.isWaiting) {
      this.#observers.tookLong(session, command, frame, took);
    }
  }

  /** What a client waited for is served by itself; says when that began, in ms. */
  beginService(): number {
    this.#endShared();
    return performance.now();
  }

  /** It has ended; `served`: the client got what it waited for. */
  endService(
    session: Session,
    command: Command,
    frame: Frame,
    began: number,
    served: boolean,
  ): void {
    this.#lap = performance.now();
    const took = this.#lap - began;
    if (served && took >= this.#observers.slowFrom) {
      this.#observers.tookLong(session, command, frame, took);
    }
  }

  /** What comes next is timed by itself: a call has stopped half-way, or goes on. */
  interrupt(): void {
    this.#endShared();
    this.#lap = performance.now();
  }

  /** A call has ended that has stood half-way; `began` is what `begin` said. */
  endHalfDone(session: Session, command: Command, frame: Frame, began: number): void {
    this.interrupt();
    const took = this.#lap - began;
    command.statistics.recordCalls(1, took * 1000, this.#statistics.tracksLatency);
    if (took >= this.#observers.slowFrom) this.#observers.tookLong(session, command, frame, took);
  }

  /** Ends the time of calls of which it is not known any more which of them was slow. */
  #endShared(): void {
    if (this.#lapCalls === 0) return;
    const command = this.#lapCommand, began = this.#lap;
    this.#endLap();
    const took = this.#lap - began;
    if (took >= this.#observers.slowFrom && command !== undefined) {
      this.#observers.stalled(command, took);
    }
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

  #takeTime(now: number): void {
    this.#timePasses();
    this.#timeTaken = now;
  }
}
