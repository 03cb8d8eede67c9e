/**
 * The registers of the running script: what every operation may have to look at, in one object that the
 * engine of JavaScript knows at compile time. One script runs at a time; a `LuaState` puts its own values
 * here when it goes on and takes them away when it pauses.
 */

import { LuaError } from "./lua_error.ts";
import { Thread } from "./thread.ts";

/** How many calls through functions that are not Lua may be nested: LUAI_MAXCCALLS less the script's own. */
export const MAX_HOST_CALLS = 199;
/** How many may be while an error of too many is dealt with. */
const MOST_HOST_CALLS = MAX_HOST_CALLS + 25;

/** What the machine asks when its units are used up; see `Budget`. */
export interface Limits {
  /** The longest string that a script may make. */
  readonly stringLimit: number;
  /** Looks at clock and heap: whether the script must pause. Throws where it must end. */
  refill(pausable: boolean): boolean;
  /** Looks at clock and heap where nothing can pause. */
  check(): void;
  /** Looks at the heap before so many bytes are taken. */
  reserve(bytes: number): void;
}

/** See `machine`. */
export class Machine {
  /** Units of work until the budget is asked. */
  units = 0;
  /** Nested loops of the driver: above 0, nothing can pause. */
  nestedDrivers = 0;
  /** The coroutine that runs, or the main thread of the run. */
  thread: Thread = new Thread(null);
  budget: Limits | null = null;
  /** How deep calls may be nested. */
  maxDepth = 20_000;

  /** The budget's units are used up: whether the script must pause. Throws where it must end. */
  refill(): boolean {
    return this.budget !== null && this.budget.refill(this.nestedDrivers === 0);
  }

  /** Charges work that is done at once; 1 unit is about one step of a loop, or a kilobyte. */
  spend(units: number): void {
    if ((this.units -= units) < 0 && this.budget !== null) this.budget.check();
  }

  /** Charges memory that is about to be taken; throws where it is not there. */
  reserve(bytes: number): void {
    this.units -= bytes >>> 10;
    if (this.budget !== null && (bytes > 1 << 20 || this.units < 0)) this.budget.reserve(bytes);
  }

  /**
   * Begins a call through a function that is not Lua; its end subtracts from `thread.hostCalls` again. An error
   * has the position of the Lua code with `level` 1, none with 0.
   */
  enterHostCall(level: 0 | 1): void {
    const { thread } = this;
    const calls = thread.nesting + ++thread.hostCalls;
    if (calls < MAX_HOST_CALLS) return;
    // What resumes a coroutine leaves out the one level that is refused: some more are free above it.
    if (calls > MAX_HOST_CALLS && calls < MOST_HOST_CALLS) return;
    thread.hostCalls--;
    if (calls >= MOST_HOST_CALLS) throw new LuaError("error in error handling");
    throw new LuaError("C stack overflow", level);
  }
}

/** The one machine. */
export const machine: Machine = new Machine();

/** Charges the script that runs with work which the host is about to do for it. */
export function spend(units: number): void {
  machine.spend(units);
}
