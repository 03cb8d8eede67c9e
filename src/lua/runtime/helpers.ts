/** All that generated code may use: it sees these names and nothing else of JavaScript. */

import { add, divide, lengthOf, modulo, moduloNumbers, multiply, negate } from "./arithmetic.ts";
import { power, powerNumbers, subtract, toNumber } from "./arithmetic.ts";
import { callIterator, enter0, enter1, enter2, enter3, goOn } from "./calls.ts";
import { equal, isTrue, less, lessOrEqual } from "./comparison.ts";
import { concat, concatAll } from "./concatenation.ts";
import { cursorFor } from "./cursors.ts";
import { enter, enterTail } from "./driver.ts";
import { unwind } from "./frames.ts";
import { all, first, LuaFunction, NOTHING } from "./function.ts";
import { index, indexName, setIndex, setName } from "./indexing.ts";
import { siteError } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { callee } from "./metatables.ts";
import { LuaTable } from "./table.ts";
import type { LuaValue } from "./values.ts";

const LOOP_PARTS = ["initial", "limit", "step"];

/** A part of a numeric `for`, which must be a number or read as one. */
function loopNumber(value: LuaValue, part: number, site: number): number {
  const number = toNumber(value);
  if (number !== undefined) return number;
  const name = part === 0 ? "'for' initial value" : `'for' ${LOOP_PARTS[part]}`;
  throw siteError(site, `${name} must be a number`);
}

function newTable(arraySize: number, hashSize: number): LuaTable {
  return new LuaTable(arraySize, hashSize);
}

/** The table of a constructor without keys. */
function arrayTable(array: LuaValue[], hint: number): LuaTable {
  if (array.length > 32) machine.reserve(array.length * 8);
  return LuaTable.ofArray(array, Math.max(hint, array.length - 1));
}

/** Stores elements of a constructor after those that it has stored. */
function fillTable(table: LuaTable, stored: number, values: readonly LuaValue[]): void {
  const last = stored + values.length;
  if (last > table.arraySize) table.resizeArray(last);
  for (let i = 0; i < values.length; i++) table.setNumber(stored + i + 1, values[i]);
}

/** The table `arg` of old programs. */
function argTable(values: readonly LuaValue[]): LuaTable {
  const table = new LuaTable(values.length, 1);
  values.forEach((value, i) => table.setNumber(i + 1, value));
  table.set("n", values.length);
  return table;
}

function swapless(a: LuaValue, b: LuaValue, site: number): boolean {
  return less(b, a, site);
}

function swaplessOrEqual(a: LuaValue, b: LuaValue, site: number): boolean {
  return lessOrEqual(b, a, site);
}

/** See above. */
export const helpers = {
  add,
  all,
  argTable,
  Array,
  arrayTable,
  callee,
  callIterator,
  concat,
  concatAll,
  cursorFor,
  divide,
  enter,
  enter0,
  enter1,
  enter2,
  enter3,
  enterTail,
  equal,
  fillTable,
  first,
  goOn,
  index,
  indexName,
  isTrue,
  lengthOf,
  less,
  lessOrEqual,
  loopNumber,
  LuaFunction,
  modulo,
  moduloNumbers,
  multiply,
  negate,
  newTable,
  NOTHING,
  power,
  powerNumbers,
  setIndex,
  setName,
  subtract,
  swapless,
  swaplessOrEqual,
  unwind,
};
