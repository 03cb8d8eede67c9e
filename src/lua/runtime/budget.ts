/** What a script may use: time before it pauses, time where it can't pause, memory, steps. */

import { LuaKill } from "./lua_error.ts";
import { type Limits, machine } from "./machine.ts";

/** How many units pass between two looks at the clock and the heap, if the state says nothing else. */
export const UNITS_PER_POLL = 20_000;

/** The limits of a state, and how it measures. All have a default that does not limit. */
export interface BudgetOptions {
  /** Milliseconds, by a clock that only goes forward. */
  readonly now?: () => number;
  /** Bytes of JavaScript's heap in use, where `more` are about to be taken. */
  readonly heapUsed?: (more: number) => number;
  /** The script ends when the heap has grown to so many bytes. */
  readonly heapLimit?: number;
  /** How long a script runs until `run` or `resume` hands back. */
  readonly sliceMilliseconds?: number;
  /** How long a slice may last inside a callback that can't pause, until the script ends. */
  readonly unpausableMilliseconds?: number;
  /** How many units (steps of loops, kilobytes) a run may take in all. */
  readonly stepLimit?: number;
  /** The longest string that a script may make. */
  readonly stringLimit?: number;
  /** How many units pass between two looks at the clock and the heap. */
  readonly unitsPerPoll?: number;
}

/** Why a script ended itself: texts of `LuaKill`. */
export const OUT_OF_MEMORY = "not enough memory";
export const TOO_LONG_UNPAUSED = "script ran too long inside a callback";
export const OUT_OF_STEPS = "script used up its steps";

/** The budget of one state. */
export class Budget implements Limits {
  readonly #now: () => number;
  readonly #heapUsed: (more: number) => number;
  heapLimit: number;
  sliceMilliseconds: number;
  unpausableMilliseconds: number;
  stepLimit: number;
  readonly stringLimit: number;
  /** How many units pass between two looks; a change holds from the next look on. */
  unitsPerPoll: number;
  /**
   * When the next slice begins, if the host knows, and `null` if not: looking at the clock costs as much as a
   * short script. For one slice only.
   */
  nextSliceBegins: number | null = null;
  #sliceEnd = Infinity;
  #hardEnd = Infinity;
  #steps = 0;
  /** How many units were given out at the last look. */
  #given = 0;

  constructor(options: BudgetOptions) {
    this.#now = options.now ?? (() => performance.now());
    this.#heapUsed = options.heapUsed ?? (() => 0);
    this.heapLimit = options.heapLimit ?? Infinity;
    this.sliceMilliseconds = options.sliceMilliseconds ?? Infinity;
    this.unpausableMilliseconds = options.unpausableMilliseconds ?? Infinity;
    this.stepLimit = options.stepLimit ?? Infinity;
    this.unitsPerPoll = options.unitsPerPoll ?? UNITS_PER_POLL;
    this.stringLimit = options.stringLimit ?? 2 ** 29 - 32;
  }

  /** A run begins. */
  startRun(): void {
    this.#steps = 0;
  }

  /** A slice begins: the run, or what follows a pause. */
  startSlice(): void {
    machine.units = this.#given = this.unitsPerPoll;
    if (this.sliceMilliseconds === Infinity && this.unpausableMilliseconds === Infinity) {
      this.#sliceEnd = this.#hardEnd = Infinity;
      return;
    }
    const now = this.nextSliceBegins ?? this.#now();
    this.nextSliceBegins = null;
    this.#sliceEnd = now + this.sliceMilliseconds;
    this.#hardEnd = now + Math.max(this.sliceMilliseconds, this.unpausableMilliseconds);
  }

  /** Looks at clock and heap: whether the script must pause. */
  refill(pausable: boolean): boolean {
    this.#look(0);
    if (pausable) return this.#now() >= this.#sliceEnd;
    if (this.#now() >= this.#hardEnd) throw new LuaKill(TOO_LONG_UNPAUSED);
    return false;
  }

  /** Looks at clock and heap where nothing can pause: the next step of a loop does it, if it must. */
  check(): void {
    this.#look(0);
    const now = this.#now();
    if (now < this.#sliceEnd) return;
    if (now >= this.#hardEnd) throw new LuaKill(TOO_LONG_UNPAUSED);
    machine.units = 0;
  }

  /** Looks at the heap before so many bytes are taken. */
  reserve(bytes: number): void {
    const wasDue = machine.units < 0;
    if (wasDue) this.check();
    if (this.#heapUsed(bytes) + bytes > this.heapLimit) throw new LuaKill(OUT_OF_MEMORY);
  }

  #look(bytes: number): void {
    this.#steps += this.#given - machine.units;
    machine.units = this.#given = this.unitsPerPoll;
    if (this.#heapUsed(bytes) + bytes > this.heapLimit) throw new LuaKill(OUT_OF_MEMORY);
    if (this.#steps > this.stepLimit) throw new LuaKill(OUT_OF_STEPS);
  }
}
