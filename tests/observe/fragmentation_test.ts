/** `mem_fragmentation_ratio` and its like: what alarms are set on. */

import { assert, assertEquals } from "@std/assert";
import { fragmentation } from "../../src/observe/process.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";

const MB = 1024 * 1024;

Deno.test("fragmentation leaves out what the runtime takes without data", () => {
  assertEquals(fragmentation(MB, 80 * MB), { ratio: 1, bytes: 0 });
  assertEquals(fragmentation(100 * MB, 228 * MB), { ratio: 1, bytes: 0 });
  assertEquals(fragmentation(100 * MB, 278 * MB), { ratio: 1.5, bytes: 50 * MB });
  assertEquals(fragmentation(1000 * MB, 2128 * MB), { ratio: 2, bytes: 1000 * MB });
  // A part is not in RAM.
  assertEquals(fragmentation(100 * MB, 50 * MB), { ratio: 0.5, bytes: -50 * MB });
  assertEquals(fragmentation(0, 0), { ratio: 0, bytes: 0 });
});

async function ratios(client: RawClient): Promise<{ info: number; stats: number }> {
  const info = /^mem_fragmentation_ratio:(\S+)\r$/m.exec((await client.texts("INFO", "memory"))[0]);
  const stats = await client.texts("MEMORY", "STATS");
  return { info: Number(info?.[1]), stats: Number(stats[stats.indexOf("fragmentation") + 1]) };
}

Deno.test("mem_fragmentation_ratio sets off no alarm on an empty server, nor on one with data", async () => {
  await using server = await startMiniredis({ directives: { "enable-debug-command": "yes" } });
  const client = await server.connect();
  assertEquals(await ratios(client), { info: 1, stats: 1 });
  assertEquals(await client.texts("DEBUG", "POPULATE", "300000", "key", "300"), ["OK"]);
  const { info, stats } = await ratios(client);
  assert(info >= 0.9 && info < 1.5, `INFO says ${info}`);
  assert(stats >= 0.9 && stats < 1.5, `MEMORY STATS says ${stats}`);
});
