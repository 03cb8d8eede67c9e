/**
 * Embeds the server in a test: a Redis of its own for each test, on a clock that the test moves.
 *
 *     deno test -A examples/embedded_test.ts
 */

import { assertEquals } from "@std/assert";
import { createClient } from "redis";
import { ManualClock, startServer } from "../src/mod.ts";

const connect = (url: string) => createClient({ url }).connect();
type Client = Awaited<ReturnType<typeof connect>>;

/** The program under test: remembers who is logged in, for half an hour after the last visit. */
class Sessions {
  constructor(private readonly redis: Client) {}

  async login(token: string, user: string): Promise<void> {
    await this.redis.hSet(`session:${token}`, { user, visits: 0 });
    await this.redis.expire(`session:${token}`, 30 * 60);
  }

  async visit(token: string): Promise<string | null> {
    const user = await this.redis.hGet(`session:${token}`, "user");
    if (user === null) return null;
    await this.redis.hIncrBy(`session:${token}`, "visits", 1);
    await this.redis.expire(`session:${token}`, 30 * 60);
    return user;
  }
}

const MINUTE = 60_000;

Deno.test("a session lives as long as it is used", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const redis = await connect(server.url);
  const sessions = new Sessions(redis);

  await sessions.login("t1", "Ann");
  clock.advance(20 * MINUTE);
  assertEquals(await sessions.visit("t1"), "Ann");
  clock.advance(20 * MINUTE);
  assertEquals(await sessions.visit("t1"), "Ann");
  assertEquals(await redis.hGet("session:t1", "visits"), "2");
  clock.advance(31 * MINUTE);
  assertEquals(await sessions.visit("t1"), null);

  await redis.close();
});

Deno.test("each test has data of its own", async () => {
  await using server = await startServer();
  const redis = await connect(server.url);
  assertEquals(await redis.dbSize(), 0);
  await redis.close();
});
