/** Calls that are nested deep, and what the stack of JavaScript still holds then. */

import { assert, assertEquals } from "@std/assert";
import { LuaError, type LuaState, type LuaValue } from "../../src/lua/mod.ts";
import { makeRedisState } from "./support/redis_environment.ts";

function run(state: LuaState, text: string): readonly LuaValue[] {
  const outcome = state.run(state.compile(text, "@s"));
  if (outcome.kind === "failed") throw new Error(outcome.error.text);
  assertEquals(outcome.kind, "done");
  return outcome.kind === "done" ? outcome.values : [];
}

const DEEP = "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end ";

/** How many more frames of a simple function the stack has room for. */
function room(): number {
  try {
    return 1 + room();
  } catch {
    return 0;
  }
}

Deno.test("recursion works when it is 15,000 calls deep", () => {
  assertEquals(run(makeRedisState(), `${DEEP} return f(15000)`), [15000]);
  const inside = `${DEEP} return coroutine.wrap(function() return f(15000) end)()`;
  assertEquals(run(makeRedisState(), inside), [15000]);
  const method =
    "local o = {} function o:f(n) if n == 0 then return 0 end local r = self:f(n - 1) return r + 1 end return o:f(15000)";
  assertEquals(run(makeRedisState(), method), [15000]);
  const protectedly = `${DEEP} local ok, n = pcall(f, 15000) return n`;
  assertEquals(run(makeRedisState(), protectedly), [15000]);
});

Deno.test("recursion without end is a stack overflow that pcall catches", () => {
  const [ok, message] = run(makeRedisState(), `${DEEP} return pcall(f, 1e9)`);
  assertEquals([ok, message], [false, "s:1: stack overflow"]);
});

const NESTINGS: { readonly [name: string]: string } = {
  "__index":
    "local t t = setmetatable({}, {__index = function(_, k) if k == 0 then return room() end local function g(n) if n == 0 then return t[k - 1] end local r = g(n - 1) return r end return g(7) end}) return t[190]",
  "plain __index":
    "local t t = setmetatable({}, {__index = function(_, k) return k == 0 and room() or t[k - 1] end}) return t[195]",
  "gsub":
    "local function f(n) if n == 0 then return room() end local r string.gsub('a', 'a', function() r = f(n - 1) end) return r end return f(95)",
  "sort":
    "local function f(n) if n == 0 then return room() end local r table.sort({1, 2}, function() r = r or f(n - 1) return true end) return r end return f(95)",
  "tostring":
    "local function f(n) if n == 0 then return room() end local r tostring(setmetatable({}, {__tostring = function() r = f(n - 1) return '' end})) return r end return f(95)",
};

for (const [what, text] of Object.entries(NESTINGS)) {
  Deno.test(`the host has room on the stack when ${what} is nested as deep as it can`, () => {
    const state = makeRedisState();
    state.globals.readonly = false;
    state.register("room", () => room());
    const whole = room();
    const [left] = run(state, text);
    assert(left as number > whole / 5, `${left} frames of ${whole} are left`);
  });
}

Deno.test("calls through host functions are limited when they are nested", () => {
  const text =
    "local t t = setmetatable({}, {__index = function(_, k) return t[k + 1] end}) return pcall(function() return t[1] end)";
  assertEquals(run(makeRedisState(), text), [false, "s:1: C stack overflow"]);
});

Deno.test("cjson refuses what is nested too deep when its own limits are lifted", () => {
  const lift = "cjson.encode_max_depth(1e6) cjson.decode_max_depth(1e6) ";
  const encode = "local t = {} for i = 1, 1e5 do t = {t} end return pcall(cjson.encode, t)";
  const [ok, message] = run(makeRedisState(), lift + encode);
  assertEquals(ok, false);
  assert(String(message).includes("excessive nesting"), String(message));
  const [decoded] = run(makeRedisState(), `${lift} return pcall(cjson.decode, ('['):rep(1e5))`);
  assertEquals(decoded, false);
  const [unpacked] = run(makeRedisState(), "return pcall(cmsgpack.unpack, ('\\145'):rep(1e5))");
  assertEquals(unpacked, false);
});

Deno.test("compile refuses nested syntax when V8's own parser would overflow", () => {
  const state = makeRedisState();
  for (const n of [190, 250, 5000, 100_000]) {
    const texts = [
      "(".repeat(n) + "1" + ")".repeat(n),
      "{".repeat(n) + "}".repeat(n),
      "not ".repeat(n) + "1",
      "- ".repeat(n) + "1",
      "f(".repeat(n) + ")".repeat(n),
      "a..".repeat(n) + "a",
      "a^".repeat(n) + "a",
      "a[".repeat(n) + "1" + "]".repeat(n),
      "function() return ".repeat(n >> 1) + "1" + " end".repeat(n >> 1),
    ];
    for (const text of texts) {
      let message = "";
      try {
        state.compile(`local x = ${text}`, "@s");
      } catch (error) {
        if (!(error instanceof LuaError)) throw error;
        message = error.text;
      }
      assertEquals(
        message,
        n < 200 ? "" : "s:1: chunk has too many syntax levels",
        text.slice(0, 9),
      );
    }
  }
});

Deno.test("compile takes chains when they are long", () => {
  const state = makeRedisState();
  const n = 20_000;
  const chains = [
    "local a = 1 return a" + "+a".repeat(n),
    "local a = 1 return 1" + "+1".repeat(n),
    "local a = true return a" + " and a".repeat(n),
    "local a = false return a" + " or a".repeat(n) + " or 7",
    "local a = 1 if a == 2 then" + " elseif a == 2 then".repeat(n) + " else return 7 end",
    "local a = {} a.a = a return a" + ".a".repeat(n) + " == a",
    "local a = {} a.a = a return a" + "['a']".repeat(n) + " == a",
    "local function f() end f = setmetatable({}, {__call = function(s) return s end}) return f" +
    "()".repeat(2000) + " == f",
    "return #{" + "1,".repeat(n) + "}",
    "local t = {" + "a=1,".repeat(n) + "} return t.a",
    "local x " + "x = 1 ".repeat(n) + " return x",
    "local a = 1 if a" + " and a".repeat(n) + " then return 7 end",
  ];
  const results = chains.map((text) => run(state, text)[0]);
  assertEquals(results, [n + 1, n + 1, true, 7, 7, true, true, true, n, 1, 1, 7]);
});
