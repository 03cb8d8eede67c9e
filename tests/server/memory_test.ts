/** What counts as memory in use, and for how long too much of it was. */

import { assert, assertEquals } from "@std/assert";
import { connectFake } from "../support/fake_connection.ts";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";

/** Both of INFO's fields: this time, altogether. */
function exceeded({ server }: EmbeddedParts): [number, number] {
  const { current, total } = server.memory.exceededTime;
  return [current, total];
}

Deno.test("Memory tells for how long more was in use than maxmemory allows", async () => {
  await using embedded = await startEmbedded();
  const { clock } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "k", "v");
  clock.advance(1000);
  assertEquals(exceeded(embedded), [0, 0]);
  await client.texts("CONFIG", "SET", "maxmemory", "1");
  await client.call("SET", "k", "w");
  clock.advance(500);
  await client.call("SET", "k", "w");
  clock.advance(250);
  assertEquals(exceeded(embedded), [750, 750]);
  await client.texts("CONFIG", "SET", "maxmemory", "100mb");
  await client.texts("SET", "k", "w");
  clock.advance(5000);
  assertEquals(exceeded(embedded), [0, 750]);
  await client.texts("CONFIG", "SET", "maxmemory", "1");
  await client.call("SET", "k", "w");
  clock.advance(10);
  assertEquals(exceeded(embedded), [10, 760]);
  await client.texts("CONFIG", "SET", "maxmemory", "0");
  await client.texts("PING");
  clock.advance(10);
  assertEquals(exceeded(embedded), [0, 760]);
  const stats = (await client.call("INFO", "stats")).text ?? "";
  assert(
    stats.includes("total_eviction_exceeded_time:760\r\ncurrent_eviction_exceeded_time:0\r\n"),
  );
  await client.texts("CONFIG", "RESETSTAT");
  assertEquals(exceeded(embedded), [0, 0]);
});

Deno.test("Memory counts the keys that clients track", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const { memory } = embedded.server;
  const used = () => memory.used - memory.clients;
  const before = used();
  await client.texts("CLIENT", "TRACKING", "ON");
  await client.texts("MGET", ...Array.from({ length: 1000 }, (_, i) => `a long name ${i}`));
  assert(used() > before + 10_000);
  await client.texts("FLUSHALL");
  assert(used() < before + 10_000);
});

Deno.test("INFO tells how many clients wait for a limited time", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const waiting = [await embedded.connect(), await embedded.connect(), await embedded.connect()];
  await waiting[0].send("BLPOP", "l", "0");
  await waiting[1].send("BLPOP", "l", "100");
  await waiting[2].send("WAIT", "1", "100000");
  const { server } = embedded;
  await waitFor("the clients to wait", () => server.waiting.count === 3);
  const clients = (await client.call("INFO", "clients")).text ?? "";
  assert(/blocked_clients:3\r\n.*clients_in_timeout_table:2\r\n/s.test(clients), clients);
});

/** What INFO calls used memory. */
async function usedMemory(client: { texts(...args: string[]): Promise<string[]> }) {
  return Number(/used_memory:(\d+)/.exec((await client.texts("INFO", "memory"))[0])?.[1]);
}

Deno.test("Memory counts what clients hold, and no more of it once they let go", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect(), looker = await embedded.connect();
  const names = Array.from({ length: 5000 }, (_, i) => `a name ${10_000 + i}`);
  const holds: [string, string[], string[]][] = [
    ["watched keys", ["WATCH", ...names], ["UNWATCH"]],
    ["queued commands", ["MSET", ...names, ...names], ["DISCARD"]],
    ["prefixes", [
      "CLIENT",
      "TRACKING",
      "ON",
      "BCAST",
      ...names.flatMap((name) => ["PREFIX", name]),
    ], ["CLIENT", "TRACKING", "OFF"]],
    ["channels", ["SUBSCRIBE", ...names], ["RESET"]],
    ["patterns", ["PSUBSCRIBE", ...names], ["RESET"]],
    ["shard channels", ["SSUBSCRIBE", ...names], ["RESET"]],
  ];
  await client.texts("HELLO", "3");
  for (const [what, take, release] of holds) {
    const before = await usedMemory(looker);
    if (take[0] === "MSET") await client.texts("MULTI");
    await client.send(...take);
    await waitFor(`${what} to be counted`, async () => {
      return await usedMemory(looker) > before + 5000 * 8;
    });
    await client.send(...release);
    await waitFor(`${what} to be gone`, async () => {
      // Subscriptions of who is gone are removed little by little. The query buffer may have grown.
      embedded.clock.advance(100);
      return await usedMemory(looker) < before + 200_000;
    });
  }
});

