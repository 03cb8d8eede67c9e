/** npm:redlock and npm:rate-limiter-flexible: locks and limits in scripts. */

import { assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import Redlock from "redlock";
import { onBoth } from "./on_both.ts";

onBoth("Redlock locks, extends and releases", async (port) => {
  const client = new Redis(port);
  try {
    const locks = new Redlock([client], { retryCount: 0 });
    const lock = await locks.lock("resource", 60_000);
    await assertRejects(() => locks.lock("resource", 60_000));
    await lock.extend(120_000);
    assertEquals(await client.pttl("resource") > 60_000, true);
    await lock.unlock();
    assertEquals(await client.exists("resource"), 0);
    await assertRejects(() => lock.unlock());
    const [both, other] = [await locks.lock(["a", "b"], 60_000), await locks.lock("c", 60_000)];
    await assertRejects(() => locks.lock(["b", "d"], 60_000));
    assertEquals(await client.exists("d"), 0);
    await both.unlock();
    await other.unlock();
    const again = await locks.lock("b", 50);
    // It is gone after its time.
    await new Redlock([client], { retryCount: 100, retryDelay: 20 }).lock("b", 1000);
    await assertRejects(() => again.unlock());
  } finally {
    client.disconnect();
  }
});

onBoth("rate-limiter-flexible counts, blocks and gives back", async (port) => {
  const client = new Redis(port);
  try {
    const limiter = new RateLimiterRedis({ storeClient: client, points: 3, duration: 100 });
    const left: number[] = [];
    for (let i = 0; i < 3; i++) left.push((await limiter.consume("peer")).remainingPoints);
    assertEquals(left, [2, 1, 0]);
    const refusal = await limiter.consume("peer").catch((reason) => reason);
    assertEquals(refusal instanceof RateLimiterRes, true);
    assertEquals([refusal.consumedPoints, refusal.msBeforeNext > 90_000], [4, true]);
    await limiter.reward("peer", 2);
    assertEquals((await limiter.get("peer"))?.consumedPoints, 2);
    await limiter.block("peer", 1000);
    const blocked = await limiter.consume("peer").catch((reason) => reason);
    assertEquals(blocked.msBeforeNext > 100_000, true);
    assertEquals(await limiter.delete("peer"), true);
    assertEquals((await limiter.consume("peer", 2)).remainingPoints, 1);
  } finally {
    client.disconnect();
  }
});
