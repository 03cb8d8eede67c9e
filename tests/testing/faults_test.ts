/** What a test has go wrong, seen by a client. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ListenError, ManualClock, startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("fail answers the commands that are meant with an error until it is removed", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await using other = await RawClient.connect(redis.port);
  await other.texts("CLIENT", "SETNAME", "other");
  const error = "LOADING Redis is loading the dataset in memory";
  {
    using fault = redis.fail({ command: ["get", "CONFIG GET"], error });
    assertEquals((await client.call("GET", "k")).raw, `-${error}\r\n`);
    assertEquals((await client.call("CONFIG", "GET", "port")).text, error);
    assertEquals(await client.texts("SET", "k", "v"), ["OK"]);
    assertEquals(fault.hits, 2);
  }
  assertEquals(await client.texts("GET", "k"), ["v"]);
  using byKey = redis.fail({ key: /^user:/, error: "ERR no users" });
  assertEquals((await client.call("MGET", "k", "user:1")).text, "ERR no users");
  assertEquals((await client.call("SET", "xuser:1", "v")).text, "OK");
  byKey.remove();
  using byClient = redis.fail({ client: "other", error: "ERR not you", times: 2 });
  assertEquals(await client.texts("PING"), ["PONG"]);
  const answers = await other.pipeline([["PING"], ["PING"], ["PING"]]);
  assertEquals(answers.map(({ text }) => text), ["ERR not you", "ERR not you", "PONG"]);
  assertEquals(byClient.hits, 2);
  using config = redis.fail({ command: "config", error: "ERR none of them" });
  assertEquals((await client.call("CONFIG", "SET", "hz", "10")).text, "ERR none of them");
  config.remove();
  assertEquals(redis.stats().errors, { ERR: 4, LOADING: 2 });
  assertThrows(() => redis.fail({ error: "two\r\nlines" }), TypeError);
  assertThrows(() => redis.fail({ error: "ERR x", times: 0 }), RangeError);
});

Deno.test("fail aborts the transaction that a command stands in", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  using _fault = redis.fail({ command: "incr", error: "OOM command not allowed", times: 1 });
  const replies = await client.pipeline([["MULTI"], ["INCR", "n"], ["SET", "k", "v"], ["EXEC"]]);
  assertEquals(replies.map(({ raw }) => raw), [
    "+OK\r\n",
    "-OOM command not allowed\r\n",
    "+QUEUED\r\n",
    "-EXECABORT Transaction discarded because of previous errors.\r\n",
  ]);
  assertEquals(redis.keys(), []);
});

Deno.test("fail ends the transaction when EXEC itself fails, as a refusal of the server's own", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  using _fault = redis.fail({ command: "exec", error: "LOADING not yet", times: 1 });
  const replies = await client.pipeline([["MULTI"], ["SET", "k", "v"], ["EXEC"], ["EXEC"]]);
  assertEquals(replies.slice(2).map(({ text }) => text), [
    "EXECABORT Transaction discarded because of: LOADING not yet",
    "ERR EXEC without MULTI",
  ]);
  assertEquals(redis.keys(), []);
});

Deno.test("delay holds up the commands that are meant, and nobody else, by the server's clock", async () => {
  await using redis = await startServer({ clock: new ManualClock() });
  await using client = await RawClient.connect(redis.port);
  await using other = await RawClient.connect(redis.port);
  using fault = redis.delay(1000, { command: "set" });
  const replies = client.pipeline([["SET", "k", "1"], ["GET", "k"], ["SET", "k", "2"]]);
  await waitFor("the command to wait", () => redis.clients().some(({ isWaiting }) => isWaiting));
  assertEquals((await other.call("GET", "k")).raw, "$-1\r\n");
  redis.clock.advance(999);
  await redis.whenIdle();
  assertEquals(redis.keys(), []);
  redis.clock.advance(1);
  await waitFor("the second to wait", () => fault.hits === 2);
  assertEquals(await other.texts("GET", "k"), ["1"]);
  fault.remove();
  // What waits already keeps its delay.
  redis.clock.advance(1000);
  assertEquals((await replies).map(({ text }) => text), ["OK", "1", "OK"]);
  assertEquals(await client.texts("SET", "k", "3"), ["OK"]);
  assertThrows(() => redis.delay(-1), RangeError);
  assertThrows(() => redis.delay(NaN), RangeError);
});

Deno.test("delay adds up with other faults, and ends with its client", async () => {
  await using redis = await startServer({ clock: new ManualClock() });
  await using client = await RawClient.connect(redis.port);
  using first = redis.delay(100);
  using second = redis.delay(50);
  using failing = redis.fail({ error: "ERR late" });
  const reply = client.call("PING");
  await waitFor("the first delay", () => first.hits === 1);
  redis.clock.advance(100);
  await waitFor("the second delay", () => second.hits === 1);
  assertEquals(failing.hits, 0);
  redis.clock.advance(50);
  assertEquals((await reply).text, "ERR late");
  assertEquals([first.hits, second.hits, failing.hits], [1, 1, 1]);
  const gone = await RawClient.connect(redis.port);
  await gone.send("PING");
  await waitFor("it to wait", () => first.hits === 2);
  await gone.close();
  // As in a server that takes that long, what it has sent still runs.
  redis.clock.advance(100);
  await waitFor("the second delay", () => second.hits === 2);
  redis.clock.advance(50);
  await waitFor("it to be gone", () => redis.clients().length === 1);
  assertEquals(failing.hits, 2);
  for (const fault of [first, second, failing]) fault.remove();
  assertEquals(await client.texts("PING"), ["PONG"]);
});

Deno.test("cutReplies closes the connection in the middle of a reply", async () => {
  await using redis = await startServer();
  redis.call("SET", "k", "0123456789");
  using fault = redis.cutReplies({ command: "get", after: 8, times: 1 });
  {
    await using client = await RawClient.connect(redis.port);
    await client.send("GET", "k");
    const error = await assertRejects(() => client.read());
    assert(String(error).includes("$10\\r\\n012") || String(error).includes("$10"), String(error));
    assertEquals(fault.hits, 1);
  }
  await using client = await RawClient.connect(redis.port);
  assertEquals(await client.texts("GET", "k"), ["0123456789"]);
});

Deno.test("disconnectAll closes all connections, and lets clients come again", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await client.texts("SET", "k", "v");
  redis.disconnectAll();
  assertEquals(await client.waitForClose(), true);
  await using again = await RawClient.connect(redis.port);
  assertEquals(await again.texts("GET", "k"), ["v"]);
});

Deno.test("refuseConnections lets nobody in, and leaves those who are there", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  const { port } = redis;
  {
    await using _refusing = await redis.refuseConnections();
    await assertRejects(() => RawClient.connect(port), Deno.errors.ConnectionRefused);
    assertEquals(await client.texts("SET", "k", "v"), ["OK"]);
  }
  await using again = await RawClient.connect(port);
  assertEquals(await again.texts("GET", "k"), ["v"]);
});

Deno.test("offline closes all and keeps the data, which is there again when the server is online", async () => {
  await using redis = await startServer();
  await using client = await RawClient.connect(redis.port);
  await client.texts("SET", "k", "v");
  await redis.offline();
  assertEquals(await client.waitForClose(), true);
  await assertRejects(() => RawClient.connect(redis.port), Deno.errors.ConnectionRefused);
  assertEquals(redis.call("GET", "k"), "v");
  await redis.online();
  await redis.online();
  await using again = await RawClient.connect(redis.port);
  assertEquals(await again.texts("GET", "k"), ["v"]);
});

Deno.test("online rejects while somebody else has the port, and listens when it is free", async () => {
  await using redis = await startServer();
  const { port } = redis;
  await redis.offline();
  const other = Deno.listen({ hostname: "127.0.0.1", port });
  await assertRejects(() => redis.online(), ListenError);
  other.close();
  await redis.online();
  await using client = await RawClient.connect(port);
  assertEquals(await client.texts("PING"), ["PONG"]);
});
