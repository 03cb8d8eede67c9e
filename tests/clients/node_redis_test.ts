/** npm:redis, as it comes, against an embedded server. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createClient, RESP_TYPES } from "redis";
import { startServer } from "../../src/mod.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { patientOptions } from "./patient_options.ts";

/** A connected client; disposing closes it. */
async function connect(url: string, options: { RESP?: 2 | 3 } = {}) {
  const client = await createClient({ url, ...patientOptions(), ...options }).connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

for (const protocol of ["its default", 2, 3] as const) {
  const options = typeof protocol === "number" ? { RESP: protocol } : {};
  const title = (what: string) => `npm:redis ${what} when the protocol is ${protocol}`;

  Deno.test(title("reads and writes strings"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    assertEquals(await client.ping(), "PONG");
    assertEquals(await client.set("key", "grün"), "OK");
    assertEquals(await client.get("key"), "grün");
    assertEquals(await client.strLen("key"), 5);
    assertEquals(await client.set("key", "x", { condition: "NX" }), null);
    assertEquals(await client.set("key", "new", { GET: true }), "grün");
    assertEquals(await client.mSet({ a: "1", b: "2" }), "OK");
    assertEquals(await client.mGet(["a", "nosuch", "b"]), ["1", null, "2"]);
    assertEquals(await client.incrBy("a", 41), 42);
    assertEquals(await client.incrByFloat("a", 0.5), "42.5");
    assertEquals(await client.getRange("key", 1, -1), "ew");
    assertEquals(await client.getDel("key"), "new");
    assertEquals(await client.get("key"), null);
    await assertRejects(() => client.incr("a"), Error, "ERR value is not an integer");
  });

  Deno.test(title("reads and writes hashes"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    assertEquals(await client.hSet("user", { name: "Ann", born: 1970 }), 2);
    assertEquals({ ...await client.hGetAll("user") }, { name: "Ann", born: "1970" });
    assertEquals({ ...await client.hGetAll("nosuch") }, {});
    assertEquals(await client.hmGet("user", ["name", "nosuch"]), ["Ann", null]);
    assertEquals(await client.hIncrBy("user", "born", 10), 1980);
    assertEquals(await client.hExists("user", "name"), 1);
    assertEquals(await client.hDel("user", ["name", "nosuch"]), 1);
    assertEquals(await client.hRandFieldCountWithValues("user", 5), [{
      field: "born",
      value: "1980",
    }]);
    await assertRejects(() => client.get("user"), Error, "WRONGTYPE");
  });

  Deno.test(title("sets and reads TTLs"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    await client.set("key", "value", { expiration: { type: "EX", value: 100 } });
    assertEquals(await client.ttl("key"), 100);
    assertEquals(await client.expire("key", 50, "GT"), 0);
    assertEquals(await client.expire("key", 200, "GT"), 1);
    assert(await client.pTTL("key") > 100_000);
    assertEquals(await client.persist("key"), 1);
    assertEquals(await client.ttl("key"), -1);
    await client.pExpire("key", 1);
    await waitFor("the key to expire", async () => await client.exists("key") === 0);
    assertEquals(await client.ttl("key"), -2);
  });

  Deno.test(title("scans keys and fields"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
    await Promise.all(names.map((name) => client.set(name, "value")));
    await client.hSet("hash", Object.fromEntries(names.map((name) => [name, "value"])));
    const keys = new Set<string>(), fields = new Set<string>();
    for await (const batch of client.scanIterator({ MATCH: "key:*", TYPE: "string", COUNT: 50 })) {
      for (const key of batch) keys.add(key);
    }
    for await (const batch of client.hScanIterator("hash")) {
      for (const { field } of batch) fields.add(field);
    }
    assertEquals([...keys].sort(), names.toSorted());
    assertEquals([...fields].sort(), names.toSorted());
  });

  Deno.test(title("gets back binary keys and values"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const large = Buffer.alloc(300_000, every);
    assertEquals(await bytes.set(every, large), "OK");
    assertEquals(Buffer.compare(await bytes.get(every) as Buffer, large), 0);
    assertEquals((await bytes.keys("*")).map((key) => Buffer.compare(key, every)), [0]);
  });

  Deno.test(title("gets every reply when thousands of commands are in flight"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
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
          return client.hSet("hash", `field:${i}`, i);
      }
    }));
    for (let i = 0; i < count; i += 4) {
      const expected = [i / 4 + 1, "OK", `value ${i + 1}`, 1];
      assertEquals(replies.slice(i, i + 4), expected, `from reply ${i}`);
    }
    assertEquals(await client.hLen("hash"), count / 4);
  });

  Deno.test(title("gets the replies of a pipeline in order"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    const replies = await client.multi()
      .set("key", "1").incr("key").hSet("hash", "field", "value").hGet("hash", "field")
      .execAsPipeline();
    assertEquals(replies as unknown[], ["OK", 2, 1, "value"]);
  });

  Deno.test(title("connects again when its connection was killed"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url, options);
    client.on("error", () => {}); // it wants a listener where a connection may be lost
    await using other = await connect(server.url, options);
    await client.set("key", "value");
    const id = await client.clientId();
    await other.sendCommand(["CLIENT", "KILL", "ID", String(id)]);
    await waitFor("a new connection", async () => await client.clientId() !== id);
    assertEquals(await client.get("key"), "value");
  });
}

Deno.test("npm:redis connects again when the server comes back on its port with its data", async () => {
  await using directory = await TempDir.create("clients-");
  const options = { directory: directory.path, directives: { appendonly: "yes" } };
  const first = await startServer(options);
  const client = createClient({ url: first.url, ...patientOptions() });
  let lost = 0;
  client.on("error", () => lost++);
  await client.connect();
  await client.set("key", "value");
  await first.stop();
  await waitFor("the client to notice", () => lost > 0);
  await using _second = await startServer({ ...options, port: first.port });
  // Sent while there is no connection: the client keeps it for the next one.
  assertEquals(await client.get("key"), "value");
  await client.close();
});

Deno.test("npm:redis connects when the server wants a password and a database is chosen", async () => {
  await using server = await startServer({ directives: { requirepass: "open sesame" } });
  const url = new URL(server.url);
  url.password = "open sesame";
  url.pathname = "/7";
  const client = await createClient({ url: url.href, name: "a-name", ...patientOptions() })
    .connect();
  assertEquals(await client.clientGetName(), "a-name");
  const { db, name } = await client.clientInfo();
  assertEquals([db, name], [7, "a-name"]);
  await client.close();
  url.password = "wrong";
  const refused = createClient({ url: url.href, socket: { reconnectStrategy: false } });
  refused.on("error", () => {});
  await assertRejects(() => refused.connect(), Error, "WRONGPASS");
  if (refused.isOpen) refused.destroy();
});
