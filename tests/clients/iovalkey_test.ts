/** npm:iovalkey, as it comes, against an embedded server. It speaks RESP2 only. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { startServer } from "../../src/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { connectWith, testEverydayFeatures } from "./ioredis_family.ts";

testEverydayFeatures(
  (what) => `npm:iovalkey ${what}`,
  // It has ioredis' methods, under types of its own.
  async (url) => await connectWith(Valkey, url) as unknown as Redis & AsyncDisposable,
);

Deno.test("npm:iovalkey reads and writes strings and hashes", async () => {
  await using server = await startServer();
  await using client = await connectWith(Valkey, server.url);
  assertEquals(await client.set("key", "grün", "EX", 100), "OK");
  assertEquals(await client.get("key"), "grün");
  assertEquals(await client.ttl("key"), 100);
  assertEquals(await client.mget("key", "nosuch"), ["grün", null]);
  assertEquals(await client.hset("user", { name: "Ann", born: 1970 }), 2);
  assertEquals(await client.hgetall("user"), { name: "Ann", born: "1970" });
  await assertRejects(() => client.incr("key"), Error, "ERR value is not an integer");
  await assertRejects(() => client.get("user"), Error, "WRONGTYPE");
});

Deno.test("npm:iovalkey gets the replies of a pipeline in order, errors among them", async () => {
  await using server = await startServer();
  await using client = await connectWith(Valkey, server.url);
  const replies = await client.pipeline().set("text", "abc").incr("text").strlen("text").exec();
  assertEquals(replies?.map(([error, reply]) => error ? error.message : reply), [
    "OK",
    "ERR value is not an integer or out of range",
    3,
  ]);
});

Deno.test("npm:iovalkey scans keys and gets back binary values", async () => {
  await using server = await startServer();
  await using client = await connectWith(Valkey, server.url);
  const names = Array.from({ length: 500 }, (_, i) => `key:${i}`);
  await Promise.all(names.map((name) => client.set(name, "value")));
  const keys = new Set<string>();
  for await (const batch of client.scanStream({ match: "key:*", count: 50 })) {
    for (const key of batch) keys.add(key);
  }
  assertEquals([...keys].sort(), names.toSorted());
  const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.set(every, every);
  assertEquals(Buffer.compare(await client.getBuffer(every) as Buffer, every), 0);
});

Deno.test("npm:iovalkey connects when the server wants a password and a database is chosen", async () => {
  await using server = await startServer({ directives: { requirepass: "open sesame" } });
  const url = new URL(server.url);
  url.password = "open sesame";
  url.pathname = "/7";
  await using client = await connectWith(Valkey, url.href, { connectionName: "a-name" });
  assert(/ name=a-name .* db=7 /.test(String(await client.client("INFO"))));
});

Deno.test("npm:iovalkey connects again when its connection was killed", async () => {
  await using server = await startServer();
  await using client = await connectWith(Valkey, server.url);
  await using other = await connectWith(Valkey, server.url);
  const id = Number(await client.client("ID"));
  assertEquals(await other.client("KILL", "ID", id), 1);
  await waitFor("a new connection", async () => await client.client("ID") !== id);
});
