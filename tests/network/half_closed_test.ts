/** Clients whose peer has sent all that it will send: what they are still told, and when they are gone. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  LINGER_TIME,
  MOST_FOR_ALL,
  MUCH_FOR_ALL,
  SHORT_LINGER_TIME,
  SHORTEST_LINGER_TIME,
} from "../../src/network/lingering.ts";
import { startEmbedded } from "../support/embedded.ts";
import { infoNumber } from "../support/process_figures.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { escapeBytes } from "../support/quoting.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import { exchange } from "./exchange.ts";
import { connectFake, type FakeSocket, turns } from "../support/fake_connection.ts";

/** All of it is sent at once, the end of the input with it. */
const INPUTS = [
  "PING\r\n",
  "",
  "PING\r\n".repeat(5000),
  "PING\r\nBLPOP nothing 0\r\n",
  "PING\r\nBLPOP nothing 0\r\nPING\r\n",
  "PING\r\nBLPOP nothing 30\r\nPING\r\n",
  "RPUSH list a\r\nBLPOP list 0\r\nBLPOP list 0\r\nPING\r\n",
  "XADD stream 1-1 a b\r\nXREAD BLOCK 0 STREAMS stream $\r\nDEL stream\r\n",
  "SET key 1\r\nWAIT 1 0\r\nPING\r\n",
  "MULTI\r\nSET key 1\r\nINCR key\r\nEXEC\r\n",
  "MULTI\r\nSET key 1\r\n",
  "WATCH key\r\nMULTI\r\n",
  "SUBSCRIBE channel\r\n",
  "SUBSCRIBE channel\r\nPING\r\n",
  "PSUBSCRIBE a*\r\nPUNSUBSCRIBE\r\nPING\r\n",
  "SSUBSCRIBE channel\r\n",
  "MONITOR\r\n",
  "CLIENT TRACKING ON BCAST\r\nSET key 1\r\n",
  "CLIENT REPLY OFF\r\nSET key 1\r\n",
  "PING\r\nQUIT\r\nPING\r\n",
  "PING\r\n*2\r\n$3\r\nGET\r\n$1",
  "PING\r\n*x\r\nPING\r\n",
  "SET key v\r\nMIGRATE 127.0.0.1 1 key 0 100\r\nPING\r\n",
  "DEBUG SLEEP 0.01\r\nPING\r\n",
  "CLIENT NO-EVICT ON\r\nCLIENT SETNAME x\r\nCLIENT GETNAME\r\nRESET\r\n",
];

referenceTest(
  "a server answers a half-closed connection as redis-server does, every time",
  async (t) => {
    await using ours = await startMiniredis({ directives: { "enable-debug-command": "yes" } });
    await using theirs = await startReference();
    for (const input of INPUTS) {
      await t.step(escapeBytes(input.slice(0, 200)), async () => {
        for (let i = 0; i < 20; i++) {
          const [got, expected] = await Promise.all([
            exchange(ours.port, input),
            exchange(theirs.port, input),
          ]);
          assertEquals(got, expected);
        }
      });
    }
    for (const server of [ours, theirs]) {
      const looker = await server.connect();
      await waitFor("all to be gone", async () => {
        return await infoNumber(looker, "connected_clients") === 1;
      });
      assertEquals(await infoNumber(looker, "blocked_clients"), 0);
    }
  },
);

