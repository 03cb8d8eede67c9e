/** What the latency monitor is told of, beside commands. */

import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";

/** Names of the events that were noted, commands left out. */
function events({ server }: EmbeddedParts): string[] {
  return server.latency.events.map(({ name }) => name)
    .filter((name) => !name.endsWith("command")).sort();
}

Deno.test("writes and syncs of the append-only file are events of the latency monitor", async () => {
  await using embedded = await startEmbedded({ appendonly: "yes" });
  const { server } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "a", "1");
  assertEquals(events(embedded), []);
  // Delays of any length are noted.
  server.latency.threshold = 0;
  await client.texts("SET", "a", "2");
  assertEquals(events(embedded), ["aof-write", "aof-write-alone"]);
  await client.texts("CONFIG", "SET", "appendfsync", "always");
  server.latency.threshold = 0;
  await client.texts("SET", "a", "3");
  assert(events(embedded).includes("aof-fsync-always"));
});

Deno.test("cycles of expiry and eviction are events of the latency monitor", async () => {
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "a", "1", "PX", "10");
  server.latency.threshold = 0;
  clock.advance(200);
  await waitFor("the cycle", () => server.keyspace.databases[0].size === 0);
  assertEquals(events(embedded), ["expire-cycle"]);
  await client.texts("MSET", "a", "1", "b", "2");
  await client.texts("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
  await client.call("CONFIG", "SET", "maxmemory", "1");
  await client.call("SET", "a", "2");
  assertEquals(events(embedded), ["eviction-cycle", "expire-cycle"]);
  await client.texts("CONFIG", "SET", "latency-monitor-threshold", "1000");
  const report = (await client.call("LATENCY", "DOCTOR")).text ?? "";
  assert(report.includes("eviction-cycle: 1 delays"), report);
  assert(report.includes("raise maxmemory"), report);
  const graph = (await client.call("LATENCY", "GRAPH", "eviction-cycle")).text ?? "";
  assert(graph.startsWith("eviction-cycle - high "), graph);
});
