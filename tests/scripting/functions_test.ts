/** Functions within the dispatcher: what a comparison of replies with redis-server does not show. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { startEmbedded } from "../support/embedded.ts";

function startHarness(code: string): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  assertEquals(harness.run("FUNCTION", "LOAD", `#!lua name=lib\n${code}`), "$3\r\nlib\r\n");
  harness.takePropagated();
  return harness;
}

Deno.test("FCALL propagates what a function has changed as one unit when it fails", () => {
  const harness = startHarness(
    "redis.register_function('f', function(keys) redis.call('set', keys[1], 1) " +
      "redis.call('incr', keys[1]) error('no') end)",
  );
  harness.run("FCALL", "f", "1", "a");
  assertEquals(harness.takePropagated(), ["0 MULTI", "0 set a 1", "0 incr a", "0 EXEC"]);
});

Deno.test("libraries are propagated as they came, and those that are refused are not", () => {
  const harness = startHarness("redis.register_function('f', function() end)");
  harness.run("FUNCTION", "LOAD", "#!lua name=lib\nx");
  harness.run("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nfoo()");
  harness.run("FUNCTION", "DELETE", "nope");
  assertEquals(harness.takePropagated(), []);
  harness.run("FUNCTION", "DELETE", "lib");
  harness.run("FUNCTION", "FLUSH", "SYNC");
  assertEquals(harness.takePropagated(), ["0 FUNCTION DELETE lib", "0 FUNCTION FLUSH SYNC"]);
});

Deno.test("a library logs each line once when it is loaded", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const code =
    "local n = 0 for i = 1, 3 do n = n + i redis.log(redis.LOG_WARNING, 'line', n) end " +
    "redis.register_function('f', function() n = n + 1 return n end)";
  await client.texts("FUNCTION", "LOAD", `#!lua name=lib\n${code}`);
  const lines = embedded.log.map((line) => /line \d+/.exec(line)?.[0]).filter(Boolean);
  assertEquals(lines, ["line 1", "line 3", "line 6"]);
  assertEquals(await client.texts("FCALL", "f", "0"), ["7"]);
});

Deno.test("a library is refused when its code takes too long where it can't pause", () => {
  const harness = new CommandHarness(ALL_COMMANDS);
  const code = "local x = ('a'):rep(1e5):find(('a-'):rep(100) .. 'b')";
  assertMatch(harness.run("FUNCTION", "LOAD", `#!lua name=lib\n${code}`), /FUNCTION LOAD timeout/);
  assertEquals(harness.run("FUNCTION", "LIST"), "*0\r\n");
  assertEquals(harness.run("EVAL", "return 1", "0"), ":1\r\n");
});

Deno.test("functions of a library that was replaced are gone, and its memory is given back", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const figure = async (name: string) => {
    const [info] = await client.texts("INFO", "memory");
    return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  };
  const used = await figure("used_memory");
  const load = (size: number, more: string) =>
    client.texts(
      ...["FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\n--" + "x".repeat(size) + "\n" + more],
    );
  await load(100_000, "redis.register_function('f', function() end)");
  await load(50_000, "redis.register_function('g', function() end)");
  assertEquals((await client.call("FCALL", "f", "0")).text, "ERR Function not found");
  const functions = await figure("used_memory_functions");
  assertEquals(Math.floor(functions / 10_000), 5);
  assertEquals(await figure("used_memory_scripts"), functions);
  assert(await figure("used_memory") - used > 50_000);
  await client.texts("FUNCTION", "FLUSH");
  assertEquals(await figure("used_memory_functions"), 0);
});

Deno.test("functions keep what they close over when EVAL's scripts are forgotten", () => {
  const harness = startHarness(
    "local n = 0 redis.register_function('f', function() n = n + 1 return n end)",
  );
  assertEquals(harness.run("FCALL", "f", "0"), ":1\r\n");
  harness.run("SCRIPT", "FLUSH");
  harness.run("FLUSHALL");
  assertEquals(harness.run("FCALL", "f", "0"), ":2\r\n");
});