Deno.test("a half-closed client is not subscribed, does not look on and tracks nothing, before it has read all", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const looker = await parts.connect();
  await looker.texts("SET", "key", "v");
  const inputs = [
    "SUBSCRIBE channel\r\nPSUBSCRIBE c*\r\nSSUBSCRIBE channel\r\n",
    "MONITOR\r\n",
    "CLIENT TRACKING ON BCAST\r\n",
    "WATCH key\r\nMULTI\r\nSET key w\r\n",
    "BLPOP list 0\r\n",
  ];
  const clients = inputs.map((input) => {
    const fake = connectFake(server);
    fake.socket.holdsWrites = true;
    fake.socket.send(`PING\r\n${input}`);
    return fake;
  });
  await turns();
  const counts = async () => [
    ...await looker.texts("PUBSUB", "NUMSUB", "channel"),
    ...await looker.texts("PUBSUB", "NUMPAT"),
    ...await looker.texts("PUBSUB", "SHARDNUMSUB", "channel"),
    await infoNumber(looker, "tracking_clients"),
    await infoNumber(looker, "blocked_clients"),
    server.core.monitors.isEmpty,
  ];
  assertEquals(await counts(), ["channel", "1", "1", "channel", "1", 1, 1, false]);
  for (const { socket } of clients) socket.end();
  await turns();
  assertEquals(await counts(), ["channel", "0", "0", "channel", "0", 0, 0, true]);
  const waiting = clients.map(({ connection }) => connection.outputBytes);
  assertEquals(await looker.texts("PUBLISH", "channel", "x"), ["0"]);
  assertEquals(await looker.texts("SPUBLISH", "channel", "x"), ["0"]);
  assertEquals(await looker.texts("RPUSH", "list", "x"), ["1"]);
  assertEquals(await looker.texts("SET", "key", "u"), ["OK"]);
  await turns();
  assertEquals(clients.map(({ connection }) => connection.outputBytes), waiting);
  for (const { socket } of clients) {
    socket.holdsWrites = false;
    socket.finishWrite();
  }
  await turns();
  for (const { socket } of clients) {
    assert(socket.isClosed);
    assertMatch(socket.written, /^\+PONG\r\n/);
  }
  assertEquals(await looker.texts("LLEN", "list"), ["1"]);
});

Deno.test("who is told of changes in place of another is known to be gone when it is half-closed", async () => {
  await using parts = await startEmbedded();
  const told = connectFake(parts.server), tracker = connectFake(parts.server);
  told.socket.holdsWrites = true;
  told.socket.send("SUBSCRIBE __redis__:invalidate\r\n");
  tracker.socket.send(`HELLO 3\r\nCLIENT TRACKING ON REDIRECT ${told.client.id}\r\nGET key\r\n`);
  await turns();
  told.socket.end();
  await turns();
  assertEquals([told.socket.isClosed, tracker.client.tracking?.redirectBroken], [false, false]);
  const looker = await parts.connect();
  await looker.texts("SET", "key", "v");
  await turns();
  assertEquals(tracker.client.tracking?.redirectBroken, true);
  assertMatch(
    tracker.socket.written,
    />2\r\n\$21\r\ntracking-redir-broken\r\n:\d+\r\n$/,
  );
});

Deno.test("a half-closed client is closed when its peer takes nothing for a while, and not before", async () => {
  await using parts = await startEmbedded();
  const { socket, connection } = connectFake(parts.server);
  socket.holdsWrites = true;
  socket.largestWrite = 3;
  socket.send("PING\r\n");
  await turns();
  parts.clock.advance(10 * LINGER_TIME);
  socket.end();
  await turns();
  parts.clock.advance(LINGER_TIME - 1);
  assertEquals(socket.isClosed, false);
  socket.finishWrite();
  await turns();
  parts.clock.advance(LINGER_TIME - 1);
  assertEquals([socket.isClosed, socket.written, connection.outputBytes], [false, "+PO", 4]);
  parts.clock.advance(1 + SHORT_LINGER_TIME);
  assertEquals(socket.isClosed, true);
  await turns();
  assertEquals(connection.outputBytes, 0);
  assertEquals(parts.server.clients.count, 0);
});

