/** Scripts as client libraries send them: by their SHA-1 first, and as texts where the server has none. */

import { assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { createClient, defineScript } from "redis";
import { startServer } from "../../src/mod.ts";

/** Lets go of a lock that is its owner's. */
const RELEASE = `
if redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.call("del", KEYS[1])
end
return 0`;

Deno.test("npm:ioredis defines a command that is a script when the server does not know it", async () => {
  await using server = await startServer();
  const client = new Redis(server.url);
  try {
    client.defineCommand("release", { numberOfKeys: 1, lua: RELEASE });
    const { release } = client as unknown as {
      release(key: string, owner: string): Promise<number>;
    };
    await client.set("lock", "me");
    assertEquals(await release.call(client, "lock", "you"), 0);
    assertEquals(await release.call(client, "lock", "me"), 1);
    assertEquals(await client.exists("lock"), 0);
    await client.script("FLUSH");
    assertEquals(await release.call(client, "lock", "me"), 0);
    await client.set("text", "x");
    await assertRejects(
      () => client.eval("return redis.call('incr', KEYS[1])", 1, "text"),
      Error,
      "value is not an integer",
    );
  } finally {
    await client.quit();
  }
});

Deno.test("npm:redis runs a script that it was created with when the server does not know it", async () => {
  await using server = await startServer();
  const release = defineScript({
    SCRIPT: RELEASE,
    NUMBER_OF_KEYS: 1,
    parseCommand: (parser, key: string, owner: string) => {
      parser.pushKey(key);
      parser.push(owner);
    },
    transformReply: (reply: unknown) => Number(reply),
  });
  const client = createClient({ url: server.url, scripts: { release } });
  await client.connect();
  try {
    await client.set("lock", "me");
    assertEquals(await client.release("lock", "you"), 0);
    assertEquals(await client.release("lock", "me"), 1);
    const replies = await client.multi().set("lock", "me").release("lock", "me").exec();
    assertEquals(replies.map(String), ["OK", "1"]);
  } finally {
    await client.close();
  }
});
