/** Scripts within the dispatcher: what a comparison of replies with redis-server does not show. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import type { ServerContext } from "../../src/commands/context.ts";
import type { CommandDeclaration } from "../../src/commands/declaration.ts";
import { CommandHarness, runCommands } from "../support/command_harness.ts";

/** So deep redis-server goes before its stack of Lua is full. */
const DEEPEST_ARRAYS = 7995, DEEPEST_MAPS = 2665;

function countOf(reply: string, part: string): number {
  return reply.split(part).length - 1;
}

Deno.test("EVAL ends the reply where redis-server's stack would be full when tables nest for ever", () => {
  const run = runCommands(ALL_COMMANDS);
  const arrays = run("EVAL", "local t = {} t[1] = t return t", "0");
  assertEquals(countOf(arrays, "*1\r\n"), DEEPEST_ARRAYS);
  assertStringIncludes(arrays.slice(-50), "-ERR reached lua stack limit\r\n");
  const maps = run("EVAL", "local t = {map = {}} t.map[1] = t return t", "0");
  assertEquals(countOf(maps, "*2\r\n"), DEEPEST_MAPS);
  const sets = run("EVAL", "local t = {set = {}} t.set[t] = 1 return t", "0");
  assertEquals(countOf(sets, "*1\r\n"), DEEPEST_MAPS);
});

Deno.test("EVAL propagates what a script has changed as one unit when it fails", () => {
  const harness = new CommandHarness(ALL_COMMANDS);
  harness.run("EVAL", "redis.call('set', 'a', 1) redis.call('incr', 'a') error('no')", "0");
  assertEquals(harness.takePropagated(), ["0 MULTI", "0 set a 1", "0 incr a", "0 EXEC"]);
});

Deno.test("time stands still for keys when a script runs for long", () => {
  /** Stands for a command during which time passes. */
  const pass: CommandDeclaration<ServerContext> = {
    ...ALL_COMMANDS[0],
    name: "pass",
    arity: 1,
    keys: [],
    findKeys: undefined,
    run: ({ keyspace, reply }) => {
      harness.clock.advance(1000);
      keyspace.updateTime();
      reply.ok();
    },
  };
  const harness = new CommandHarness([...ALL_COMMANDS, pass]);
  const { run } = harness;
  run("SET", "k", "v", "PX", "1500");
  const script = "redis.call('pass') redis.call('pass') return redis.call('pttl', 'k')";
  assertEquals(run("EVAL", script, "0"), ":1500\r\n");
  run("PASS");
  assertEquals(run("EXISTS", "k"), ":0\r\n");
});

Deno.test("redis.call takes arguments of any size and leaves none behind", () => {
  const run = runCommands(ALL_COMMANDS);
  const script = "redis.call('set', KEYS[1], string.rep('x', 300000)) " +
    "redis.call('set', 'short', 'y') return #redis.call('get', KEYS[1])";
  assertEquals(run("EVAL", script, "1", "k"), ":300000\r\n");
  assertEquals(run("GET", "short"), "$1\r\ny\r\n");
  assertEquals(run("STRLEN", "k"), ":300000\r\n");
});

Deno.test("SCRIPT DEBUG says that there is no debugger when it is to be turned on", () => {
  const run = runCommands(ALL_COMMANDS);
  assertEquals(
    run("SCRIPT", "DEBUG", "YES"),
    "-ERR this server has no debugger for scripts\r\n",
  );
  assertEquals(run("SCRIPT", "DEBUG", "NO"), "+OK\r\n");
});

Deno.test("an error without a text ends a script and leaves the server serving", () => {
  const run = runCommands(ALL_COMMANDS);
  assertMatch(
    run("EVAL", "error({})", "0"),
    /^-ERR unknown error script: [0-9a-f]{40}, on @user_script:1\.\r\n$/,
  );
  assertEquals(run("EVAL", "return 1", "0"), ":1\r\n");
});

Deno.test("refused and failed calls of a script are counted once when it catches them", () => {
  const { run, client } = new CommandHarness(ALL_COMMANDS);
  const figures = (name: string) => {
    const { calls, rejected, failed } = client.server.registry.get(name)!.statistics;
    return { calls, rejected, failed };
  };
  run("SET", "a", "1");
  run("EVAL", "redis.pcall('get') redis.pcall('lpush', 'a', 1)", "0");
  assertEquals(figures("eval"), { calls: 1, rejected: 0, failed: 0 });
  assertEquals(figures("get"), { calls: 0, rejected: 1, failed: 0 });
  assertEquals(figures("lpush"), { calls: 1, rejected: 0, failed: 1 });
  run("EVAL", "return redis.pcall('lpush', 'a', 1)", "0");
  run("EVAL", "return {{err = 'x'}}", "0");
  assertEquals(figures("eval"), { calls: 3, rejected: 0, failed: 2 });
});
