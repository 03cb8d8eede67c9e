/** What a database holds, as a plain object. */

import { assertEquals } from "@std/assert";
import { type Argument, ManualClock, startServer } from "../../src/mod.ts";

Deno.test("dump shows every type, sorted, with what is left to live", async () => {
  await using redis = await startServer({ clock: new ManualClock(1_700_000_000_000) });
  const commands: Argument[][] = [
    ["SET", "text", "é", "PX", 1500],
    ["SET", "number", 12],
    ["SET", "bytes", Uint8Array.of(0x61, 0xff, 0x00)],
    ["RPUSH", "list", "b", 1, "a"],
    ["SADD", "set", "b", "a", "c"],
    ["SADD", "numbers", 10, 9],
    ["HSET", "hash", "b", 2, "a", 1],
    ["ZADD", "zset", 2, "a", 1, "b"],
    ["XADD", "stream", "1-1", "f", "v", "f", "w"],
    ["XADD", "stream", "2-0", "g", 3],
    ["XGROUP", "CREATE", "stream", "group", "0"],
    ["XREADGROUP", "GROUP", "group", "ann", "COUNT", 1, "STREAMS", "stream", ">"],
    ["SET", "dead", "x", "PX", 5],
  ];
  for (const command of commands) redis.call(...command);
  redis.clock.set(redis.clock.now() + 500);
  assertEquals(redis.dump(), {
    bytes: { type: "string", value: "a\\xff\\x00" },
    hash: { type: "hash", value: { a: "1", b: "2" } },
    list: { type: "list", value: ["b", "1", "a"] },
    number: { type: "string", value: "12" },
    numbers: { type: "set", value: ["10", "9"] },
    set: { type: "set", value: ["a", "b", "c"] },
    stream: {
      type: "stream",
      value: [["1-1", ["f", "v", "f", "w"]], ["2-0", ["g", "3"]]],
      groups: { group: { lastDeliveredId: "1-1", pending: { ann: ["1-1"] } } },
    },
    text: { type: "string", value: "é", ttl: 1000 },
    zset: { type: "zset", value: [["b", 1], ["a", 2]] },
  });
  assertEquals(Object.keys(redis.dump()), redis.keys());
  assertEquals(redis.dump(1), {});
});

Deno.test("dump shows large values as it shows small ones, and counts as no use of them", async () => {
  await using redis = await startServer();
  const many = Array.from({ length: 1000 }, (_, i) => String(i).padStart(4, "0"));
  redis.call("RPUSH", "list", ...many);
  redis.call("SADD", "set", ...many);
  redis.call("HSET", "hash", ...many.flatMap((each) => [each, each]));
  redis.call("ZADD", "zset", ...many.flatMap((each) => [Number(each), each]));
  const before = redis.stats();
  const { list, set, hash, zset } = redis.dump();
  assertEquals(redis.stats(), before);
  assertEquals([list.value, set.value], [many, many]);
  assertEquals(hash.value, Object.fromEntries(many.map((each) => [each, each])));
  assertEquals(zset.value, many.map((each): [string, number] => [each, Number(each)]));
});

Deno.test("nextExpiry tells when the first of all keys expires", async () => {
  await using redis = await startServer({ clock: new ManualClock(1_700_000_000_000) });
  assertEquals(redis.nextExpiry, null);
  redis.call("SET", "a", 1, "PX", 500);
  redis.call("SELECT", 2);
  redis.call("SET", "b", 1, "PX", 300);
  assertEquals(redis.nextExpiry, 1_700_000_000_300);
  redis.clock.advance(301);
  assertEquals(redis.nextExpiry, 1_700_000_000_500);
});
