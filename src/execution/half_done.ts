/**
 * What stands half-way: a call whose script takes its time, or that waits for work of the system (CONFIG SET of a
 * port), with the EXEC that it may be part of. Others have their turn meanwhile, but what it has done is not to
 * be seen before its end, nor may anything else change.
 */

import type { Hold } from "../base/hold.ts";
import type { Command } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";
import type { Propagation } from "./propagation.ts";

/** Thrown by a command that can't end yet, and passed on by what runs it; `goOn` does its next part. */
export class Suspended {
  /**
   * `goOn` throws another one where the command takes still longer. It is called when others have had their
   * turn, or when `until` resolves, which never rejects.
   */
  constructor(readonly goOn: () => void, readonly until: Promise<void> | null = null) {}
}

/** Whose call can stand half-way: a session. */
export interface HalfDoneCaller {
  readonly caller: { readonly pauses: "for_others" | "for_loader" | "never" };
  /** Its outermost call stands half-way: it waits, and is told nothing. */
  standHalfway(command: Command, frame: Frame): void;
  /** Its call goes on. */
  takeUp(): void;
  /** Its call has ended: its replies leave, and what it has sent meanwhile runs. */
  endHalfway(): void;
}

/** A call that stands half-way. */
export interface HalfDoneCall<Caller> {
  readonly session: Caller;
  readonly command: Command;
  /** Owns its bytes. */
  readonly frame: Frame;
  readonly database: number;
  /** How many changes there were before it. */
  readonly dirtyBefore: number;
  /** When it began, by `performance.now()`. */
  readonly began: number;
  /** Does its next part. */
  readonly goOn: () => void;
  /** Resolves when that can be done; null: when others have had their turn. */
  readonly until: Promise<void> | null;
}

/** What holds back what is said by a call that stands half-way. */
export interface HeldOutput {
  /** What is said from now on is said by such a call, if it comes to that. */
  mark(): void;
  /** Holds back what was said since `mark`. */
  keep(): void;
  /** What was held back leaves. */
  letGo(): void;
}

/** What standing half-way concerns. */
export interface HalfDoneParts {
  /** Held from the first pause to the end. */
  readonly hold: Hold;
  readonly propagation: Propagation;
  readonly output: HeldOutput;
  /** Goes on with what stands half-way. */
  readonly goOn: () => void;
}

/** The calls that stand half-way: one, or one within an EXEC. */
export class HalfDone<Caller extends HalfDoneCaller> {
  readonly #parts: HalfDoneParts;
  /** The innermost first. */
  #calls: HalfDoneCall<Caller>[] = [];
  #release: (() => void) | null = null;
  /** Goes on with what was gathered to be propagated. */
  #takeUpUnit: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What can't be done before the end. */
  readonly #later: (() => void)[] = [];

  constructor(parts: HalfDoneParts) {
    this.#parts = parts;
  }

  /** Whether there is anything, from the first pause to the end. */
  get isActive(): boolean {
    return this.#release !== null;
  }

  /** Resolves when the system has done what a call waits for; null: none waits for that. */
  get waitsFor(): Promise<void> | null {
    return this.#calls.length === 0 ? null : this.#calls[0].until;
  }

  /** A call has stopped half-way, and after it the one that has called it. */
  add(call: HalfDoneCall<Caller>): void {
    this.#calls.push(call);
  }

  /** All that can is stopped: others have their turn, and then it goes on. */
  stand(): void {
    const { hold, propagation, output, goOn } = this.#parts;
    const { session, command, frame } = this.#calls[this.#calls.length - 1];
    this.#release ??= hold.hold();
    this.#takeUpUnit = propagation.setAside();
    output.keep();
    session.standHalfway(command, frame);
    const { waitsFor } = this, calls = this.#calls;
    if (waitsFor !== null) this.#goOnAfter(waitsFor, calls);
    // Immediates would leave the sockets of others waiting.
    else if (session.caller.pauses === "for_others") this.#timer = setTimeout(goOn);
  }

  async #goOnAfter(work: Promise<void>, calls: readonly HalfDoneCall<Caller>[]): Promise<void> {
    await work;
    // The server may have ended.
    if (this.#calls === calls) this.#parts.goOn();
  }

  /** What stands half-way, the innermost call first; it goes on now. */
  takeUp(): readonly HalfDoneCall<Caller>[] {
    const calls = this.#calls;
    if (calls.length === 0) return calls;
    this.#calls = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#takeUpUnit?.();
    this.#takeUpUnit = null;
    this.#parts.output.mark();
    calls[calls.length - 1].session.takeUp();
    return calls;
  }

  /** All calls have ended; `session` has made them. */
  end(session: Caller): void {
    this.#release?.();
    this.#release = null;
    this.#parts.output.letGo();
    session.endHalfway();
  }

  /** Does what has had to wait for the end. */
  doLater(): void {
    for (const act of this.#later.splice(0)) act();
  }

  /** Does something when nothing stands half-way: at once, or after the end. */
  whenWhole(act: () => void): void {
    if (this.isActive) this.#later.push(act);
    else act();
  }

  /** The server ends: nothing goes on. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#calls = [];
  }
}