Deno.test("half-closed clients that take nothing are closed sooner when much waits for others, too", async () => {
  await using parts = await startEmbedded();
  const { server, clock } = parts;
  const looker = await parts.connect();
  await looker.texts("SET", "large", "x".repeat(10_000_000));
  const connect = async (commands: number) => {
    const { socket } = connectFake(server);
    socket.holdsWrites = true;
    socket.largestWrite = 1000;
    socket.send("GET large\r\n".repeat(commands));
    socket.end();
    await turns();
    return socket;
  };
  const small = await connect(1);
  const first = await connect(3);
  clock.advance(SHORT_LINGER_TIME);
  // The small one has had its time: much waits for the other, for which nothing else does.
  assertEquals([small.isClosed, first.isClosed], [true, false]);
  const second = await connect(3);
  clock.advance(SHORT_LINGER_TIME - 1);
  first.finishWrite();
  await turns();
  assertEquals([first.isClosed, second.isClosed], [false, false]);
  clock.advance(1 + SHORT_LINGER_TIME);
  assertEquals([first.isClosed, second.isClosed], [false, true]);
  await turns();
  clock.advance(LINGER_TIME - 2 * SHORT_LINGER_TIME);
  assertEquals(first.isClosed, false);
  clock.advance(2 * SHORT_LINGER_TIME);
  assertEquals(first.isClosed, true);
});

/** The bytes of a reply that waits. */
const LARGE = 10_000_000;

/** Half-closed clients whose peers take nothing unless they are told to. */
async function lingerers(parts: Awaited<ReturnType<typeof startEmbedded>>) {
  const looker = await parts.connect();
  await looker.texts("SET", "large", "x".repeat(LARGE));
  const large: FakeSocket[] = [];
  const connect = async (input: string) => {
    const { socket } = connectFake(parts.server);
    socket.holdsWrites = true;
    socket.largestWrite = 1000;
    socket.send(input);
    socket.end();
    const isLingering = () => [...parts.server.clients].at(-1)?.closing === true;
    await waitFor("a client to have been told and to have ended", isLingering);
    if (input !== "PING\r\n") large.push(socket);
    return socket;
  };
  return { connect, large, little: await connect("PING\r\n") };
}

Deno.test("half-closed clients that took nothing of late end when very much waits for all, unless they want little", async () => {
  await using parts = await startEmbedded();
  const { connect, large, little } = await lingerers(parts);
  for (let i = 0; i < Math.floor(MUCH_FOR_ALL / LARGE); i++) await connect("GET large\r\n");
  parts.clock.advance(SHORTEST_LINGER_TIME);
  large[0].finishWrite();
  await turns();
  for (let i = 0; i < 3; i++) await connect("GET large\r\n");
  assertEquals(large.flatMap(({ isClosed }, i) => isClosed ? [i] : []), [1, 2, 3]);
  assertEquals(little.isClosed, false);
  little.holdsWrites = false;
  little.finishWrite();
  await turns();
  assertEquals(little.written, "+PONG\r\n");
});

Deno.test("half-closed clients end without a wait when too much waits for all, those that took nothing for longest first", async () => {
  await using parts = await startEmbedded();
  const { connect, large } = await lingerers(parts);
  const fitting = Math.floor(MOST_FOR_ALL / LARGE);
  for (let i = 0; i < fitting; i++) await connect("GET large\r\n");
  assertEquals(large.some(({ isClosed }) => isClosed), false);
  large[0].finishWrite();
  await turns();
  for (let i = 0; i < 3; i++) await connect("GET large\r\n");
  assertEquals(large.flatMap(({ isClosed }, i) => isClosed ? [i] : []), [1, 2, 3]);
});

Deno.test("a half-closed client that was given up makes no other one end by what it still writes", async () => {
  await using parts = await startEmbedded();
  const { server } = parts, looker = await parts.connect();
  const length = 10_000_000;
  await looker.texts("SET", "large", "x".repeat(length));
  const [first, second] = [connectFake(server), connectFake(server)];
  for (const [{ socket }, count] of [[first, 2], [second, 14]] as const) {
    socket.holdsWrites = socket.outlivesClose = true;
    socket.largestWrite = 1000;
    socket.send("GET large\r\n".repeat(count));
    socket.end();
    await turns();
    // From now on a part of the payload is on its way.
    socket.finishWrite();
    await turns();
  }
  assertEquals([first.socket.isClosed, second.socket.isClosed], [true, false]);
  assert(second.connection.outputBytes > 13 * length, String(second.connection.outputBytes));
});

