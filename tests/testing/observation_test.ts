/** What a test sees of its clients. */

import { assertEquals, assertThrows } from "@std/assert";
import { ManualClock, type ObservedCommand, startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("commands holds what clients have sent, with what they were answered", async () => {
  await using redis = await startServer({ clock: new ManualClock(1_700_000_000_000) });
  await using client = await RawClient.connect(redis.port);
  await client.pipeline([
    ["CLIENT", "SETNAME", "app"],
    ["SELECT", "2"],
    ["SET", "k", "\xff"],
    ["LPUSH", "k", "x"],
    ["NOSUCH", "a"],
    ["MULTI"],
    ["GET", "none"],
    ["EXEC"],
    ["HELLO", "3"],
    ["GET", "none"],
    ["CLIENT", "REPLY", "SKIP"],
    ["PING"],
  ].slice(0, 10));
  redis.call("SET", "own", "is not a client's");
  const [first] = redis.commands;
  assertEquals(first, {
    ...{ client: first.client, name: "app", database: 0, time: 1_700_000_000_000 },
    args: ["CLIENT", "SETNAME", "app"],
    reply: "status",
  });
  const seen = redis.commands.map(({ args, reply, database }) => `${database} ${args[0]} ${reply}`);
  assertEquals(seen, [
    "0 CLIENT status",
    "2 SELECT status",
    "2 SET status",
    "2 LPUSH error",
    "2 NOSUCH error",
    "2 MULTI status",
    "2 GET queued",
    "2 EXEC array",
    "2 HELLO map",
    "2 GET null",
  ]);
  assertEquals(redis.commands[2].args, ["SET", "k", "\\xff"]);
  assertEquals(
    redis.commands[3].error,
    "WRONGTYPE Operation against a key holding the wrong kind of value",
  );
});

Deno.test("commands is bounded by number and by bytes", async () => {
  await using few = await startServer({ commandLog: 3 });
  await using client = await RawClient.connect(few.port);
  for (let i = 0; i < 10; i++) await client.texts("ECHO", String(i));
  assertEquals(few.commands.map(({ args }) => args[1]), ["7", "8", "9"]);
  await using none = await startServer({ commandLog: 0 });
  await using other = await RawClient.connect(none.port);
  await other.texts("PING");
  assertEquals(none.commands, []);
  for (let i = 0; i < 6; i++) await client.texts("SET", `k${i}`, "x".repeat(6_000_000));
  const bytes = few.commands.flatMap(({ args }) => args).reduce((sum, arg) => sum + arg.length, 0);
  assertEquals(bytes <= 16 * 1024 * 1024, true);
  assertEquals(few.commands.at(-1)?.args[1], "k5");
});

Deno.test("onCommand tells of the commands that are meant until it is disposed of", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  const all: ObservedCommand[] = [], keys: string[] = [];
  {
    using _all = redis.onCommand((command) => all.push(command));
    using _some = redis.onCommand(
      { command: ["set", "mset"], key: "b" },
      ({ args }) => keys.push(args[0]),
    );
    await client.pipeline([["SET", "a", "1"], ["MSET", "a", "1", "b", "2"], ["GET", "b"]]);
  }
  await client.texts("SET", "b", "3");
  assertEquals(all.map(({ args }) => args[0]), ["SET", "MSET", "GET"]);
  assertEquals(keys, ["MSET"]);
});

Deno.test("whenBlocked resolves when so many clients wait", async () => {
  await using redis = await startServer();
  await using first = await RawClient.connect(redis.port);
  await using second = await RawClient.connect(redis.port);
  let both = false;
  const waiting = redis.whenBlocked(2).then(() => both = true);
  await first.send("BLPOP", "list", "0");
  await redis.whenBlocked();
  await redis.whenIdle();
  assertEquals(both, false);
  await second.send("BRPOP", "list", "0");
  await waiting;
  assertEquals(redis.clients().map(({ isWaiting }) => isWaiting), [true, true]);
  redis.call("RPUSH", "list", "a", "b");
  assertEquals((await first.read()).children?.[1].text, "a");
  assertEquals((await second.read()).children?.[1].text, "b");
});

Deno.test("whenIdle resolves when what was sent has run, and the work in the background is done", async () => {
  await using directory = await TempDir.create();
  await using redis = await startServer({ directory: directory.path });
  redis.call("DEBUG", "POPULATE", 20_000);
  await using client = await RawClient.connect(redis.port);
  await client.send("SET", "k", "v");
  await client.send("BGSAVE");
  await redis.whenIdle();
  assertEquals(redis.call("GET", "k"), "v");
  const info = String(redis.call("INFO", "persistence"));
  assertEquals(/rdb_bgsave_in_progress:(\d)/.exec(info)?.[1], "0");
  assertEquals(/rdb_saves:(\d)/.exec(info)?.[1], "1");
});

Deno.test("clients and stats tell what there is, and what was counted", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await client.pipeline([
    ["CLIENT", "SETNAME", "app"],
    ["SET", "k", "v"],
    ["GET", "k"],
    ["GET", "none"],
    ["LPUSH", "k", "x"],
    ["SELECT", "1"],
    ["MULTI"],
  ]);
  const [{ id, address, ...summary }] = redis.clients();
  assertEquals([typeof id, /^127\.0\.0\.1:\d+$/.test(address)], ["number", true]);
  assertEquals(summary, {
    ...{ name: "app", database: 1, user: "default", protocol: 2 },
    ...{ isWaiting: false, isInTransaction: true, isSubscribed: false },
  });
  const { usedMemory, ...counts } = redis.stats();
  assertEquals(usedMemory > 0, true);
  assertEquals(counts, {
    ...{ commands: 7, connections: 1, hits: 1, misses: 1, expired: 0, keys: 1 },
    calls: { "client|setname": 1, get: 2, lpush: 1, multi: 1, select: 1, set: 1 },
    errors: { WRONGTYPE: 1 },
  });
  assertThrows(() => redis.dump(16), RangeError);
});
