/** A server that is put back to its beginning between tests. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ManualClock, startServer } from "../../src/mod.ts";
import { freePort } from "../support/free_port.ts";
import { RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const START = 1_700_000_000_000;

Deno.test("reset puts back data, configuration, users, functions, scripts, counts and the clock", async () => {
  await using redis = await startServer({
    clock: new ManualClock(START),
    directives: { maxmemory: "100mb", requirepass: "" },
  });
  await using client = await RawClient.connect(redis.port);
  const before = {
    configuration: redis.call("CONFIG", "GET", "*"),
    users: redis.call("ACL", "LIST"),
  };
  await client.pipeline([
    ["SET", "k", "v"],
    ["SELECT", "5"],
    ["SET", "other", "v"],
    ["CONFIG", "SET", "maxmemory", "1", "appendfsync", "always", "notify-keyspace-events", "KEA"],
    ["CONFIG", "SET", "requirepass", "secret"],
    ["ACL", "SETUSER", "ann", "on", ">pw", "~a:*", "+get"],
    ["ACL", "SETUSER", "default", "-debug"],
    ["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SLOWLOG", "GET"],
    ["NOSUCH"],
  ]);
  redis.clock.advance(3_600_000);
  redis.clock.run();
  using fault = redis.fail({ error: "ERR x" });
  await redis.reset();
  assertEquals(redis.call("CONFIG", "GET", "*"), before.configuration);
  assertEquals(redis.call("ACL", "LIST"), before.users);
  assertEquals([redis.keys(), redis.keys(5)], [[], []]);
  assertEquals(redis.call("FUNCTION", "LIST"), []);
  assertEquals(redis.call("SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), [0]);
  assertEquals([redis.clock.now(), redis.clock.isRunning], [START, false]);
  assertEquals(redis.commands, []);
  assertEquals(redis.stats().errors, {});
  assertEquals(await client.texts("SET", "k", "again"), ["OK"]);
  assertEquals(redis.keys(5), ["k"]);
  assertEquals(fault.hits, 0);
});

Deno.test("reset leaves connections open, and ends what they have begun", async () => {
  await using redis = await startServer();
  const open = () => RawClient.connect(redis.port);
  await using inTransaction = await open();
  await using subscriber = await open();
  await using blocked = await open();
  await using watching = await open();
  await using monitor = await open();
  await using paused = await open();
  await using named = await open();
  await named.pipeline([["HELLO", "3"], ["CLIENT", "SETNAME", "app"], ["SELECT", "4"]]);
  await inTransaction.pipeline([["MULTI"], ["SET", "k", "v"]]);
  await subscriber.texts("SUBSCRIBE", "c");
  await watching.texts("WATCH", "k");
  await monitor.texts("MONITOR");
  await blocked.send("BLPOP", "list", "0");
  await redis.whenBlocked();
  await named.call("CLIENT", "PAUSE", "100000", "WRITE");
  await paused.send("SET", "k", "paused");
  await waitFor(
    "it to be paused",
    () => redis.clients().filter(({ isWaiting }) => isWaiting).length === 2,
  );
  await redis.reset();
  assertEquals((await blocked.read()).raw, "*-1\r\n");
  assertEquals((await paused.read()).raw, "+OK\r\n");
  redis.call("SET", "k", "w");
  assertEquals((await inTransaction.call("EXEC")).text, "ERR EXEC without MULTI");
  assertEquals(await subscriber.texts("GET", "k"), ["w"]);
  redis.call("PUBLISH", "c", "m");
  assertEquals(await subscriber.texts("PING"), ["PONG"]);
  // It was shown what ran before.
  await monitor.send("PING");
  while ((await monitor.read()).text !== "PONG");
  redis.call("GET", "k");
  assertEquals(await monitor.texts("PING"), ["PONG"]);
  assertEquals((await watching.pipeline([["MULTI"], ["EXEC"]]))[1].raw, "*0\r\n");
  assertEquals(await blocked.texts("PING"), ["PONG"]);
  assertEquals((await named.call("GET", "none")).raw, "_\r\n");
  const me = redis.clients().find(({ name }) => name === "app");
  assertEquals([me?.database, me?.protocol], [4, 3]);
});

Deno.test("reset gives clients of a user who is gone back to the default user", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await client.pipeline([["ACL", "SETUSER", "ann", "on", "nopass", "+@all"], ["AUTH", "ann", "x"]]);
  assertEquals(await client.texts("ACL", "WHOAMI"), ["ann"]);
  await redis.reset();
  assertEquals(await client.texts("ACL", "WHOAMI"), ["default"]);
});

Deno.test("reset listens again after offline, and has the append-only file follow", async () => {
  await using directory = await TempDir.create();
  const options = { directory: directory.path, directives: { appendonly: "yes" } };
  {
    await using redis = await startServer(options);
    redis.call("SET", "before", "v");
    redis.call("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() end)");
    await redis.offline();
    await redis.reset();
    await using client = await RawClient.connect(redis.port);
    await client.texts("SET", "after", "v");
  }
  await using redis = await startServer(options);
  assertEquals(redis.keys(), ["after"]);
  assertEquals(redis.call("FUNCTION", "LIST"), []);
});

Deno.test("reset ends a script that takes its time, and refuses where it has written", async () => {
  await using redis = await startServer({ directives: { "busy-reply-threshold": "20" } });
  await using client = await RawClient.connect(redis.port);
  await client.send("EVAL", "while true do end", "0");
  await waitFor("the script to be slow", () => {
    try {
      redis.call("PING");
      return false;
    } catch (error) {
      return String(error).includes("BUSY");
    }
  });
  await redis.reset();
  assert((await client.read()).text?.startsWith("ERR "));
  assertEquals(await client.texts("PING"), ["PONG"]);
});

Deno.test("reset makes a server its own again that has become a replica, and refuses a replica's", async () => {
  await using primary = await startServer({ directives: { "repl-diskless-sync-delay": "0" } });
  primary.call("SET", "k", "v");
  await using replica = await primary.startReplica();
  assertThrows(() => replica.reset(), Error, "a replica's data is its primary's");
  await using other = await startServer();
  other.call("REPLICAOF", "127.0.0.1", primary.port);
  await waitFor("the data", () => other.keys().length === 1);
  await other.reset();
  assertEquals([other.keys(), (other.call("ROLE") as string[])[0]], [[], "master"]);
  assertEquals(other.call("SET", "k", "v"), "OK");
  await primary.reset();
  await waitFor("the replica to follow", () => replica.keys().length === 0);
});

Deno.test("reset resolves when the server listens where it did, however it was moved", async () => {
  await using redis = await startServer();
  const { port } = redis, elsewhere = freePort();
  assertEquals(redis.call("CONFIG", "SET", "port", elsewhere), "OK");
  await waitFor("the other port", async () => {
    await using client = await RawClient.connect(elsewhere);
    return (await client.texts("PING"))[0] === "PONG";
  });
  redis.call("SET", "k", "v");
  await redis.reset();
  assertEquals([redis.port, redis.keys()], [port, []]);
  await using client = await RawClient.connect(port);
  assertEquals(await client.texts("PING"), ["PONG"]);
});
