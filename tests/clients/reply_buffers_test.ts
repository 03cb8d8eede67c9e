/** How large the buffers are that clients' replies begin in. */

import { assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";

/** One round of the cron at the default `hz`, in ms. */
const ROUND = 100;

Deno.test("a client's reply buffer is sized by what it was told at most of late", async () => {
  await using parts = await startEmbedded();
  const { clock, server } = parts;
  const client = await parts.connect();
  await client.texts("SET", "key", "x".repeat(3000));
  const [{ reply }] = [...server.clients];
  const sizes = (rounds: number) =>
    Array.from({ length: rounds }, () => {
      clock.advance(ROUND);
      return reply.bufferSize;
    });
  assertEquals([reply.bufferSize, reply.bufferPeak], [16384, 16384]);
  // A new client counts as busy until it is looked at.
  assertEquals(sizes(3), [16384, 1024, 1024]);
  const grown: number[] = [];
  for (let i = 0; i < 4; i++) {
    await client.call("GET", "key");
    grown.push(...sizes(1));
  }
  assertEquals([...grown, reply.bufferPeak], [2048, 4096, 4096, 4096, 3009]);
  const { statistics } = server;
  assertEquals([statistics.replyBufferShrinks, statistics.replyBufferExpands], [1, 2]);
  // Its peak is forgotten 5 s after it was for the last time, and then there is nothing to keep room for.
  for (let i = 0; i < 51; i++) sizes(1);
  assertEquals([reply.bufferSize, reply.bufferPeak], [1024, 0]);
  assertEquals([statistics.replyBufferShrinks, statistics.replyBufferExpands], [2, 2]);
});

Deno.test("a reply buffer shrinks to what its peak needs, but not for less than half", async () => {
  await using parts = await startEmbedded();
  const { clock, server } = parts;
  await parts.connect();
  const [{ reply }] = [...server.clients];
  server.debug.replyBuffers.peakResetTime = -1;
  const steps = [
    [16384, 8192, 16384],
    [16384, 8191, 8192],
    [16384, 4096, 8192],
    [16384, 4095, 4096],
    [16384, 0, 1024],
    [1024, 0, 1024],
    [1024, 1023, 1024],
    [1024, 1024, 2048],
    [8192, 8192, 16384],
    [16384, 16384, 16384],
  ];
  for (const [size, peak, expected] of steps) {
    [reply.bufferSize, reply.bufferPeak] = [size, peak];
    clock.advance(ROUND);
    assertEquals([reply.bufferSize, reply.bufferPeak], [expected, peak]);
  }
});

Deno.test("every reply buffer is looked at once a second, however many clients there are", async () => {
  await using parts = await startEmbedded();
  const { clock, server } = parts;
  const clients = await Promise.all(Array.from({ length: 70 }, () => parts.connect()));
  for (const client of clients) await client.texts("PING");
  const large = () => [...server.clients].filter(({ reply }) => reply.bufferPeak > 1024).length;
  const lefts = Array.from({ length: 10 }, () => {
    clock.advance(ROUND);
    return large();
  });
  assertEquals(lefts, [63, 56, 49, 42, 35, 28, 21, 14, 7, 0]);
  // Those that go in the middle of a round don't stop the others' being looked at.
  for (const client of clients.slice(0, 65)) await client.close();
  await waitFor("the others to be gone", () => server.clients.count === 5);
  for (const { reply } of server.clients) reply.bufferSize = 16384;
  for (let i = 0; i < 3; i++) clock.advance(ROUND);
  assertEquals([...server.clients].map(({ reply }) => reply.bufferSize), Array(5).fill(1024));
});
