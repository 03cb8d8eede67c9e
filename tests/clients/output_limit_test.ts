/** Clients that don't read what they asked for, or listen to. */

import { assertEquals, assertMatch } from "@std/assert";
import { OutputLimit } from "../../src/clients/output_limit.ts";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";
import { connectFake, settle, turns } from "../support/fake_connection.ts";

const KB = 1024;

Deno.test("OutputLimit is exceeded at the hard limit at once", () => {
  const limit = new OutputLimit();
  const hard = { hard: 100 * KB, soft: 0, seconds: 0 };
  assertEquals(limit.isExceeded(115 * KB, hard, 0), false);
  assertEquals(limit.isExceeded(116 * KB, hard, 0), true);
});

Deno.test("OutputLimit is exceeded when the soft limit was for longer than it allows, without a break", () => {
  const limit = new OutputLimit();
  const soft = { hard: 0, soft: 10 * KB, seconds: 2 };
  assertEquals(limit.isExceeded(30 * KB, soft, 1000), false);
  assertEquals(limit.isExceeded(30 * KB, soft, 3000), false);
  assertEquals(limit.isExceeded(20 * KB, soft, 3500), false);
  assertEquals(limit.isExceeded(30 * KB, soft, 4000), false);
  assertEquals(limit.isExceeded(30 * KB, soft, 6000), false);
  assertEquals(limit.isExceeded(30 * KB, soft, 6001), true);
});

Deno.test("a client is closed when a pipeline asks for more than client-output-buffer-limit normal", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": "normal 100000 0 0",
  });
  const { server, log } = embedded;
  const { socket } = connectFake(server);
  socket.send(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$50000\r\n${"x".repeat(50_000)}\r\n`);
  await turns();
  socket.send("GET k\r\n");
  await turns();
  assertEquals(socket.isClosed, false);
  socket.send("GET k\r\nGET k\r\nGET k\r\nSET k changed\r\n");
  await settle();
  assertEquals(socket.isClosed, true);
  assertMatch(
    log.at(-1) ?? "",
    /# Client id=\d+ addr=.* scheduled to be closed ASAP for overcoming of output buffer limits\.\n/,
  );
  const other = await embedded.connect();
  assertEquals((await other.texts("GET", "k"))[0].length, 50_000);
});

Deno.test("a subscriber that reads nothing is closed at the soft limit of its class", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": "normal 1 1 1 pubsub 0 50000 10",
  });
  const { server, clock, log } = embedded;
  const { socket } = connectFake(server);
  socket.send("SUBSCRIBE c\r\n");
  await turns();
  socket.holdsWrites = true;
  const publisher = await embedded.connect();
  const message = "m".repeat(40_000);
  for (let i = 0; i < 2; i++) assertEquals(await publisher.texts("PUBLISH", "c", message), ["1"]);
  clock.advance(10_000);
  assertEquals(socket.isClosed, false);
  clock.advance(1000);
  assertEquals(socket.isClosed, true);
  assertMatch(log.at(-1) ?? "", / flags=P .* closed for overcoming of output buffer limits\.\n/);
  assertEquals(await publisher.texts("PUBLISH", "c", message), ["0"]);
});

Deno.test("the largest clients are closed when all take more than maxmemory-clients", async () => {
  await using embedded = await startEmbedded({ "maxmemory-clients": "2200kb" });
  const { server, clock, log } = embedded;
  const sent = [0, 900_000, 200_000, 700_000];
  const clients = sent.map((bytes, i) => {
    const { socket, client } = connectFake(server);
    if (i === 1) client.noEvict = true;
    if (bytes === 0) return { socket, client };
    socket.send("*2\r\n$4\r\nECHO\r\n$1000000\r\n");
    for (let at = 0; at < bytes; at += 500) socket.send("x".repeat(500));
    return { socket, client };
  });
  await waitFor(
    "the bytes to arrive",
    () => clients.every(({ client }, i) => (client.transport?.queryBytes ?? 0) >= sent[i]),
  );
  clock.advance(100);
  assertEquals(clients.map(({ socket }) => socket.isClosed), [false, false, false, true]);
  assertMatch(log.at(-1) ?? "", /\* Evicting client: id=/);
  const client = await embedded.connect();
  assertMatch((await client.texts("INFO", "stats"))[0], /^evicted_clients:1\r$/m);
});
