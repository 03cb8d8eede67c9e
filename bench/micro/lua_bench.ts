/** What Lua costs: `deno bench -A bench/micro/lua_bench.ts`. */

import {
  hostFunction,
  LuaState,
  LuaTable,
  makeLibrary,
  openStandardLibraries,
} from "../../src/lua/mod.ts";
import { makeCjson } from "../../src/lua/libraries/mod.ts";

const state = new LuaState();
openStandardLibraries(state);
const { globals } = state;
globals.set("cjson", makeCjson());
globals.set("redis", makeLibrary({ call: hostFunction("call", (...args) => args.length) }));
globals.set("KEYS", LuaTable.ofArray([undefined, "key"]));
for (let at = globals.nextPosition(0); at !== 0; at = globals.nextPosition(at)) {
  const value = globals.valueAt(at);
  if (value instanceof LuaTable && value !== globals.get("KEYS")) value.readonly = true;
}
globals.readonly = true;

/** Measures a chunk that is compiled once. */
function benchRun(name: string, text: string): void {
  const main = state.compile(text, "@bench");
  Deno.bench(name, { group: "run" }, () => {
    const outcome = state.run(main);
    if (outcome.kind !== "done") throw new Error(`${name}: ${outcome.kind}`);
  });
}

benchRun("one host call", "return redis.call('incr', KEYS[1])");
benchRun("1,000 host calls", "for i = 1, 1000 do redis.call('get', KEYS[1]) end");
benchRun("10^6 turns of arithmetic", "local s = 0 for i = 1, 1e6 do s = s + i * 2 end return s");
benchRun(
  "fib(20)",
  "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(20)",
);
benchRun(
  "10,000 pieces of a string",
  "local p = {} for i = 1, 10000 do p[#p + 1] = 'item' .. i end return #table.concat(p)",
);
benchRun(
  "sort 10,000 numbers",
  "local t, x = {}, 42 for i = 1, 10000 do x = (x * 1103515245 + 12345) % 2147483648 t[i] = x end table.sort(t)",
);
const RECORDS =
  "local t = {} for i = 1, 100 do t[i] = {id = i, name = 'item' .. i, tags = {'a', 'b'}} end ";
benchRun("cjson.encode 100 records", `${RECORDS} return #cjson.encode(t)`);
benchRun("cjson.decode 100 records", `${RECORDS} return #cjson.decode(cjson.encode(t))`);

const STATEMENT = `local current = redis.call('zcount', KEYS[1], 10, 20)
if current < 10 then
  redis.call('zadd', KEYS[1], 10, 10 .. ':' .. current)
  return {1, 10 - current - 1}
end
`;
let number = 0;
for (const statements of [1, 4, 40]) {
  const body = `do ${STATEMENT} end\n`.repeat(statements);
  Deno.bench(`compile ${body.length} bytes`, { group: "compile" }, () => {
    state.compile(`${body}-- ${++number}`, "@bench");
  });
}
