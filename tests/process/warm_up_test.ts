import { assert, assertEquals } from "@std/assert";
import { warmUp } from "../../src/process/warm_up.ts";
import { startEmbedded } from "../support/embedded.ts";
import { infoNumber } from "../support/process_figures.ts";

Deno.test("warmUp runs what clients begin with, and nobody sees that it did", async () => {
  await using parts = await startEmbedded({
    "slowlog-log-slower-than": "0",
    "latency-monitor-threshold": "1",
    "rename-command": 'COMMAND ""',
  });
  const { server } = parts, client = await parts.connect(), monitor = await parts.connect();
  assertEquals(await monitor.texts("MONITOR"), ["OK"]);
  await client.texts("CONFIG", "RESETSTAT");
  await client.texts("SLOWLOG", "RESET");
  const before = server.statistics.commandsProcessed;
  let ran = 0;
  const { core, registry, scripts, lifecycle } = server;
  const execute: typeof server.dispatcher.execute = (session, frame) => {
    ran++;
    return server.dispatcher.execute(session, frame);
  };
  await warmUp({ core, registry, scripts, lifecycle, dispatcher: { execute } });
  // INFO and CONFIG; COMMAND is not there.
  assertEquals(ran, 2);
  assertEquals(server.statistics.commandsProcessed, before);
  const slow = await client.texts("SLOWLOG", "GET");
  assert(!slow.includes("INFO") && !slow.includes("CONFIG"), slow.join(" "));
  const [stats] = await client.texts("INFO", "commandstats");
  assert(!stats.includes("cmdstat_info") && !stats.includes("cmdstat_config|get"), stats);
  assertEquals(await infoNumber(client, "number_of_cached_scripts"), 0);
  assertEquals(await infoNumber(client, "total_error_replies"), 0);
  assertEquals(await infoNumber(client, "connected_clients"), 2);
  assert(!monitor.unread.includes('"CONFIG" "GET" "*"'), monitor.unread);
});

Deno.test("warmUp ends when the server does", async () => {
  await using parts = await startEmbedded();
  const { core, registry, scripts, dispatcher } = parts.server;
  let prepared = 0;
  const isEnding = { isEnding: true };
  const counted = { prepare: () => void prepared++ };
  await warmUp({ core, registry, scripts: counted, dispatcher, lifecycle: isEnding });
  assertEquals(prepared, 0);
  await warmUp({ core, registry, scripts, dispatcher, lifecycle: { isEnding: false } });
});
