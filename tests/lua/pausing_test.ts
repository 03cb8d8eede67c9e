/** Scripts that pause, go on and are killed. */

import { assert, assertEquals } from "@std/assert";
import {
  hostFunction,
  type LuaState,
  type LuaValue,
  OUT_OF_STEPS,
  type RunOutcome,
  TOO_LONG_UNPAUSED,
} from "../../src/lua/mod.ts";
import { makeRedisState } from "./support/redis_environment.ts";

/** A clock that the test moves: each look at it costs a millisecond. */
class TestClock {
  milliseconds = 0;
  readonly now = () => ++this.milliseconds;
}

function start(text: string, options = {}): { state: LuaState; outcome: RunOutcome } {
  const state = makeRedisState({
    now: new TestClock().now,
    sliceMilliseconds: 5,
    unpausableMilliseconds: 50,
    ...options,
  });
  return { state, outcome: state.run(state.compile(text, "@user_script")) };
}

function values(outcome: RunOutcome): readonly LuaValue[] {
  assertEquals(outcome.kind, "done");
  return outcome.kind === "done" ? outcome.values : [];
}

/** Resumes until the run ends; how often it paused. */
function finish(state: LuaState, first: RunOutcome): { pauses: number; outcome: RunOutcome } {
  let outcome = first, pauses = 0;
  while (outcome.kind === "paused") {
    pauses++;
    outcome = state.resume();
  }
  return { pauses, outcome };
}

const LONG: { readonly [name: string]: string } = {
  "a for loop": "local s = 0 for i = 1, 1e6 do s = s + i end return s",
  "a while loop": "local i = 0 while i < 1e6 do i = i + 1 end return 500000500000",
  "a repeat loop": "local i = 0 repeat i = i + 1 until i == 1e6 return 500000500000",
  "a generic for": "local s = 0 local t = {} for i = 1, 1e6 do t[i] = i end " +
    "for _, v in pairs(t) do s = s + v end return s",
  "an iterator":
    "local s = 0 for i in function(m, i) if i < m then return i + 1 end end, 1e6, 0 do " +
    "s = s + i end return s",
  "nested loops":
    "local s = 0 for i = 1, 1000 do for j = 1, 1000 do s = s + i end end return s * 1000000 / 1000000 + 1000 * 500 - 500500000 + 500000500000 - 500000",
  "recursion": "local function f(n) if n == 0 then return 0 end return n + f(n - 1) end " +
    "local s for i = 1, 50 do s = f(10000) end return s - 50005000 + 500000500000",
  "tail calls":
    "local function f(n, s) if n == 0 then return s end return f(n - 1, s + n) end return f(1e6, 0)",
  "a coroutine": "local co = coroutine.wrap(function() local s = 0 for i = 1, 1e6 do s = s + i " +
    "if i % 1000 == 0 then coroutine.yield() end end return s end) local r repeat r = co() until r return r",
  "pcall":
    "local ok, s = pcall(function() local s = 0 for i = 1, 1e6 do s = s + i end return s end) return s",
  "closures in a loop":
    "local fs, s = {}, 0 for i = 1, 1e6 do local f = function() return i end s = s + f() end return s",
};

for (const [what, text] of Object.entries(LONG)) {
  Deno.test(`run pauses and resume finishes when ${what} takes long`, () => {
    const { state, outcome } = start(text);
    const end = finish(state, outcome);
    assert(end.pauses > 1, `${end.pauses} pauses`);
    assertEquals(values(end.outcome), [500000500000]);
    assert(!state.isPaused);
  });
}

const ENDLESS: { readonly [name: string]: string } = {
  "a loop": "while true do end",
  "an empty for": "for i = 1, math.huge do end",
  "recursion": "local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(100)",
  "tail calls": "local function f() return f() end return f()",
  "a coroutine": "coroutine.wrap(function() while true do end end)()",
  "pcall": "while true do pcall(function() while true do end end) end",
  "nested pcalls": "local function f() pcall(f) pcall(f) return f() end f()",
  "xpcall": "xpcall(function() error('x') end, function() while true do end end)",
  "coroutines that yield":
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
  "an iterator": "for i in function() return 1 end do end",
};

