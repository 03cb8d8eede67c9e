/** What a server does when the system's clock is set while it runs: what redis-server does. */

import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../src/base/clock.ts";
import { startServer } from "../../src/mod.ts";
import { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";

const HOUR = 3_600_000;

Deno.test("TIME, INFO, MONITOR, EXPIREAT and XADD agree when the system's clock was set", async () => {
  let step = 0;
  const clock = new SystemClock({
    wall: () => Date.now() + step,
    monotonic: () => performance.now(),
  });
  await using server = await startServer({ clock });
  using client = await RawClient.connect(server.port);
  using monitor = await RawClient.connect(server.port);
  await monitor.texts("MONITOR");
  for (step of [HOUR, -HOUR, 0]) {
    const expected = (Date.now() + step) / 1000;
    const isNear = (seconds: number, what: string) =>
      assert(Math.abs(seconds - expected) < 60, `${what}: ${seconds} instead of ${expected}`);
    const [seconds, micros] = await client.texts("TIME");
    isNear(Number(seconds), "TIME");
    assert(Number(micros) < 1_000_000);
    const [info] = await client.texts("INFO", "server");
    isNear(Number(/server_time_usec:(\d+)/.exec(info)?.[1]) / 1e6, "INFO");
    isNear(Number((await monitor.read()).text?.split(" ")[0]), "MONITOR");
    await monitor.read();
    const [id] = await client.texts("XADD", `stream ${step}`, "*", "f", "v");
    isNear(Number(id.split("-")[0]) / 1000, "XADD");
    await monitor.read();
    // A key is to live for a minute from the time that the server tells.
    await client.texts("SET", "k", "v", "EXAT", String(Number(seconds) + 60));
    const [ttl] = await client.texts("TTL", "k");
    assert(Number(ttl) > 30 && Number(ttl) <= 60, `${ttl} seconds`);
    await monitor.read();
    await monitor.read();
  }
});

Deno.test("a wait with a timeout ends at its time when the clock was set, as in redis-server", async () => {
  await using parts = await startEmbedded();
  const { clock, server } = parts;
  const client = await parts.connect();
  const wait = async (...command: string[]) => {
    await client.send(...command);
    await waitFor("the client to wait", () => server.waiting.count === 1);
  };
  const start = clock.now();
  for (
    const command of [["BLPOP", "list", "30"], ["XREAD", "BLOCK", "30000", "STREAMS", "s", "$"]]
  ) {
    await wait(...command);
    clock.set(start + HOUR);
    clock.advance(0);
    assertEquals((await client.read()).raw, "*-1\r\n");
    await wait(...command);
    // Redis, too, has it wait for the hour that comes twice.
    clock.set(start);
    clock.advance(31_000);
    assertEquals(server.waiting.count, 1);
    clock.advance(HOUR);
    assertEquals((await client.read()).raw, "*-1\r\n");
    clock.set(start);
  }
});

Deno.test("CLIENT PAUSE ends at its time when the clock was set, as in redis-server", async () => {
  await using parts = await startEmbedded();
  const { clock, server } = parts;
  const client = await parts.connect();
  const pause = async () => {
    await client.texts("CLIENT", "PAUSE", "30000");
    await client.send("PING");
    await waitFor("the client to wait", () => server.clients.blockedCount === 1);
  };
  const start = clock.now();
  await pause();
  clock.set(start + HOUR);
  clock.advance(0);
  assertEquals((await client.read()).text, "PONG");
  await pause();
  clock.set(start);
  clock.advance(31_000);
  assertEquals(server.clients.blockedCount, 1);
  clock.advance(HOUR);
  assertEquals((await client.read()).text, "PONG");
});