Deno.test("Memory evicts keys for what a client does not read, and has room again when it has", async () => {
  await using embedded = await startEmbedded({
    maxmemory: "20mb",
    "maxmemory-policy": "volatile-random",
  });
  const { server } = embedded;
  const client = await embedded.connect();
  // The key that is read has no time to live: it stays, so that every reply is as long as the first.
  await client.texts("SET", "key:0", "x".repeat(100_000));
  for (let i = 1; i < 100; i++) {
    await client.texts("SET", `key:${i}`, "x".repeat(100_000), "EX", "1000");
  }
  assertEquals(await client.texts("DBSIZE"), ["100"]);
  const { socket } = connectFake(server);
  socket.holdsWrites = true;
  socket.send("GET key:0\r\n".repeat(150));
  await waitFor("the replies to be made", () => server.memory.clients > 10_000_000);
  await client.texts("PING");
  await waitFor("keys to be evicted", () => server.keyspace.databases[0].size < 60);
  assert(server.memory.used <= 20 * 1024 * 1024 + 100_000);
  socket.holdsWrites = false;
  socket.finishWrite();
  await waitFor("the replies to be read", () => server.memory.clients < 1_000_000);
});

Deno.test("a client whose buffers are too large is closed before the next command runs", async () => {
  await using embedded = await startEmbedded({ "maxmemory-clients": "2mb" });
  const { server, log } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "key", "x".repeat(100_000));
  const { socket } = connectFake(server);
  socket.holdsWrites = true;
  // In one batch: what comes behind the command that was too much is not run.
  socket.send("GET key\r\n".repeat(30) + "SET key changed\r\n");
  await waitFor("the client to be evicted", () => socket.isClosed);
  assertEquals(await client.texts("STRLEN", "key"), ["100000"]);
  assert(log.some((line) => line.includes("Evicting client: id=")));
  assertEquals(server.statistics.evictedClients, 1);
});

Deno.test("what waits for a client that only listens is counted, and closes it where it is too much", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": "pubsub 0 0 0",
  });
  const { server } = embedded;
  const client = await embedded.connect();
  const { socket } = connectFake(server);
  socket.send("SUBSCRIBE channel\r\n");
  await waitFor("the subscription", () => server.pubsub.nameCount("channel") === 1);
  socket.holdsWrites = true;
  for (let i = 0; i < 30; i++) await client.texts("PUBLISH", "channel", "x".repeat(100_000));
  await waitFor("the messages to be counted", () => server.memory.clients > 2_900_000);
  await client.texts("CONFIG", "SET", "maxmemory-clients", "2mb");
  await client.texts("PING");
  await waitFor("the listener to be closed", () => socket.isClosed);
  assertEquals(server.statistics.evictedClients, 1);
  assert(server.memory.clients < 500_000);
});

Deno.test("what a client has queued while it was held up is counted when it goes on", async () => {
  await using embedded = await startEmbedded();
  const { server } = embedded;
  const client = await embedded.connect();
  await client.texts("CLIENT", "PAUSE", "100000", "WRITE");
  const { socket } = connectFake(server);
  socket.send("SET key value\r\nMULTI\r\n" + "SET key value\r\n".repeat(20_000));
  await waitFor("the pause to hold it up", () => server.clients.blockedCount === 1);
  const before = server.memory.clients;
  await client.texts("CLIENT", "UNPAUSE");
  await waitFor(
    "the queue to be counted",
    () => server.memory.clients - before > 20_000 * 13,
  );
});

Deno.test("keys are evicted when maxmemory is lowered, without waiting for a command", async () => {
  await using embedded = await startEmbedded({ "maxmemory-policy": "allkeys-random" });
  const { server } = embedded;
  const client = await embedded.connect();
  for (let i = 0; i < 100; i++) await client.texts("SET", `key:${i}`, "x".repeat(100_000));
  await client.texts("CONFIG", "SET", "maxmemory", "5mb");
  await waitFor("keys to be evicted", () => server.keyspace.databases[0].size < 50);
});
