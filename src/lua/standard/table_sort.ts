/** `table.sort`: Lua's own quicksort, so that invalid orders give the same results and errors. */

import { callNow } from "../runtime/driver.ts";
import { isTrue, less } from "../runtime/comparison.ts";
import { first, type LuaFunction, NOTHING } from "../runtime/function.ts";
import { luaError, NO_SITE } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import { type Args, functionAt, tableAt } from "./arguments.ts";
import { checkWritable } from "./base_library.ts";

/** Sorts a table in place, by a function if there is one. */
export function sort(args: Args): LuaResult {
  const table = tableAt(args, 0);
  const length = table.length();
  const comparator = args[1] === undefined ? null : functionAt(args, 1);
  if (length > 1) checkWritable(table);
  new Sorter(table, comparator).sort(1, length);
  return NOTHING;
}

class Sorter {
  readonly #table: LuaTable;
  readonly #comparator: LuaFunction | null;

  constructor(table: LuaTable, comparator: LuaFunction | null) {
    this.#table = table;
    this.#comparator = comparator;
  }

  #isLess(a: LuaValue, b: LuaValue): boolean {
    const comparator = this.#comparator;
    if (comparator !== null) return isTrue(first(callNow(comparator, a, b)));
    return typeof a === "number" && typeof b === "number" ? a < b : less(a, b, NO_SITE);
  }

  #get(at: number): LuaValue {
    return this.#table.getNumber(at);
  }

  #set(at: number, a: LuaValue, other: number, b: LuaValue): void {
    this.#table.setNumber(at, a);
    this.#table.setNumber(other, b);
  }

  /** auxsort: elements `low` to `high`. */
  sort(low: number, high: number): void {
    while (low < high) {
      machine.spend(high - low >> 2);
      let a = this.#get(low), b = this.#get(high);
      if (this.#isLess(b, a)) this.#set(low, b, high, a);
      if (high - low === 1) return;
      const middle = (low + high) >> 1;
      a = this.#get(middle);
      b = this.#get(low);
      if (this.#isLess(a, b)) {
        this.#set(middle, b, low, a);
      } else {
        b = this.#get(high);
        if (this.#isLess(b, a)) this.#set(middle, b, high, a);
      }
      if (high - low === 2) return;
      const pivot = this.#get(middle);
      this.#set(middle, this.#get(high - 1), high - 1, pivot);
      const split = this.#partition(low, high, pivot);
      // The smaller part is sorted by recursion, the larger one by going on.
      let from: number, to: number;
      if (split - low < high - split) {
        from = low;
        to = split - 1;
        low = split + 1;
      } else {
        from = split + 1;
        to = high;
        high = split - 1;
      }
      this.sort(from, to);
    }
  }

  #partition(low: number, high: number, pivot: LuaValue): number {
    let i = low, j = high - 1;
    for (;;) {
      let a = this.#get(++i);
      while (this.#isLess(a, pivot)) {
        if (i > high) throw luaError("invalid order function for sorting");
        a = this.#get(++i);
      }
      let b = this.#get(--j);
      while (this.#isLess(pivot, b)) {
        if (j < low) throw luaError("invalid order function for sorting");
        b = this.#get(--j);
      }
      if (j < i) break;
      this.#set(i, b, j, a);
    }
    const a = this.#get(high - 1), b = this.#get(i);
    this.#set(high - 1, b, i, a);
    return i;
  }
}
