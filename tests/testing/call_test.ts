/** Commands that a program runs on its own server without a socket. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CommandError, startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";

Deno.test("call returns replies as plain values", async () => {
  await using redis = await startServer();
  assertEquals(redis.call("SET", "a", "é"), "OK");
  assertEquals(redis.call("GET", "a"), "é");
  assertEquals(redis.call("GET", "none"), null);
  assertEquals(redis.call("INCRBY", "n", 7), 7);
  assertEquals(redis.call("INCRBY", "n", 2n ** 62n), 2n ** 62n + 7n);
  assertEquals(redis.call("HSET", "h", "f", "1", "g", "2"), 2);
  assertEquals(redis.call("HGETALL", "h"), { f: "1", g: "2" });
  assertEquals(redis.call("SADD", "s", "x"), 1);
  assertEquals(redis.call("SMEMBERS", "s"), ["x"]);
  assertEquals(redis.call("ZADD", "z", 1.5, "m", "-inf", "l"), 2);
  assertEquals(redis.call("ZSCORE", "z", "m"), 1.5);
  assertEquals(redis.call("ZRANGE", "z", 0, -1, "WITHSCORES"), [["l", -Infinity], ["m", 1.5]]);
  assertEquals(redis.call("EVAL", "return {1, {ok='fine'}, false, 'x'}", 0), [
    1,
    "fine",
    null,
    "x",
  ]);
  assertMatch(String(redis.call("INFO", "server")), /^# Server\r\nredis_version:/);
});

Deno.test("callBytes takes and returns bytes as they are", async () => {
  await using redis = await startServer();
  const bytes = Uint8Array.of(0, 255, 13, 10);
  assertEquals(redis.callBytes("SET", bytes, bytes), "OK");
  assertEquals(redis.callBytes("GET", bytes), bytes);
  assertEquals(redis.callBytes("KEYS", "*"), [bytes]);
});

Deno.test("call throws CommandError when the reply is an error, and returns those within an array", async () => {
  await using redis = await startServer();
  redis.call("SET", "s", "x");
  const error = assertThrows(() => redis.call("LPUSH", "s", "y"), CommandError);
  assertEquals(error.code, "WRONGTYPE");
  assertThrows(() => redis.call("NOSUCH"), CommandError, "ERR unknown command 'NOSUCH'");
  redis.call("MULTI");
  redis.call("LPUSH", "s", "y");
  redis.call("GET", "s");
  const [failed, value] = redis.call("EXEC") as [CommandError, string];
  assertEquals([failed.code, value], ["WRONGTYPE", "x"]);
  assertThrows(() => redis.call(), TypeError, "a command has a name");
  assertThrows(() => redis.call("GET", null as unknown as string), TypeError);
});

Deno.test("call keeps its database, and may do everything when clients may not", async () => {
  await using redis = await startServer({ directives: { requirepass: "secret" } });
  redis.call("SELECT", 3);
  redis.call("SET", "k", "v");
  redis.call("ACL", "SETUSER", "default", "-@all");
  assertEquals(redis.call("GET", "k"), "v");
  assertEquals([redis.keys(), redis.keys(3)], [[], ["k"]]);
  redis.call("CLIENT", "PAUSE", 100_000, "ALL");
  assertEquals(redis.call("GET", "k"), "v");
  assertEquals(redis.clients(), []);
  assertThrows(() => redis.keys(99), RangeError, "there is no database 99 of 16");
});

Deno.test("call does not wait, and refuses what needs a connection", async () => {
  await using redis = await startServer();
  assertEquals(redis.call("BLPOP", "list", 0), null);
  assertEquals(redis.call("WAIT", 3, 0), 0);
  for (const command of [["SUBSCRIBE", "c"], ["MONITOR"], ["PSYNC", "?", "-1"], ["SYNC"]]) {
    assertThrows(() => redis.call(...command), CommandError);
    assertEquals(redis.call("PING"), "PONG");
  }
  redis.call("MULTI");
  redis.call("SUBSCRIBE", "c");
  assertThrows(() => redis.call("EXEC"), CommandError, "ERR this takes a connection");
  assertEquals(redis.call("PUBLISH", "c", "m"), 0);
  redis.call("ACL", "SETUSER", "default", "-@all");
  assertEquals(redis.call("EVAL", "return redis.call('PING')", 0), "PONG");
  assertEquals(redis.call("HELLO", 2), redis.call("HELLO", 2));
});

Deno.test("call is seen by clients: what they wait for, watch and monitor", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await using monitor = await RawClient.connect(redis.port);
  await monitor.call("MONITOR");
  await client.send("BLPOP", "list", "0");
  await redis.whenBlocked();
  redis.call("RPUSH", "list", "a");
  assertEquals((await client.read()).raw, "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
  const lines = [(await monitor.read()).text, (await monitor.read()).text];
  assertMatch(String(lines[1]), /\[0 embedder\] "RPUSH" "list" "a"$/);
  await client.call("WATCH", "k");
  redis.call("SET", "k", "v");
  await client.call("MULTI");
  assertEquals((await client.call("EXEC")).raw, "*-1\r\n");
});
