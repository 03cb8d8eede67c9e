/** What counts as memory in use, and for how long too much of it was. */

import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "./embedded.ts";

/** Both of INFO's fields: this time, altogether. */
function exceeded({ server }: EmbeddedParts): [number, number] {
  const { current, total } = server.memory.exceededTime;
  return [current, total];
}

Deno.test("Memory tells for how long more was in use than maxmemory allows", async () => {
  await using embedded = await startEmbedded();
  const { clock } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "k", "v");
  clock.advance(1000);
  assertEquals(exceeded(embedded), [0, 0]);
  await client.texts("CONFIG", "SET", "maxmemory", "1");
  await client.call("SET", "k", "w");
  clock.advance(500);
  await client.call("SET", "k", "w");
  clock.advance(250);
  assertEquals(exceeded(embedded), [750, 750]);
  await client.texts("CONFIG", "SET", "maxmemory", "100mb");
  await client.texts("SET", "k", "w");
  clock.advance(5000);
  assertEquals(exceeded(embedded), [0, 750]);
  await client.texts("CONFIG", "SET", "maxmemory", "1");
  await client.call("SET", "k", "w");
  clock.advance(10);
  assertEquals(exceeded(embedded), [10, 760]);
  await client.texts("CONFIG", "SET", "maxmemory", "0");
  await client.texts("PING");
  clock.advance(10);
  assertEquals(exceeded(embedded), [0, 760]);
  const stats = (await client.call("INFO", "stats")).text ?? "";
  assert(
    stats.includes("total_eviction_exceeded_time:760\r\ncurrent_eviction_exceeded_time:0\r\n"),
  );
  await client.texts("CONFIG", "RESETSTAT");
  assertEquals(exceeded(embedded), [0, 0]);
});

Deno.test("Memory counts the keys that clients track", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const { memory } = embedded.server;
  const used = () => memory.used - memory.clients;
  const before = used();
  await client.texts("CLIENT", "TRACKING", "ON");
  await client.texts("MGET", ...Array.from({ length: 1000 }, (_, i) => `a long name ${i}`));
  assert(used() > before + 10_000);
  await client.texts("FLUSHALL");
  assert(used() < before + 10_000);
});

Deno.test("INFO tells how many clients wait for a limited time", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const waiting = [await embedded.connect(), await embedded.connect(), await embedded.connect()];
  await waiting[0].send("BLPOP", "l", "0");
  await waiting[1].send("BLPOP", "l", "100");
  await waiting[2].send("WAIT", "1", "100000");
  const { server } = embedded;
  await waitFor("the clients to wait", () => server.waiting.count === 3);
  const clients = (await client.call("INFO", "clients")).text ?? "";
  assert(/blocked_clients:3\r\n.*clients_in_timeout_table:2\r\n/s.test(clients), clients);
});
