/** How calls are counted, which are timed several at once. */

import { assert, assertEquals } from "@std/assert";
import { RawClient } from "../support/raw_client.ts";
import { startServer } from "../../src/mod.ts";

/** The fields of a command's line in INFO commandstats. */
function statisticsOf(info: string, command: string): Record<string, string> {
  const line = new RegExp(`^cmdstat_${command}:(.*)$`, "m").exec(info);
  if (line === null) throw new Error(`${command} is missing in ${info}`);
  return Object.fromEntries(line[1].trim().split(",").map((field) => field.split("=")));
}

Deno.test("INFO commandstats counts every call when commands of a pipeline take turns", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  const commands = [
    ...Array.from({ length: 40 }, () => ["GET", "key"]),
    ...Array.from({ length: 3 }, () => ["SET", "key", "value"]),
    ...[["MULTI"], ["GET", "key"], ["GET", "key"], ["EXEC"], ["GET", "key"], ["LPUSH", "key", "x"]],
    ["INFO", "commandstats"],
  ];
  const replies = await client.pipeline(commands);
  const info = replies[replies.length - 1].text ?? "";
  const calls = { get: "43", set: "3", multi: "1", exec: "1", lpush: "1" };
  for (const [command, expected] of Object.entries(calls)) {
    assertEquals(statisticsOf(info, command).calls, expected, command);
  }
  assertEquals(statisticsOf(info, "lpush").failed_calls, "1");
  assert(Number(statisticsOf(info, "get").usec) > 0);
});

Deno.test("INFO latencystats tells of calls that were timed together", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  await client.pipeline(Array.from({ length: 100 }, () => ["GET", "key"]));
  const info = (await client.call("INFO", "latencystats")).text ?? "";
  const line = /^latency_percentiles_usec_get:p50=([\d.]+),p99=([\d.]+),/m.exec(info);
  if (line === null) throw new Error(info);
  assert(Number(line[1]) > 0 && Number(line[1]) <= Number(line[2]), line[0]);
});
