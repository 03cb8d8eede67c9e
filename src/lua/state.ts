/** A state of Lua: its global variables, and the script that runs in it. */

import { compileChunk } from "./compiler/compile.ts";
import { Budget, type BudgetOptions } from "./runtime/budget.ts";
import { drive, PAUSED, pushSegment } from "./runtime/driver.ts";
import { caught } from "./runtime/frames.ts";
import { all, hostFunction, type LuaFunction, type PlainCode } from "./runtime/function.ts";
import { LuaError, LuaKill, settleWithoutPosition } from "./runtime/lua_error.ts";
import { type Limits, machine } from "./runtime/machine.ts";
import { strings } from "./runtime/metatables.ts";
import { LuaTable } from "./runtime/table.ts";
import { Thread } from "./runtime/thread.ts";
import type { LuaResult, LuaValue } from "./runtime/values.ts";

/** How deep calls may be nested, unless the state says otherwise. */
const DEFAULT_DEPTH = 20_000;

/** What a state is made with. */
export interface StateOptions extends BudgetOptions {
  /** How deep calls may be nested until "stack overflow". */
  readonly maxDepth?: number;
}

/** Where a chunk finds global variables. */
export interface ChunkWorld {
  readonly globals: LuaTable;
  /**
   * Those that may be taken to stay as they are: functions of this table, and of read-only tables in it,
   * are looked up when the chunk is compiled if the table is read-only. Without it, `globals`.
   */
  readonly known?: LuaTable;
}

/** How a run stands: finished with values, failed, or paused until `resume`. */
export type RunOutcome =
  | { readonly kind: "done"; readonly values: readonly LuaValue[] }
  | { readonly kind: "failed"; readonly error: LuaError }
  | { readonly kind: "killed"; readonly kill: LuaKill }
  | { readonly kind: "paused" };

const PAUSED_OUTCOME: RunOutcome = { kind: "paused" };

/** The registers of the machine while another state, or none, has it. */
interface Registers {
  thread: Thread;
  stringMeta: LuaTable | null;
  budget: Limits | null;
  units: number;
  nestedDrivers: number;
  maxDepth: number;
}

/** See above. A state runs one script at a time. */
export class LuaState {
  /** The global variables. */
  readonly globals: LuaTable = new LuaTable();
  readonly budget: Budget;
  /** The metatable that all strings share. */
  stringMeta: LuaTable | null = null;
  readonly #maxDepth: number;
  /** The main thread of the run that is paused, and the thread that it waits for. */
  #base: Thread | null = null;
  #current: Thread | null = null;
  #isRunning = false;

  constructor(options: StateOptions = {}) {
    this.budget = new Budget(options);
    this.#maxDepth = options.maxDepth ?? DEFAULT_DEPTH;
  }

  /**
   * Compiles a chunk; throws a LuaError with Lua's own text if it is none, or a LuaKill if there is not
   * enough memory for it. `world`: where it finds global variables, if not in the state's.
   */
  compile(text: string, chunkName: string, world: ChunkWorld = this): LuaFunction {
    const { globals, known = globals } = world;
    if (this.#isRunning) return compileChunk(text, chunkName, globals, 0, known);
    const saved = this.#takeMachine(machine.thread);
    try {
      this.budget.startRun();
      this.budget.startSlice();
      return compileChunk(text, chunkName, globals, 0, known);
    } finally {
      restoreMachine(saved);
    }
  }

  /** Makes a function of the host a global variable. */
  register(name: string, code: PlainCode): LuaFunction {
    const value = hostFunction(name, code);
    this.globals.set(name, value);
    return value;
  }

  /** Whether a run waits for `resume`. */
  get isPaused(): boolean {
    return this.#base !== null && !this.#isRunning;
  }

  /** Runs a function until it ends or its time slice does. */
  run(callee: LuaFunction, ...args: LuaValue[]): RunOutcome {
    if (this.#base !== null) throw new Error("the state runs already");
    const base = new Thread(null);
    base.status = "running";
    this.budget.startRun();
    return this.#enter(base, base, () => {
      if (callee.paced === null) return callee.plain!(...args);
      pushSegment(base, callee, args);
      return drive(base, 0, undefined, undefined);
    });
  }

  /** Goes on with what is paused. */
  resume(): RunOutcome {
    return this.#continue(undefined);
  }

  /** Ends what is paused; no `pcall` of the script notices. */
  kill(reason: string): RunOutcome {
    return this.#continue(new LuaKill(reason));
  }

  #continue(failure: LuaKill | undefined): RunOutcome {
    const base = this.#base, current = this.#current;
    if (base === null || current === null || this.#isRunning) throw new Error("nothing is paused");
    return this.#enter(base, current, () => drive(base, 0, undefined, failure));
  }

  #enter(base: Thread, current: Thread, code: () => LuaResult | typeof PAUSED): RunOutcome {
    const saved = this.#takeMachine(current);
    this.#base = base;
    this.#isRunning = true;
    let isPaused = false;
    try {
      this.budget.startSlice();
      const result = code();
      if (result === PAUSED) {
        isPaused = true;
        this.#current = machine.thread;
        return PAUSED_OUTCOME;
      }
      return { kind: "done", values: all(result as LuaResult) };
    } catch (thrown) {
      if (thrown instanceof LuaKill) return { kind: "killed", kill: thrown };
      const error = caught(thrown);
      settleWithoutPosition(error);
      return { kind: "failed", error };
    } finally {
      this.#isRunning = false;
      if (!isPaused) this.#base = this.#current = null;
      restoreMachine(saved);
    }
  }

  #takeMachine(thread: Thread): Registers {
    const { budget, units, nestedDrivers, maxDepth } = machine;
    const { metatable: stringMeta } = strings;
    const saved = { thread: machine.thread, stringMeta, budget, units, nestedDrivers, maxDepth };
    machine.thread = thread;
    strings.metatable = this.stringMeta;
    machine.budget = this.budget;
    machine.nestedDrivers = 0;
    machine.maxDepth = this.#maxDepth;
    return saved;
  }
}

function restoreMachine(saved: Registers): void {
  machine.thread = saved.thread;
  strings.metatable = saved.stringMeta;
  machine.budget = saved.budget;
  machine.units = saved.units;
  machine.nestedDrivers = saved.nestedDrivers;
  machine.maxDepth = saved.maxDepth;
}
