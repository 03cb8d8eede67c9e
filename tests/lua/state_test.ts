/** The interface that a program embeds Lua with. */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  argumentError,
  callNow,
  LuaError,
  luaError,
  LuaFunction,
  LuaState,
  LuaTable,
  LuaUserdata,
  type LuaValue,
  NOTHING,
  openStandardLibraries,
} from "../../src/lua/mod.ts";
import { generateCode } from "../../src/lua/compiler/compile.ts";

function makeState(): LuaState {
  const state = new LuaState();
  openStandardLibraries(state);
  return state;
}

function run(state: LuaState, text: string, ...args: LuaValue[]): readonly LuaValue[] {
  const outcome = state.run(state.compile(text, "@script"), ...args);
  if (outcome.kind === "failed") throw outcome.error;
  assertEquals(outcome.kind, "done");
  return outcome.kind === "done" ? outcome.values : [];
}

Deno.test("run passes arguments and gives all results when the script returns several", () => {
  const state = makeState();
  assertEquals(run(state, "return ...", 1, undefined, "x"), [1, undefined, "x"]);
  assertEquals(run(state, "return select('#', ...)", undefined), [1]);
  assertEquals(run(state, "return"), []);
  assertEquals(run(state, "return nil"), [undefined]);
});

Deno.test("host functions are called when a script knows their names", () => {
  const state = makeState();
  state.register("none", () => NOTHING);
  state.register("one", (value) => value);
  state.register("several", () => [1, undefined, 3]);
  state.register("count", (...args) => args.length);
  assertEquals(
    run(state, "return select('#', none()), select('#', one()), select('#', several())"),
    [0, 1, 3],
  );
  assertEquals(run(state, "return count(), count(nil), count(several())"), [0, 1, 3]);
});

Deno.test("errors of host functions have positions and names when they ask for them", () => {
  const state = makeState();
  state.register("fail", () => {
    throw luaError("broken");
  });
  state.register("refuse", () => {
    throw argumentError(2, "too large");
  });
  state.register("object", () => {
    throw new LuaError(LuaTable.ofArray([undefined, 7]));
  });
  assertEquals(run(state, "return pcall(function()\nfail() end)"), [false, "script:2: broken"]);
  assertEquals(run(state, "return select(2, pcall(function() refuse() end))"), [
    "script:1: bad argument #2 to 'refuse' (too large)",
  ]);
  assertEquals(run(state, "local r = refuse return select(2, pcall(function() r() end))"), [
    "script:1: bad argument #2 to 'r' (too large)",
  ]);
  assertEquals(run(state, "local ok, e = pcall(object) return e[1]"), [7]);
});

Deno.test("a failed run says where when the error is not caught", () => {
  const state = makeState();
  const outcome = state.run(
    state.compile("local t\n\nlocal function f()\n error({})\nend\nf()", "@script"),
  );
  if (outcome.kind !== "failed") throw new Error(outcome.kind);
  assertEquals([outcome.error.chunk, outcome.error.line], ["@script", 4]);
  assertEquals(outcome.error.text, "(error object is not a string)");
});

Deno.test("compile throws Lua's text when the text is no chunk", () => {
  const error = assertThrows(() => makeState().compile("x =", "@script"));
  assert(error as unknown instanceof LuaError);
  assertEquals((error as unknown as LuaError).text, "script:1: unexpected symbol near '<eof>'");
});

Deno.test("callNow runs functions of the script when the host has callbacks", () => {
  const state = makeState();
  state.register("twice", (callback, value) => {
    if (!(callback instanceof LuaFunction)) throw argumentError(1, "function expected");
    const once = callNow(callback, value) as LuaValue;
    return callNow(callback, once);
  });
  assertEquals(
    run(
      state,
      "return twice(function(n) local s = 0 for i = 1, n do s = s + i end return s end, 3)",
    ),
    [21],
  );
});

Deno.test("globals are protected when they are read-only, but not from the host", () => {
  const state = makeState();
  state.globals.readonly = true;
  state.globals.set("KEYS", "host");
  assertEquals(run(state, "return KEYS, pcall(function() KEYS = 1 end)"), [
    "host",
    false,
    "script:1: Attempt to modify a readonly table",
  ]);
  const f = state.compile("return KEYS", "@script");
  state.globals.set("KEYS", "other");
  const outcome = state.run(f);
  assertEquals(outcome.kind === "done" && outcome.values, ["other"]);
});

Deno.test("userdata is opaque when a script holds it", () => {
  const state = makeState();
  state.globals.set("null", new LuaUserdata("(nil)"));
  assertEquals(
    run(
      state,
      "return type(null), tostring(null), null == null, pcall(function() return null.x end)",
    ),
    [
      "userdata",
      "userdata: (nil)",
      true,
      false,
      "script:1: attempt to index global 'null' (a userdata value)",
    ],
  );
});

Deno.test("random starts again when it is seeded", () => {
  const state = new LuaState();
  const { random } = openStandardLibraries(state);
  random.seed(0);
  const first = run(state, "return math.random(), math.random(100)");
  random.seed(0);
  assertEquals(run(state, "return math.random(), math.random(100)"), first);
});

Deno.test("chunks share their code when they differ in strings and passed numbers alone", () => {
  const { globals } = new LuaState();
  const codeOf = (text: string) => generateCode(text, "=x", globals).code;
  const code = codeOf("return call('set', 'key:1', 5, {1, x = 'y'})");
  assertEquals(codeOf("return call('get', 'key:\\0', 7.5, {2, x = ''})"), code);
  assertNotEquals(codeOf("return call('get', 'get', 7.5, {2, x = ''})"), code);
  const numbers = codeOf("return -0 .. 1, 0, 2 + 3 * x");
  assertNotEquals(codeOf("return -0 .. 1, 0, 2 + 4 * x"), numbers);
});

Deno.test("a chunk has its own strings and numbers when it shares its code", () => {
  const state = makeState();
  assertEquals(run(state, "return 'a', 1, {'x'} == 1, 'a'"), ["a", 1, false, "a"]);
  assertEquals(run(state, "return 'b', 2, {'y'} == 1, 'b'"), ["b", 2, false, "b"]);
  const many = (of: string) =>
    `local t = {${Array.from({ length: 150 }, (_, i) => `'${of} ${i}', ${i + 7}`)}} ` +
    "return t[1], t[299], t[300]";
  assertEquals(run(state, many("text")), ["text 0", "text 149", 156]);
  assertEquals(run(state, many("word")), ["word 0", "word 149", 156]);
});
