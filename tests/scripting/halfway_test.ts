/** While a script takes its time nobody sees what it has done so far, and nothing else changes the data. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { beginSlow, BUSY, hear, KILLED, raw, SLOW_AFTER, WAIT } from "./slow_scripts.ts";

Deno.test("what a slow script does is propagated as one unit at its end", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const heard = hear(parts);
  const caller = await parts.connect(), other = await parts.connect();
  await caller.texts("SET", "z", "0");
  const script = `redis.call('set', 'a', 1) ${WAIT} redis.call('incr', 'a') return 'done'`;
  await beginSlow(parts, caller, script);
  assertEquals(await raw(other, "GET", "a"), BUSY);
  assertEquals(heard, ["SET z 0"]);
  parts.clock.advance(1000);
  assertEquals((await caller.read()).raw, "$4\r\ndone\r\n");
  assertEquals(heard, ["SET z 0", "MULTI", "set a 1", "incr a", "EXEC"]);
  assertEquals(await raw(other, "GET", "a"), "$1\r\n2\r\n");
});

Deno.test("to whom a slow script has its changes told is nobody else's affair", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const heard = hear(parts);
  const caller = await parts.connect(), other = await parts.connect();
  const script = `redis.set_repl(redis.REPL_NONE) redis.call('set', 'a', 1) ${WAIT} ` +
    "redis.call('set', 'b', 1) redis.set_repl(redis.REPL_ALL) redis.call('set', 'c', 1)";
  await beginSlow(parts, caller, script);
  assertEquals(await raw(other, "PING"), BUSY);
  parts.clock.advance(1000);
  await caller.read();
  await other.texts("SET", "d", "1");
  assertEquals(heard, ["set c 1", "SET d 1"]);
});

Deno.test("EXEC waits for slow scripts and goes on behind one that was killed, all as one unit", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const heard = hear(parts);
  const caller = await parts.connect(), other = await parts.connect();
  await other.texts("WATCH", "a");
  await caller.pipeline([
    ["MULTI"],
    ["SET", "a", "1"],
    ["EVAL", `redis.call('incr', 'a') ${WAIT} return redis.call('incr', 'a')`, "0"],
    ["EVAL", "while true do end", "0"],
    ["INCR", "a"],
  ]);
  await caller.send("EXEC");
  await caller.send("GET", "a");
  await waitFor("the first script to be slow", () => parts.server.isHalfway);
  assertMatch(await raw(other, "SCRIPT", "KILL"), /^-UNKILLABLE/);
  parts.clock.advance(1000);
  await waitFor(
    "the second script to be slow",
    async () => await raw(other, "SCRIPT", "KILL") === "+OK\r\n",
  );
  const reply = await caller.read();
  assertEquals(reply.children?.length, 4);
  assertEquals(reply.children?.[1].raw, ":3\r\n");
  assertMatch(reply.children?.[2].raw ?? "", KILLED);
  assertEquals(reply.children?.[3].raw, ":4\r\n");
  assertEquals((await caller.read()).raw, "$1\r\n4\r\n");
  assertEquals(heard, ["MULTI", "SET a 1", "incr a", "incr a", "INCR a", "EXEC"]);
  await other.texts("MULTI");
  assertEquals(await raw(other, "EXEC"), "*-1\r\n");
});

Deno.test("others are told what a slow script publishes when it ends, and not before", async () => {
  await using parts = await startEmbedded({ ...SLOW_AFTER, "notify-keyspace-events": "KEA" });
  const caller = await parts.connect(), other = await parts.connect();
  const subscriber = await parts.connect(), tracker = await parts.connect();
  const caching = await parts.connect();
  await subscriber.texts("SUBSCRIBE", "news", "__keyspace@0__:k");
  await subscriber.read();
  await tracker.texts("HELLO", "3");
  await tracker.texts("CLIENT", "TRACKING", "ON");
  await tracker.call("GET", "k");
  await caching.texts("HELLO", "3");
  await caching.texts("CLIENT", "TRACKING", "ON", "BCAST");
  const script = `redis.call('publish', 'news', 1) redis.call('set', 'k', 1) ${WAIT} ` +
    "redis.call('publish', 'news', 2) return redis.status_reply('done')";
  await beginSlow(parts, caller, script);
  for (let i = 0; i < 20; i++) assertEquals(await raw(other, "PING"), BUSY);
  assertEquals([subscriber.unread, tracker.unread, caching.unread], ["", "", ""]);
  parts.clock.advance(1000);
  assertEquals((await caller.read()).raw, "+done\r\n");
  const told = [await subscriber.read(), await subscriber.read(), await subscriber.read()];
  assertEquals(told.map(({ children }) => children?.[2].text), ["1", "set", "2"]);
  assertStringIncludes((await tracker.read()).raw, "invalidate");
  assertStringIncludes((await caching.read()).raw, "invalidate");
});

Deno.test("what others were told before a slow script of the same batch leaves while it runs", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const caller = await parts.connect(), other = await parts.connect();
  const subscriber = await parts.connect();
  await subscriber.texts("SUBSCRIBE", "news");
  await caller.write(
    encodeCommandText(["PUBLISH", "news", "early"]) +
      encodeCommandText(["EVAL", "while true do end", "0"]),
  );
  assertEquals((await subscriber.read()).children?.[2].text, "early");
  assertEquals(await raw(other, "PING"), BUSY);
  // As in Redis, the caller is told nothing, not even of what came before.
  assertEquals(caller.unread, "");
  assertEquals(await raw(other, "SCRIPT", "KILL"), "+OK\r\n");
  assertEquals((await caller.read()).raw, ":1\r\n");
  assertMatch((await caller.read()).raw, KILLED);
});

Deno.test("keys are as they were when a slow script began, though their time has come", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const { server, clock } = parts;
  const caller = await parts.connect();
  await caller.texts("SET", "k", "v", "PX", "500");
  await caller.texts("SET", "l", "v", "PX", "500");
  const script =
    `redis.call('set', 'x', 1) ${WAIT} return {redis.call('get', 'k'), redis.call('pttl', 'k')}`;
  await beginSlow(parts, caller, script);
  // The cron ticks, and finds nothing to be removed.
  clock.advance(900);
  assertEquals(server.keyspace.databases[0].size, 3);
  server.expiry.startCycle(1, 100);
  assertEquals(server.keyspace.databases[0].size, 3);
  clock.advance(100);
  assertEquals((await caller.read()).raw, "*2\r\n$1\r\nv\r\n:500\r\n");
  assertEquals(await raw(caller, "EXISTS", "k", "l"), ":0\r\n");
});

Deno.test("nothing is evicted, saved or rewritten while a script is slow", async () => {
  await using parts = await startEmbedded({
    ...SLOW_AFTER,
    save: "1 1",
    "maxmemory-policy": "allkeys-lru",
  });
  const { server, clock } = parts;
  const caller = await parts.connect();
  await caller.texts("SET", "k", "v");
  await beginSlow(parts, caller, `redis.call('set', 'x', 1) ${WAIT}`);
  server.configuration.assign("maxmemory", 1);
  clock.advance(500);
  assert(server.memory.enforce());
  server.jobs.wait("rdb");
  server.jobs.beginNext();
  assertEquals(server.jobs.running, null);
  server.configuration.assign("maxmemory", 0);
  assertEquals(server.keyspace.databases[0].size, 2);
  clock.advance(500);
  await caller.read();
  clock.advance(200);
  await waitFor(
    "the snapshot to be begun",
    () => server.jobs.running !== null || server.rdbSaves.lastSave > 0,
  );
});

Deno.test("who waits for keys is served when a slow script has ended", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const caller = await parts.connect(),
    waiter = await parts.connect(),
    other = await parts.connect();
  const timed = await parts.connect();
  await waiter.send("BLPOP", "l", "0");
  await timed.send("BLPOP", "nothing", "0.5");
  await waitFor("both to wait", () => parts.server.waiting.count === 2);
  await beginSlow(
    parts,
    caller,
    `redis.call('rpush', 'l', 'a') ${WAIT} redis.call('lpush', 'l', 'b')`,
  );
  assertEquals(await raw(other, "UNWATCH"), "+OK\r\n");
  assertEquals(waiter.unread, "");
  // Time limits hold all the same.
  parts.clock.advance(600);
  assertEquals((await timed.read()).raw, "*-1\r\n");
  parts.clock.advance(400);
  assertEquals((await waiter.read()).raw, "*2\r\n$1\r\nl\r\n$1\r\nb\r\n");
});

Deno.test("a slow script runs to its end when its caller goes, and what the caller sent behind it is done", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const { server, clock } = parts;
  const polite = await parts.connect(), other = await parts.connect();
  await beginSlow(
    parts,
    polite,
    `redis.call('set', 'a', 1) ${WAIT} redis.call('incr', 'a') return 5`,
  );
  await polite.send("INCR", "a");
  await polite.closeWrite();
  assertEquals(await raw(other, "PING"), BUSY);
  clock.advance(1000);
  assertEquals((await polite.read()).raw, ":5\r\n");
  assertEquals((await polite.read()).raw, ":3\r\n");
  assert(await polite.waitForClose());

  const killed = await parts.connect();
  await beginSlow(
    parts,
    killed,
    `redis.call('set', 'a', 1) ${WAIT} redis.call('incr', 'a') return 5`,
  );
  const [client] = [...server.clients].filter(({ isWaiting }) => isWaiting);
  server.clients.kill(client);
  assert(await killed.waitForClose());
  assertEquals(await raw(other, "PING"), BUSY);
  clock.advance(1000);
  await waitFor("the script to end", () => !server.isHalfway);
  assertEquals(await raw(other, "GET", "a"), "$1\r\n2\r\n");
  assertEquals(server.waiting.count, 0);
  await waitFor("the client to be forgotten", () => server.clients.count === 1);
});

Deno.test("EXEC runs to its end when its caller goes during a script of it", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const { server, clock } = parts;
  const caller = await parts.connect(), other = await parts.connect();
  await caller.pipeline([["MULTI"], ["SET", "a", "1"], ["EVAL", WAIT, "0"], ["INCR", "a"]]);
  await caller.send("EXEC");
  await waitFor("the script to be slow", () => server.isHalfway);
  await caller.close();
  await waitFor("the server to see that", () => server.clients.count <= 2);
  clock.advance(1000);
  await waitFor("the script to end", () => !server.isHalfway);
  assertEquals(await raw(other, "GET", "a"), "$1\r\n2\r\n");
});

Deno.test("clients that are paused go on behind a slow script when their pause ends during it", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const caller = await parts.connect(), paused = await parts.connect();
  await caller.texts("CLIENT", "PAUSE", "500", "WRITE");
  await paused.send("SET", "k", "v");
  await waitFor("the other to wait", () => parts.server.waiting.count === 1);
  await caller.send("EVAL_RO", `${WAIT} return 1`, "0");
  await waitFor("the script to be slow", () => parts.server.isHalfway);
  parts.clock.advance(600);
  assertEquals(paused.unread, "");
  parts.clock.advance(400);
  assertEquals((await caller.read()).raw, ":1\r\n");
  assertEquals((await paused.read()).raw, "+OK\r\n");
});

Deno.test("a client that is told BUSY is not taken to be idle, nor is the caller", async () => {
  await using parts = await startEmbedded({ ...SLOW_AFTER, timeout: "10" });
  const { clock } = parts;
  const caller = await parts.connect(), other = await parts.connect(), idle = await parts.connect();
  await idle.texts("PING");
  await beginSlow(parts, caller, "while true do end");
  for (let i = 0; i < 20; i++) {
    clock.advance(1000);
    assertEquals(await raw(other, "PING"), BUSY);
  }
  assert(await idle.waitForClose());
  assertEquals(await raw(other, "SCRIPT", "KILL"), "+OK\r\n");
  assertMatch((await caller.read()).raw, KILLED);
});

Deno.test("a slow script counts, and is in the slow log, with all its time", async () => {
  await using parts = await startEmbedded({ ...SLOW_AFTER, "slowlog-log-slower-than": "20000" });
  const caller = await parts.connect();
  await caller.send("EVAL", `${WAIT} return 1`, "0", "argument");
  await waitFor("the script to be slow", () => parts.server.isHalfway);
  parts.clock.advance(1000);
  await caller.read();
  const [entry] = (await caller.call("SLOWLOG", "GET", "1")).children ?? [];
  assertEquals(entry.children?.[3].children?.[3].text, "argument");
  assert(Number(entry.children?.[2].text) >= 20_000);
  assertMatch(
    await raw(caller, "INFO", "commandstats"),
    /cmdstat_eval:calls=1,usec=\d{5,},.*failed_calls=0/,
  );
});

Deno.test("a signal ends the server when its slow script has ended", async () => {
  await using parts = await startEmbedded(SLOW_AFTER);
  const { server, clock } = parts;
  const caller = await parts.connect();
  await beginSlow(parts, caller, `redis.call('set', 'a', 1) ${WAIT} return 1`);
  server.lifecycle.receive("SIGTERM", () => {});
  clock.advance(500);
  assert(!server.lifecycle.isEnding);
  clock.advance(500);
  assertEquals((await caller.read()).raw, ":1\r\n");
  clock.advance(200);
  assertEquals(await server.ended, 0);
});

Deno.test("a key that MIGRATE has taken elsewhere goes when a slow script has ended", async () => {
  using target = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using parts = await startEmbedded(SLOW_AFTER);
  const { server, clock } = parts;
  const heard = hear(parts);
  const caller = await parts.connect(), migrating = await parts.connect();
  await caller.texts("SET", "k", "v");
  const port = String(target.addr.port);
  await migrating.send("MIGRATE", "127.0.0.1", port, "k", "0", "5000");
  using peer = await target.accept();
  await peer.read(new Uint8Array(1000));
  await caller.send("EVAL_RO", `${WAIT} return redis.call('get', KEYS[1])`, "1", "k");
  await waitFor("the script to be slow", () => server.isHalfway);
  await peer.write(new TextEncoder().encode("+OK\r\n+OK\r\n"));
  const other = await parts.connect();
  for (let i = 0; i < 20; i++) assertEquals(await raw(other, "PING"), BUSY);
  assertEquals(migrating.unread, "");
  clock.advance(1000);
  assertEquals((await caller.read()).raw, "$1\r\nv\r\n");
  assertEquals((await migrating.read()).raw, "+OK\r\n");
  assertEquals(await raw(other, "EXISTS", "k"), ":0\r\n");
  assertEquals(heard, ["SET k v", "DEL k"]);
});
