/** What commands choose at random, with a seed and without. */

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type EmbeddedServer, startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";

const MEMBERS = Array.from({ length: 200 }, (_, i) => `m${i}`);

/** What a server chooses for clients and for calls. */
async function choices(redis: EmbeddedServer): Promise<unknown[]> {
  await using client = await RawClient.connect(redis.port);
  redis.call("SADD", "set", ...MEMBERS);
  redis.call("SADD", "small", "a", "b", "c");
  redis.call("HSET", "hash", ...MEMBERS.flatMap((each) => [each, "v"]));
  redis.call("ZADD", "zset", ...MEMBERS.flatMap((each, i) => [i, each]));
  redis.call("MSET", ...MEMBERS.flatMap((each) => [each, "v"]));
  return [
    redis.call("SPOP", "set", 20),
    await client.texts("SRANDMEMBER", "set", "-20"),
    redis.call("SRANDMEMBER", "small", -10),
    await client.texts("HRANDFIELD", "hash", "10"),
    redis.call("ZRANDMEMBER", "zset", 10),
    await client.texts("RANDOMKEY"),
    redis.call("SSCAN", "set", 0),
  ];
}

Deno.test("a server chooses the same at random when it has the same seed, again after reset", async () => {
  await using first = await startServer({ seed: 7 });
  await using second = await startServer({ seed: 7 });
  await using third = await startServer({ seed: 8 });
  await using unseeded = await startServer();
  const chosen = await choices(first);
  assertEquals(await choices(second), chosen);
  assertNotEquals(await choices(third), chosen);
  assertNotEquals(await choices(unseeded), chosen);
  await first.reset();
  assertEquals(await choices(first), chosen);
});

Deno.test("seed is refused when it is no whole number", async () => {
  for (const seed of [1.5, NaN, Infinity]) {
    const error = await startServer({ seed }).then(() => null, (error) => error);
    assertThrows(() => {
      throw error;
    }, RangeError);
  }
});
