/** Generic `for` over a table with the library's own iterators, without a call for each turn. */

import { hostFunction, type LuaFunction, NOTHING } from "./function.ts";
import { argumentError, type LuaError } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { LuaTable } from "./table.ts";
import { type LuaValue, typeName } from "./values.ts";

/** Where a traversal stands. */
export class Cursor {
  key: LuaValue = undefined;
  value: LuaValue = undefined;
  #position = 0;
  #nodes: LuaValue[];
  #arraySize: number;
  readonly #table: LuaTable;
  readonly #counts: boolean;

  constructor(table: LuaTable, counts: boolean) {
    this.#table = table;
    this.#counts = counts;
    this.#nodes = table.nodes;
    this.#arraySize = table.arraySize;
  }

  /** Goes to the next key and value; false at the end. */
  advance(): boolean {
    const table = this.#table;
    if (this.#counts) {
      const value = table.getNumber(++this.#position);
      if (value === undefined) return false;
      this.key = this.#position;
      this.value = value;
      return true;
    }
    if (table.nodes !== this.#nodes || table.arraySize !== this.#arraySize) {
      // The table was rehashed: the last key stands elsewhere, or nowhere.
      this.#position = table.positionOf(this.key);
      this.#nodes = table.nodes;
      this.#arraySize = table.arraySize;
    }
    const position = this.#position = table.nextPosition(this.#position);
    if (position === 0) return false;
    this.key = table.keyAt(position);
    this.value = table.valueAt(position);
    return true;
  }
}

/** `next`. */
export const NEXT: LuaFunction = hostFunction("next", (...args) => {
  const [table, key] = args;
  if (!(table instanceof LuaTable)) throw tableExpected(args);
  const position = table.nextPosition(table.positionOf(key));
  return position === 0 ? undefined : [table.keyAt(position), table.valueAt(position)];
});

/** What `ipairs` returns to be called. */
export const NEXT_ELEMENT: LuaFunction = hostFunction("ipairs_aux", (...args) => {
  const [table, index] = args;
  if (!(table instanceof LuaTable)) throw tableExpected(args);
  const next = (index as number) + 1;
  const value = table.getNumber(next);
  return value === undefined ? NOTHING : [next, value];
});

function tableExpected(args: readonly LuaValue[]): LuaError {
  return argumentError(
    1,
    `table expected, got ${args.length === 0 ? "no value" : typeName(args[0])}`,
  );
}

/**
 * A cursor for the three values of a generic `for`, or null if they must be called. A call of an iterator
 * counts as one through a host function.
 */
export function cursorFor(iterator: LuaValue, state: LuaValue, control: LuaValue): Cursor | null {
  machine.enterHostCall(1);
  machine.thread.hostCalls--;
  if (!(state instanceof LuaTable)) return null;
  if (iterator === NEXT && control === undefined) return new Cursor(state, false);
  return iterator === NEXT_ELEMENT && control === 0 ? new Cursor(state, true) : null;
}
