/** That one client which has much to ask does not keep the others waiting. */

import { assertLess } from "@std/assert";
import { encodeCommandText } from "../support/raw_client.ts";
import { startMiniredis } from "../support/miniredis_process.ts";

const REQUESTS = 500_000;
const REQUESTS_PER_WRITE = 2500;

Deno.test("a client is served soon when another one's long pipeline has begun", async () => {
  await using server = await startMiniredis();
  using other = await server.connect();
  using greedy = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const requests = new TextEncoder().encode(
    encodeCommandText(["EXISTS", "key"]).repeat(REQUESTS_PER_WRITE),
  );
  await writeAll(greedy, requests);
  const rest = (async () => {
    for (let sent = REQUESTS_PER_WRITE; sent < REQUESTS; sent += REQUESTS_PER_WRITE) {
      await writeAll(greedy, requests);
    }
  })();
  const info = (await other.call("INFO", "commandstats")).text ?? "";
  const calls = /^cmdstat_exists:calls=(\d+)/m.exec(info);
  if (calls === null) throw new Error(`nothing was executed: ${info}`);
  assertLess(Number(calls[1]), REQUESTS / 4);
  await rest;
});

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
