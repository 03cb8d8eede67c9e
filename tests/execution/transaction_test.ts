/** MULTI, EXEC and WATCH between several clients. */

import { assert, assertEquals } from "@std/assert";
import { Span } from "../../src/base/span.ts";
import { Watches } from "../../src/execution/watches.ts";
import { leaves } from "../support/reply.ts";
import { startEmbedded } from "../support/embedded.ts";

const CHANGES: readonly (readonly [name: string, change: readonly string[][], breaks: boolean])[] =
  [
    ["a write", [["SET", "key", "x"]], true],
    ["a deletion", [["DEL", "key"]], true],
    ["a change of the TTL", [["EXPIRE", "key", "100"]], true],
    ["FLUSHALL", [["FLUSHALL"]], true],
    ["RENAME onto it", [["SET", "other", "1"], ["RENAME", "other", "key"]], true],
    ["SWAPDB with another database", [["SWAPDB", "0", "1"]], true],
    ["a read", [["GET", "key"]], false],
    ["a write that fails", [["SET", "key", "x", "NX"]], false],
    ["a write to another key", [["SET", "other", "x"]], false],
    [
      "the same key in another database",
      [["SELECT", "1"], ["SET", "key", "x"], ["SELECT", "0"]],
      false,
    ],
    ["FLUSHDB of another database", [["SELECT", "1"], ["FLUSHDB"], ["SELECT", "0"]], false],
  ];

for (const [name, change, breaks] of CHANGES) {
  Deno.test(`EXEC ${breaks ? "does nothing" : "goes on"} after ${name}`, async () => {
    await using parts = await startEmbedded();
    const watcher = await parts.connect(), other = await parts.connect();
    await watcher.texts("SET", "key", "value");
    await watcher.texts("WATCH", "key");
    for (const command of change) await other.texts(...command);
    await watcher.texts("MULTI");
    await watcher.texts("ECHO", "done");
    const reply = await watcher.call("EXEC");
    assertEquals(reply.raw, breaks ? "*-1\r\n" : "*1\r\n$4\r\ndone\r\n");
    // Nothing is watched any more.
    await other.texts("SET", "key", "again");
    const unit = await watcher.pipeline([["MULTI"], ["PING"], ["EXEC"]]);
    assertEquals(leaves(unit[2]), ["PONG"]);
  });
}

Deno.test("EXEC does nothing when a watched key has expired since, and goes on when it was dead before", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  await client.texts("SET", "key", "value", "PX", "100");
  await client.texts("WATCH", "key");
  parts.server.cron.stop();
  parts.clock.advance(200);
  assertEquals((await client.pipeline([["MULTI"], ["PING"], ["EXEC"]]))[2].raw, "*-1\r\n");
  await client.texts("SET", "key", "value", "PX", "100");
  parts.clock.advance(200);
  await client.texts("WATCH", "key");
  assertEquals(leaves((await client.pipeline([["MULTI"], ["PING"], ["EXEC"]]))[2]), ["PONG"]);
});

Deno.test("EXEC runs what follows CLIENT KILL of the client itself, and does not answer it", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect(), other = await parts.connect();
  const [id] = await client.texts("CLIENT", "ID");
  await client.texts("MULTI");
  await client.texts("CLIENT", "KILL", "ID", id, "SKIPME", "no");
  await client.texts("SET", "key", "value");
  await client.send("EXEC");
  assert(await client.waitForClose());
  assertEquals(client.unread, "*2\r\n:1\r\n");
  assertEquals(await other.texts("GET", "key"), ["value"]);
});

Deno.test("a transaction runs as one, whatever others send at the same time", async () => {
  await using parts = await startEmbedded();
  const clients = await Promise.all(Array.from({ length: 10 }, () => parts.connect()));
  const unit = [["MULTI"], ["INCR", "counter"], ["INCR", "counter"], ["GET", "counter"], ["EXEC"]];
  await Promise.all(clients.map(async (client) => {
    for (let i = 0; i < 50; i++) {
      const [first, second, value] = leaves((await client.pipeline(unit))[4]).map(Number);
      assertEquals([second, value], [first + 1, first + 1]);
    }
  }));
  assertEquals(await clients[0].texts("GET", "counter"), ["1000"]);
});

Deno.test("a transaction that fails in the middle runs to its end", async () => {
  await using parts = await startEmbedded({ appendonly: "yes" });
  const client = await parts.connect();
  const unit = [["MULTI"], ["SET", "key", "text"], ["INCR", "key"], ["SET", "last", "1"], ["EXEC"]];
  const replies = leaves((await client.pipeline(unit))[4]);
  assertEquals(replies, ["OK", "ERR value is not an integer or out of range", "OK"]);
  const file = parts.files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
  assertEquals(file.match(/MULTI|EXEC|INCR|SET/g), ["MULTI", "SET", "SET", "EXEC"]);
});

Deno.test("a client that goes within MULTI leaves nothing behind", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect(), other = await parts.connect();
  await client.pipeline([["WATCH", "key"], ["MULTI"], ["SET", "key", "value"]]);
  await client.close();
  assertEquals(await other.texts("EXISTS", "key"), ["0"]);
});

Deno.test("Watches tells each watcher of a key once it changes, and nobody who stopped watching", async () => {
  await using parts = await startEmbedded();
  const [database, another] = parts.server.keyspace.databases;
  const watches = new Watches(), told: string[] = [];
  const watcher = (name: string) => ({ watchBroken: () => void told.push(name) });
  const a = watcher("a"), b = watcher("b"), key = Span.ofString("key");
  watches.add(a, database, key);
  watches.add(a, database, key);
  watches.add(b, database, key);
  watches.add(b, another, Span.ofString("other"));
  watches.keyChanged(another, key);
  watches.keyChanged(database, Span.ofString("other"));
  assertEquals(told, []);
  watches.keyChanged(database, key);
  assertEquals(told.splice(0).sort(), ["a", "b"]);
  watches.remove(a);
  watches.keyChanged(database, key);
  assertEquals(told.splice(0), ["b"]);
  watches.remove(b);
  watches.remove(b);
  watches.keyChanged(database, key);
  watches.databaseChanged(database, null);
  assertEquals(told, []);
});

Deno.test("MULTI queues a sub-command that is named as a command which it doesn't queue", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  const unit = await client.pipeline([["MULTI"], ["LATENCY", "RESET"], ["EXEC"]]);
  assertEquals(unit[1].text, "QUEUED");
  assertEquals(unit[2].raw, "*1\r\n:0\r\n");
});
