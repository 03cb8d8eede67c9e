/** npm:ioredis, as it comes, against an embedded server. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { startServer } from "../../src/mod.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { connectWith } from "./ioredis_family.ts";

for (const protocol of ["its default", 2, 3] as const) {
  const options = typeof protocol === "number" ? { protocol } : {};
  const title = (what: string) => `npm:ioredis ${what} when the protocol is ${protocol}`;

  Deno.test(title("reads and writes strings"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    assertEquals(await client.ping(), "PONG");
    assertEquals(await client.set("key", "grün"), "OK");
    assertEquals(await client.get("key"), "grün");
    assertEquals(await client.set("key", "x", "NX"), null);
    assertEquals(await client.set("key", "new", "GET"), "grün");
    assertEquals(await client.mset({ a: 1, b: 2 }), "OK");
    assertEquals(await client.mget("a", "nosuch", "b"), ["1", null, "2"]);
    assertEquals(await client.incrby("a", 41), 42);
    assertEquals(await client.incrbyfloat("a", 0.5), "42.5");
    assertEquals(await client.setrange("key", 5, "!"), 6);
    assertEquals(await client.get("key"), "new\0\0!");
    assertEquals(await client.getdel("key"), "new\0\0!");
    await assertRejects(() => client.incr("a"), Error, "ERR value is not an integer");
  });

  Deno.test(title("reads and writes hashes"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    assertEquals(await client.hset("user", { name: "Ann", born: 1970 }), 2);
    assertEquals(await client.hgetall("user"), { name: "Ann", born: "1970" });
    assertEquals(await client.hmget("user", "name", "nosuch"), ["Ann", null]);
    assertEquals(await client.hincrby("user", "born", 10), 1980);
    assertEquals(await client.hkeys("user"), ["name", "born"]);
    assertEquals(await client.hdel("user", "name", "nosuch"), 1);
    await assertRejects(() => client.get("user"), Error, "WRONGTYPE");
  });

  Deno.test(title("sets and reads TTLs"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    await client.set("key", "value", "EX", 100);
    assertEquals(await client.ttl("key"), 100);
    assertEquals(await client.expire("key", 200, "LT"), 0);
    assert(await client.pttl("key") > 99_000);
    assertEquals(await client.persist("key"), 1);
    assertEquals(await client.ttl("key"), -1);
    await client.pexpire("key", 1);
    await waitFor("the key to expire", async () => await client.exists("key") === 0);
  });

  Deno.test(title("gets the replies of a pipeline in order, errors among them"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    const replies = await client.pipeline()
      .set("text", "abc").set("key", 1).incr("key").incr("text").hset("hash", "field", "value")
      .hget("hash", "field").exec();
    assertEquals(replies?.map(([error, reply]) => error ? error.message : reply), [
      "OK",
      "OK",
      2,
      "ERR value is not an integer or out of range",
      1,
      "value",
    ]);
  });

  Deno.test(title("scans keys and fields"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
    await Promise.all(names.map((name) => client.set(name, "value")));
    await client.hset("hash", Object.fromEntries(names.map((name) => [name, "value"])));
    const keys = new Set<string>(), fields = new Set<string>();
    for await (const batch of client.scanStream({ match: "key:*", count: 50 })) {
      for (const key of batch) keys.add(key);
    }
    for await (const batch of client.hscanStream("hash")) {
      for (let i = 0; i < batch.length; i += 2) fields.add(batch[i]);
    }
    assertEquals([...keys].sort(), names.toSorted());
    assertEquals([...fields].sort(), names.toSorted());
  });

  Deno.test(title("gets back binary keys and values"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const large = Buffer.alloc(300_000, every);
    assertEquals(await client.set(every, large), "OK");
    assertEquals(Buffer.compare(await client.getBuffer(every) as Buffer, large), 0);
    assertEquals((await client.keysBuffer("*")).map((key) => Buffer.compare(key, every)), [0]);
  });

  Deno.test(title("gets every reply when thousands of commands are in flight"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    const count = 20_000;
    const replies = await Promise.all(Array.from({ length: count }, (_, i) => {
      switch (i % 4) {
        case 0:
          return client.incr("counter");
        case 1:
          return client.set(`key:${i}`, `value ${i}`);
        case 2:
          return client.get(`key:${i - 1}`);
        default:
          return client.hset("hash", `field:${i}`, i);
      }
    }));
    for (let i = 0; i < count; i += 4) {
      const expected = [i / 4 + 1, "OK", `value ${i + 1}`, 1];
      assertEquals(replies.slice(i, i + 4), expected, `from reply ${i}`);
    }
    assertEquals(await client.hlen("hash"), count / 4);
  });

  Deno.test(title("connects again when its connection was killed"), async () => {
    await using server = await startServer();
    await using client = await connectWith(Redis, server.url, options);
    await using other = await connectWith(Redis, server.url, options);
    await client.set("key", "value");
    const id = await client.client("ID");
    assertEquals(await other.client("KILL", "ID", id), 1);
    await waitFor("a new connection", async () => await client.client("ID") !== id);
    assertEquals(await client.get("key"), "value");
  });
}

Deno.test("npm:ioredis connects again when the server comes back on its port with its data", async () => {
  await using directory = await TempDir.create("clients-");
  const options = { directory: directory.path, directives: { appendonly: "yes" } };
  const first = await startServer(options);
  const client = await connectWith(Redis, first.url);
  await client.set("key", "value");
  const lost = new Promise((resolve) => client.once("close", resolve));
  await first.stop();
  await lost;
  await using _second = await startServer({ ...options, port: first.port });
  // Sent while there is no connection: the client keeps it for the next one.
  assertEquals(await client.get("key"), "value");
  await client.quit();
});

Deno.test("npm:ioredis connects when the server wants a password and a database is chosen", async () => {
  await using server = await startServer({ directives: { requirepass: "open sesame" } });
  const url = new URL(server.url);
  url.password = "open sesame";
  url.pathname = "/7";
  await using client = await connectWith(Redis, url.href, { connectionName: "a-name" });
  assertEquals(await client.client("GETNAME"), "a-name");
  assert(/ name=a-name .* db=7 /.test(await client.client("INFO")));
  url.password = "wrong";
  await assertRejects(() => connectWith(Redis, url.href, { retryStrategy: null }), Error);
});

Deno.test("npm:ioredis sends what it has gathered when it pipelines by itself", async () => {
  await using server = await startServer();
  await using client = await connectWith(Redis, server.url, { enableAutoPipelining: true });
  const values = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => client.set(`key:${i}`, i, "GET")),
  );
  assertEquals(values, new Array(1000).fill(null));
  assertEquals(await client.dbsize(), 1000);
});