Deno.test("a half-closed client waits for its replies for as long as the gate holds them", async () => {
  await using parts = await startEmbedded();
  const { server, clock } = parts;
  let safe = 0;
  server.gate.setDurability({
    flush: () => 1,
    get safe() {
      return safe;
    },
  });
  const { socket } = connectFake(server);
  socket.send("SET key v\r\n");
  socket.end();
  await turns();
  clock.advance(10 * LINGER_TIME);
  assertEquals([socket.isClosed, socket.written], [false, ""]);
  safe = 1;
  server.gate.safeGrew();
  await turns();
  assertEquals([socket.isClosed, socket.written], [true, "+OK\r\n"]);
  server.gate.setDurability(null);
});

Deno.test("a client whose command waits for MIGRATE has it run though it has sent all", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const release = server.pause.hold();
  const waits = connectFake(server), paused = connectFake(server), looks = connectFake(server);
  waits.socket.send("SET key v\r\nPING\r\nBLPOP list 0\r\nSET key never\r\n");
  waits.socket.end();
  await turns();
  assertEquals([waits.socket.written, waits.socket.isClosed], ["", false]);
  release();
  await turns();
  assertEquals([waits.socket.written, waits.socket.isClosed], ["+OK\r\n+PONG\r\n", true]);
  // redis-server does see the end of those who wait for the end of CLIENT PAUSE.
  looks.socket.send("CLIENT PAUSE 1000 WRITE\r\n");
  await turns();
  paused.socket.send("PING\r\nSET key w\r\n");
  paused.socket.end();
  await turns();
  assertEquals([paused.socket.written, paused.socket.isClosed], ["+PONG\r\n", true]);
  parts.clock.advance(1000);
  looks.socket.send("GET key\r\n");
  await turns();
  assertEquals(looks.socket.written, "+OK\r\n$1\r\nv\r\n");
});

Deno.test("a client that is killed while its command waits for MIGRATE runs nothing", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const release = server.pause.hold();
  const { socket, connection } = connectFake(server);
  socket.send("SET key v\r\n");
  socket.end();
  await turns();
  connection.close();
  release();
  await turns();
  assertEquals([socket.written, server.clients.count, server.keyspace.databases[0].size], [
    "",
    0,
    0,
  ]);
});

Deno.test("what a half-closed client has asked for and does not read is given up within seconds", async () => {
  await using server = await startMiniredis();
  const looker = await server.connect();
  await looker.texts("SET", "large", "x".repeat(30_000_000));
  using lazy = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await lazy.write(new TextEncoder().encode(encodeCommandText(["GET", "large"]).repeat(10)));
  await lazy.closeWrite();
  await waitFor("the replies to queue up", async () => {
    return / omem=(\d{9})/.test((await looker.texts("CLIENT", "LIST"))[0]);
  });
  await waitFor("the client to be dropped", async () => {
    return await infoNumber(looker, "connected_clients") === 1;
  }, { timeout: 20_000 });
});

Deno.test("a half-closed client that reads gets all of it, however long that takes", async () => {
  await using server = await startMiniredis();
  const looker = await server.connect();
  await looker.texts("SET", "large", "x".repeat(3_000_000));
  using reader = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const count = 30, expected = count * (3_000_000 + "$3000000\r\n\r\n".length);
  await reader.write(new TextEncoder().encode(encodeCommandText(["GET", "large"]).repeat(count)));
  await reader.closeWrite();
  const buffer = new Uint8Array(1 << 20);
  let received = 0;
  for (let read = await reader.read(buffer); read !== null; read = await reader.read(buffer)) {
    received += read;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(received, expected);
});

Deno.test("what a client sends after QUIT is not kept", async () => {
  await using parts = await startEmbedded();
  const { socket, connection } = connectFake(parts.server);
  socket.holdsWrites = true;
  socket.send("QUIT\r\n");
  for (let i = 0; i < 100; i++) socket.send("x".repeat(10_000));
  await turns();
  assertEquals(connection.queryBytes, 0);
  assertLess(connection.queryBytesFree, 70_000);
  socket.holdsWrites = false;
  socket.finishWrite();
  await turns();
  assertEquals([socket.written, socket.isClosed], ["+OK\r\n", true]);
});
