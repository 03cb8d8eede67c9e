/** Scripts that take their time: what others are told, and how such a script ends. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import type { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { beginSlow, BUSY, KILLED, raw, SLOW_AFTER } from "./slow_scripts.ts";

const ENDLESS: { readonly [name: string]: string } = {
  "a loop": "while true do end",
  "a loop that counts": "local x = 0\nwhile true do\nx = x + 1\nend",
  "recursion": "local function f(n) if n == 0 then return 0 end return f(n - 1) + 1 end " +
    "while true do f(1000) end",
  "recursion without an end": "local function f() return f() end return f()",
  "a coroutine": "coroutine.wrap(function() while true do coroutine.yield() end end)() " +
    "local c = coroutine.wrap(function() while true do end end) c()",
  "pcall": "while true do pcall(function() while true do end end) end",
  "xpcall":
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
  "nested pcall": "local function f() while true do pcall(f) end end f()",
  "redis.call": "while true do redis.call('get', KEYS[1]) end",
  "redis.pcall that fails": "while true do redis.pcall('nosuch') end",
  "cjson": "while true do cjson.decode(cjson.encode({1, 2, 3})) end",
};

for (const [what, script] of Object.entries(ENDLESS)) {
  Deno.test(`SCRIPT KILL ends a script that is caught for ever in ${what}`, async () => {
    await using parts = await startEmbedded(SLOW_AFTER);
    const caller = await parts.connect(), other = await parts.connect();
    await beginSlow(parts, caller, script, "k");
    assertEquals(await raw(other, "PING"), BUSY);
    assertEquals(await raw(other, "SCRIPT", "KILL"), "+OK\r\n");
    assertMatch((await caller.read()).raw, KILLED);
    assertEquals(await raw(caller, "PING"), "+PONG\r\n");
    assertEquals(await raw(other, "SET", "k", "v"), "+OK\r\n");
    assertEquals(
      await raw(other, "SCRIPT", "KILL"),
      "-NOTBUSY No scripts in execution right now.\r\n",
    );
    assertStringIncludes(parts.log.join("\n"), "Slow script detected: still in execution after ");
  });
}

const ENDLESS_FUNCTIONS: { readonly [name: string]: string } = {
  "a loop": "while true do end",
  "redis.call": "while true do redis.call('get', 'k') end",
  "pcall": "while true do pcall(function() while true do end end) end",
  "recursion without an end": "local function f() return f() end return f()",
};

for (const [what, body] of Object.entries(ENDLESS_FUNCTIONS)) {
  Deno.test(`FUNCTION KILL ends a function that is caught for ever in ${what}`, async () => {
    await using parts = await startEmbedded(SLOW_AFTER);
    const caller = await parts.connect(), other = await parts.connect();
    const library = "#!lua name=lib\nredis.register_function{function_name='f', " +
      `flags={'no-writes'}, callback=function() ${body} end}`;
    assertEquals(await raw(other, "FUNCTION", "LOAD", library), "$3\r\nlib\r\n");
    await caller.send("FCALL_RO", "f", "0");
    await waitFor("the function to be slow", () => parts.server.isHalfway);
    assertEquals(
      await raw(other, "PING"),
      "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.\r\n",
    );
    assertEquals(await raw(other, "FUNCTION", "KILL"), "+OK\r\n");
    assertMatch(
      (await caller.read()).raw,
      /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: f, on @user_function:2\./,
    );
    assertEquals(await raw(other, "PING"), "+PONG\r\n");
  });
}

Deno.test("a hundred others are told BUSY soon, again and again, while a script loops", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const caller = await parts.connect();
  const others: RawClient[] = [];
  for (let i = 0; i < 100; i++) others.push(await parts.connect());
  await beginSlow(parts, caller, "while true do end");
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    await Promise.all(others.map(async (other) => {
      const began = performance.now();
      assertEquals(await raw(other, "GET", "k"), BUSY);
      times.push(performance.now() - began);
    }));
  }
  const median = times.toSorted((a, b) => a - b)[times.length >> 1];
  // 100 ms where nothing else loads the machine.
  assert(median < 3000, `${median} ms`);
  // Who comes while a script runs is served, too.
  const late = await parts.connect();
  assertEquals(await raw(late, "PING"), BUSY);
  assertEquals(await raw(late, "SCRIPT", "KILL"), "+OK\r\n");
  assertMatch((await caller.read()).raw, KILLED);
});

Deno.test("a script whose commands take long is slow after few of them", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const caller = await parts.connect(), other = await parts.connect();
  for (let i = 0; i < 20; i++) {
    await caller.texts("MSET", ...Array.from({ length: 2000 }, (_, k) => `key:${i}:${k >> 1}`));
  }
  await beginSlow(parts, caller, "while true do redis.call('keys', '*x') end");
  const keys = [...parts.server.registry.all()].find(({ fullName }) => fullName === "keys");
  const calls = keys?.statistics.calls ?? Infinity;
  assert(calls > 0 && calls < 2000, `${calls} calls`);
  assertEquals(await raw(other, "SCRIPT", "KILL"), "+OK\r\n");
  assertMatch((await caller.read()).raw, KILLED);
});

const UNPAUSABLE: { readonly [name: string]: string } = {
  "a comparator of sort": "table.sort({1, 2, 3}, function() while true do end end)",
  "a replacement function of gsub": "('x'):gsub('x', function() while true do end end)",
  "a metamethod": "while true do pcall(function() " +
    "return setmetatable({}, {__add = function() while true do end end}) + 1 end) end",
};

for (const [what, script] of Object.entries(UNPAUSABLE)) {
  Deno.test(`a script ends by itself that is caught for ever in ${what}`, async () => {
    await using parts = await startEmbedded(SLOW_AFTER);
    const caller = await parts.connect(), other = await parts.connect();
    const reply = await raw(caller, "EVAL", script, "0");
    assertMatch(
      reply,
      /^-ERR script ran too long inside a callback script: .{40}, on @user_script:1\.\r\n$/,
    );
    assertEquals(await raw(other, "PING"), "+PONG\r\n");
  });
}

Deno.test("a script that has written is not killed, and SHUTDOWN NOSAVE ends the server", async () => {
  await using parts = await startEmbedded({ ...SLOW_AFTER, appendonly: "yes" });
  const { server, files } = parts;
  const caller = await parts.connect(), other = await parts.connect();
  assertEquals(await raw(other, "SET", "before", "1"), "+OK\r\n");
  await beginSlow(parts, caller, "redis.call('set', 'half', 'done') while true do end");
  assertMatch(await raw(other, "SCRIPT", "KILL"), /^-UNKILLABLE Sorry the script already executed/);
  assertEquals(await raw(other, "SHUTDOWN"), BUSY);
  assertEquals(await raw(other, "SHUTDOWN", "SAVE", "FORCE"), BUSY);
  await other.send("SHUTDOWN", "NOSAVE");
  assertEquals(await server.ended, 0);
  assert(await caller.waitForClose());
  // What it has done by halves is not in the file.
  await using again = await startEmbedded({ appendonly: "yes" }, files);
  const client = await again.connect();
  assertEquals(await raw(client, "MGET", "before", "half"), "*2\r\n$1\r\n1\r\n$-1\r\n");
});

Deno.test("a server that is stopped kills its script, and saves", async () => {
  const parts = await startEmbedded({ ...SLOW_AFTER, save: "900 1000" });
  const caller = await parts.connect();
  await caller.texts("SET", "k", "v");
  await caller.send("EVAL", "while true do end", "0");
  await waitFor("the script to be slow", () => parts.server.isHalfway);
  await parts.server.stop();
  assertMatch((await caller.read()).raw, KILLED);
  await parts[Symbol.asyncDispose]();
  assertStringIncludes(parts.log.join("\n"), "Saving the final RDB snapshot before exiting.");
});

Deno.test("a server that is stopped gives up a script that has written, and saves nothing of it", async () => {
  const parts = await startEmbedded({ ...SLOW_AFTER, save: "900 1000" });
  const caller = await parts.connect();
  await beginSlow(parts, caller, "redis.call('set', 'k', 'v') while true do end");
  await parts[Symbol.asyncDispose]();
  assert(!parts.log.join("\n").includes("Saving the final RDB snapshot"));
});