for (const [what, text] of Object.entries(ENDLESS)) {
  Deno.test(`kill ends ${what} that loops for ever`, () => {
    const { state, outcome } = start(text);
    assertEquals(outcome.kind, "paused");
    assertEquals(state.resume().kind, "paused");
    const end = state.kill("Script killed by user");
    assertEquals(end.kind, "killed");
    if (end.kind !== "killed") return;
    assertEquals([end.kill.reason, end.kill.chunk, end.kill.line], [
      "Script killed by user",
      "@user_script",
      1,
    ]);
    assert(!state.isPaused);
    assertEquals(values(state.run(state.compile("return 1", "@user_script"))), [1]);
  });
}

const UNPAUSABLE: { readonly [name: string]: string } = {
  "a metamethod": "return setmetatable({}, {__index = function() while true do end end}).x",
  "a metamethod in pcall":
    "while true do pcall(function() return setmetatable({}, {__add = function() while true do end end}) + 1 end) end",
  "a comparator": "table.sort({1, 2, 3}, function() while true do end end)",
  "a replacement function": "string.gsub('aaa', 'a', function() while true do end end)",
  "tostring": "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
  "table.foreach": "table.foreach({1}, function() while true do end end)",
  "a pattern":
    "string.find(string.rep('a', 5000), string.rep('a?', 40) .. string.rep('a*', 40) .. 'b')",
  "load": "load(function() return 'x = 1 ' end)",
  "table.insert at a place far below": "table.insert({}, -2147483648, 1)",
  "recursion in a metamethod":
    "local t t = setmetatable({}, {__index = function(_, k) local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(100) end}) return t.x",
};

for (const [what, text] of Object.entries(UNPAUSABLE)) {
  Deno.test(`the budget ends ${what} that takes too long`, () => {
    const { state, outcome } = start(text, { stringLimit: 1 << 28 });
    const end = finish(state, outcome).outcome;
    assertEquals(end.kind, "killed");
    if (end.kind === "killed") assertEquals(end.kill.reason, TOO_LONG_UNPAUSED);
  });
}

Deno.test("run ends a script when its steps are used up", () => {
  const { outcome } = start("while true do end", {
    sliceMilliseconds: Infinity,
    stepLimit: 1_000_000,
  });
  assertEquals(outcome.kind, "killed");
  if (outcome.kind === "killed") assertEquals(outcome.kill.reason, OUT_OF_STEPS);
});

Deno.test("two states run when both are paused", () => {
  const text = "local s = {} for i = 1, 1e6 do s[i % 10 + 1] = i end return s[1], ('x'):rep(2)";
  const a = start(text), b = start(text);
  let first = a.outcome, second = b.outcome;
  while (first.kind === "paused" || second.kind === "paused") {
    if (first.kind === "paused") first = a.state.resume();
    if (second.kind === "paused") second = b.state.resume();
  }
  assertEquals(values(first), [1e6, "xx"]);
  assertEquals(values(second), [1e6, "xx"]);
});

Deno.test("run refuses to start when the state has a script already", () => {
  const { state, outcome } = start("while true do end");
  assertEquals(outcome.kind, "paused");
  let message = "";
  try {
    state.run(hostFunction("f", () => undefined));
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, "the state runs already");
  state.kill("enough");
});

Deno.test("a fault of the host passes pcall and comes out of run", () => {
  const state = makeRedisState();
  const fault = new TypeError("host");
  state.register("fail", () => {
    throw fault;
  });
  let thrown: unknown;
  try {
    state.run(state.compile("return pcall(fail)", "@s"));
  } catch (error) {
    thrown = error;
  }
  assertEquals(thrown, fault);
  assertEquals(values(state.run(state.compile("return 2", "@s"))), [2]);
});
