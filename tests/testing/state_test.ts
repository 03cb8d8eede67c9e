/** The data as bytes, and replicas. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock, PersistenceError, startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("restore puts back what snapshot has taken, functions too", async () => {
  await using redis = await startServer({ clock: new ManualClock(1_700_000_000_000) });
  redis.call("SET", "text", "v", "PX", 5000);
  redis.call("RPUSH", "list", ...Array.from({ length: 1000 }, (_, i) => i));
  redis.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=lib\nredis.register_function('f', function() return 7 end)",
  );
  redis.call("SELECT", 3);
  redis.call("SADD", "set", "a");
  const taken = redis.snapshot(), dumps = [redis.dump(), redis.dump(3)];
  redis.call("FLUSHALL");
  redis.call("FUNCTION", "FLUSH");
  redis.call("SET", "later", "x");
  await using client = await RawClient.connect(redis.port);
  await client.pipeline([["WATCH", "text"], ["MULTI"]]);
  redis.restore(taken);
  assertEquals([redis.dump(), redis.dump(3)], dumps);
  assertEquals(redis.call("FCALL", "f", 0), 7);
  assertEquals((await client.call("EXEC")).raw, "*-1\r\n");
});

Deno.test("restore changes nothing when the bytes are no RDB file", async () => {
  await using redis = await startServer();
  redis.call("SET", "k", "v");
  const taken = redis.snapshot();
  for (const bytes of [new Uint8Array(0), taken.subarray(0, 20), Uint8Array.of(1, 2, 3)]) {
    assertThrows(() => redis.restore(bytes), PersistenceError);
  }
  assertEquals(redis.keys(), ["k"]);
});

Deno.test("restore is refused when an append-only file or replicas follow the changes", async () => {
  await using plain = await startServer();
  const taken = plain.snapshot();
  await using _replica = await plain.startReplica();
  assertThrows(() => plain.restore(taken), PersistenceError, "can't take other data");
  await using directory = await TempDir.create();
  await using durable = await startServer({
    directory: directory.path,
    directives: { appendonly: "yes" },
  });
  assertThrows(() => durable.restore(taken), PersistenceError, "can't take other data");
});

Deno.test("startServer begins with the data of an RDB file when it is given one", async () => {
  await using first = await startServer();
  first.call("HSET", "h", "f", "v");
  const rdb = first.snapshot();
  await using second = await startServer({ rdb });
  assertEquals(second.dump(), first.dump());
  await assertRejects(() => startServer({ rdb: Uint8Array.of(1) }), PersistenceError);
});

Deno.test("startReplica resolves when the replica has the data, and follows on the same clock", async () => {
  await using primary = await startServer({
    clock: new ManualClock(1_700_000_000_000),
    directives: { requirepass: "with space" },
  });
  primary.call("SET", "k", "v", "PX", 500);
  await using replica = await primary.startReplica();
  assertEquals(replica.dump(), primary.dump());
  primary.call("SET", "later", "w");
  await waitFor("the change", () => replica.keys().includes("later"));
  assertThrows(() => replica.call("SET", "k", "x"), Error, "READONLY");
  primary.clock.advance(1000);
  assertEquals(replica.keys(), ["later"]);
  assert((primary.call("ROLE") as unknown[][])[2].length === 1);
});
