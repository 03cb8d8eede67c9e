/** Tables as the host uses them. */

import { assertEquals, assertThrows } from "@std/assert";
import { LuaTable, type LuaValue } from "../../src/lua/mod.ts";
import { hashString } from "../../src/lua/runtime/string_hash.ts";
import { arraySizeFor, ceilLog2, countKey } from "../../src/lua/runtime/table_sizes.ts";

function entries(table: LuaTable): [LuaValue, LuaValue][] {
  const list: [LuaValue, LuaValue][] = [];
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
    list.push([table.keyAt(at), table.valueAt(at)]);
  }
  return list;
}

Deno.test("table gives what was set when keys are of all kinds", () => {
  const table = new LuaTable(), key = new LuaTable();
  const keys: LuaValue[] = [1, 2, 1.5, -1, 0, 2 ** 53, Infinity, "a", "", true, false, key];
  keys.forEach((name, i) => table.set(name, i));
  assertEquals(keys.map((name) => table.get(name)), keys.map((_, i) => i));
  assertEquals(entries(table).length, keys.length);
  assertEquals(table.get(undefined), undefined);
  assertEquals(table.get(NaN), undefined);
  assertEquals(table.get(-0), 4);
});

Deno.test("table agrees with a Map when random keys come and go", () => {
  for (let seed = 1; seed <= 50; seed++) {
    let state = seed;
    const below = (limit: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor(state / 65536) % limit;
    };
    const table = new LuaTable(), model = new Map<LuaValue, LuaValue>();
    for (let i = 0; i < 300; i++) {
      const key = below(2) === 0 ? below(40) : `k${below(40)}`;
      const value = below(3) === 0 ? undefined : i;
      if (below(2) === 0 || typeof key === "number") table.set(key, value);
      else table.setString(key, hashString(key), value);
      if (value === undefined) model.delete(key);
      else model.set(key, value);
    }
    assertEquals(new Map(entries(table)), model);
    for (const [key, value] of model) {
      assertEquals(table.get(key), value);
      if (typeof key === "string") assertEquals(table.getString(key, hashString(key)), value);
    }
    const border = table.length();
    assertEquals(border === 0 || table.get(border) !== undefined, true);
    assertEquals(table.get(border + 1), undefined);
  }
});

Deno.test("length finds the end when elements are appended and removed", () => {
  const table = new LuaTable();
  for (let i = 1; i <= 1000; i++) {
    table.set(table.length() + 1, i);
    assertEquals(table.length(), i);
  }
  for (let i = 1000; i > 0; i--) {
    table.set(i, undefined);
    assertEquals(table.length(), i - 1);
  }
});

Deno.test("set refuses keys when they are nil or NaN", () => {
  const table = new LuaTable();
  assertThrows(() => table.set(undefined, 1));
  assertThrows(() => table.set(NaN, 1));
  assertThrows(() => table.positionOf("absent"));
});

Deno.test("ofArray takes elements over when some are nil", () => {
  const table = LuaTable.ofArray([undefined, 1, undefined, 3, undefined]);
  assertEquals(entries(table), [[1, 1], [3, 3]]);
  assertEquals(LuaTable.ofArray([undefined]).length(), 0);
});

Deno.test("sizes are Lua's when a table is rehashed", () => {
  assertEquals([1, 2, 3, 4, 5, 8, 9, 1024, 1025].map(ceilLog2), [0, 1, 2, 2, 3, 3, 4, 10, 11]);
  const counts = new Array<number>(27).fill(0);
  const keys = [1, 2, 3, 5, 100, 0, -1, 1.5, "x"];
  const inArray = keys.reduce<number>((sum, key) => sum + countKey(key, counts), 0);
  assertEquals(inArray, 5);
  assertEquals(arraySizeFor(counts, inArray), { size: 4, used: 3 });
});
