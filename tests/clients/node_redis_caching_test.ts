/** npm:redis with a cache of its own, which the server keeps true (RESP3). */

import { assertEquals } from "@std/assert";
import { BasicClientSideCache, createClient } from "redis";
import { startServer } from "../../src/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { patientOptions } from "./patient_options.ts";

/** A client with a cache, and one without; disposing closes them. */
async function connectBoth(url: string) {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, recordStats: true });
  const client = createClient({
    url,
    ...patientOptions(),
    RESP: 3,
    clientSideCache: cache,
  });
  client.on("error", () => {}); // it wants a listener where a connection may be lost
  await client.connect();
  const other = await createClient({ url, ...patientOptions() }).connect();
  return {
    cache,
    client,
    other,
    async [Symbol.asyncDispose]() {
      await client.close();
      await other.close();
    },
  };
}

Deno.test("npm:redis answers from its cache until the server says that a key has changed", async () => {
  await using server = await startServer();
  await using both = await connectBoth(server.url);
  const { cache, client, other } = both;
  await other.set("key", "one");
  assertEquals([await client.get("key"), await client.get("key")], ["one", "one"]);
  assertEquals([cache.stats().hitCount, cache.stats().missCount], [1, 1]);
  await other.set("key", "two");
  await waitFor("the cache to forget it", () => cache.size() === 0);
  assertEquals(await client.get("key"), "two");
  await other.hSet("hash", "field", "value");
  assertEquals({ ...await client.hGetAll("hash") }, { field: "value" });
  assertEquals(cache.size(), 2);
  await other.del(["key", "hash"]);
  await waitFor("the cache to forget both", () => cache.size() === 0);
  assertEquals([await client.get("key"), await client.exists("hash")], [null, 0]);
});

Deno.test("npm:redis' cache forgets what expires, what is flushed, and what it changed itself", async () => {
  await using server = await startServer();
  await using both = await connectBoth(server.url);
  const { cache, client, other } = both;
  await other.set("key", "one", { expiration: { type: "PX", value: 30 } });
  await client.get("key");
  await waitFor("the key to expire", async () => await client.get("key") === null);
  await client.mGet(["a", "b"]);
  await other.flushDb();
  await waitFor("the cache to be empty", () => cache.size() === 0);
  assertEquals(await client.get("key"), null);
  await client.set("key", "two");
  assertEquals(await client.get("key"), "two");
  await client.multi().set("key", "three").get("key").exec();
  assertEquals(await client.get("key"), "three");
});

Deno.test("npm:redis' cache is empty when its connection was lost, and is kept true by the next", async () => {
  await using server = await startServer();
  await using both = await connectBoth(server.url);
  const { cache, client, other } = both;
  await other.set("key", "one");
  assertEquals(await client.get("key"), "one");
  const id = await client.clientId();
  await other.sendCommand(["CLIENT", "KILL", "ID", String(id)]);
  await waitFor("a new connection", async () => await client.clientId() !== id);
  assertEquals(cache.size(), 0);
  assertEquals(await client.get("key"), "one");
  await other.set("key", "two");
  await waitFor("the cache to forget it", () => cache.size() === 0);
  assertEquals(await client.get("key"), "two");
});

Deno.test("npm:redis is told of all changes in RESP2 through a subscriber", async () => {
  await using server = await startServer();
  const listener = await createClient({ url: server.url, ...patientOptions(), RESP: 2 }).connect();
  const client = await createClient({ url: server.url, ...patientOptions(), RESP: 2 }).connect();
  const other = await createClient({ url: server.url, ...patientOptions(), RESP: 2 }).connect();
  const id = await listener.clientId();
  const told: unknown[] = [];
  await listener.subscribe("__redis__:invalidate", (message) => told.push(message));
  await client.clientTracking(true, { REDIRECT: id });
  await client.mGet(["a", "b"]);
  await other.mSet({ a: "1", b: "2", c: "3" });
  await waitFor("both messages", () => told.length === 2);
  // It makes texts of the keys.
  assertEquals(told.map(String), ["a", "b"]);
  for (const each of [listener, client, other]) await each.close();
});
