/** The cron of a whole server, with a clock in the test's hands. */

import { assertEquals } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";

Deno.test("CONFIG SET hz wakes no cron that DEBUG has paused, and is in force when that goes on", async () => {
  await using parts = await startEmbedded({ "enable-debug-command": "yes" });
  const client = await parts.connect();
  await client.texts("SET", "key", "value", "PX", "1");
  await client.texts("DEBUG", "PAUSE-CRON", "1");
  await client.texts("CONFIG", "SET", "hz", "100");
  parts.clock.advance(10_000);
  assertEquals(await client.texts("DBSIZE"), ["1"]);
  await client.texts("DEBUG", "PAUSE-CRON", "0");
  parts.clock.advance(10);
  assertEquals(await client.texts("DBSIZE"), ["0"]);
});

Deno.test("CONFIG SET hz puts off nothing that has its own rate", async () => {
  await using parts = await startEmbedded({ save: "1 1", "rdb-key-save-delay": "1000000000" });
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  for (let i = 0; i < 40; i++) {
    await client.texts("CONFIG", "SET", "hz", String(10 + i % 2));
    parts.clock.advance(50);
  }
  assertEquals(parts.server.jobs.running?.kind, "rdb");
});
