/** Peers that have not given their password: what they may send, and what is kept for them. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import { infoNumber, megabytes, residentMemory } from "../support/process_figures.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { ConnectionClosed, RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";
import { connectFake, turns } from "../support/fake_connection.ts";

const PASSWORD = { directives: { requirepass: "secret" } };
const REFUSED = "-NOAUTH Authentication required.\r\n";

Deno.test("peers that never authenticate are held to small requests, however many they are", async () => {
  await using server = await startMiniredis({ directives: { requirepass: "secret" } });
  const friend = await server.connect();
  await friend.texts("AUTH", "secret");
  const before = residentMemory(server.pid);
  const flooders: RawClient[] = [];
  for (let i = 0; i < 50; i++) {
    const flooder = await server.connect();
    // As large as it may be, and never complete: ten arguments of 16 KB.
    await flooder.write("*10\r\n" + `$16384\r\n${"x".repeat(16384)}\r\n`.repeat(9) + "$16384\r\n");
    flooders.push(flooder);
  }
  for (
    const [bad, error] of [
      ["*11\r\n", "unauthenticated multibulk length"],
      ["*1\r\n$16385\r\n", "unauthenticated bulk length"],
    ]
  ) {
    const client = await server.connect();
    await client.write(bad);
    assert(await client.waitForClose());
    assertEquals(client.unread, `-ERR Protocol error: ${error}\r\n`);
  }
  const asking = await server.connect();
  for (let i = 0; i < 100; i++) {
    const replies = await asking.pipeline(Array.from({ length: 100 }, () => ["GET", "key"]));
    assert(replies.every(({ raw }) => raw === "-NOAUTH Authentication required.\r\n"));
  }
  assertEquals(await friend.texts("PING"), ["PONG"]);
  assertLess(residentMemory(server.pid) - before, megabytes(60));
});

/** Sends pieces to a peer from which nothing is read, until it closes or all is sent; says how much it took. */
async function flood(server: ServerProcess, piece: string, bytes: number): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const encoded = new TextEncoder().encode(piece);
  try {
    for (let sent = 0;;) {
      if (sent >= bytes) return sent;
      sent += await connection.write(encoded.subarray(sent % encoded.length));
    }
  } catch (error) {
    const isGone = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset;
    if (!isGone) throw error;
    return -1;
  }
}

Deno.test("a peer that has not authenticated is closed when it reads no replies", async () => {
  await using server = await startMiniredis(PASSWORD);
  const friend = await server.connect();
  await friend.texts("AUTH", "secret");
  const before = residentMemory(server.pid);
  const taken = await Promise.all(
    Array.from({ length: 8 }, () => flood(server, "GET key\r\n".repeat(10_000), megabytes(40))),
  );
  assertEquals(taken, Array.from({ length: 8 }, () => -1));
  await waitFor(
    "the peers to be forgotten",
    async () => await infoNumber(friend, "connected_clients") === 1,
  );
  assertLess(residentMemory(server.pid) - before, megabytes(60));
  assertMatch(server.log, /# Client id=\d+ .* for overcoming of output buffer limits\./);
});

/** What comes back for so many commands in one write, or that the connection was closed instead. */
async function pipelined(port: number, commands: number): Promise<string> {
  const client = await RawClient.connect(port);
  try {
    await client.write("PING\r\n".repeat(commands));
    for (let i = 0; i < commands; i++) assertEquals((await client.read()).raw, REFUSED);
    return "answered";
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
    return client.unread === "" ? "closed" : client.unread;
  } finally {
    await client.close();
  }
}

referenceTest(
  "a peer that has not authenticated may ask for 16 KB at once, as redis-server has it",
  async () => {
    await using ours = await startMiniredis(PASSWORD);
    await using theirs = await startReference(PASSWORD);
    // 481 times the refusal are 16,354 bytes.
    for (const [commands, outcome] of [[400, "answered"], [2000, "closed"]] as const) {
      for (const { port } of [ours, theirs]) {
        assertEquals(await pipelined(port, commands), outcome, `${commands} on ${port}`);
      }
    }
  },
);

Deno.test("a peer that has not authenticated may send 1 MB while its command waits", async () => {
  await using parts = await startEmbedded({ requirepass: "secret" });
  const friend = await parts.connect();
  await friend.texts("AUTH", "secret");
  await friend.texts("CLIENT", "PAUSE", "1000000", "ALL");
  const flooder = connectFake(parts.server).socket, honest = connectFake(parts.server).socket;
  flooder.send("AUTH wrong\r\n");
  honest.send("AUTH secret\r\n");
  const piece = "PING\r\n".repeat(10_000);
  for (let i = 0; i < 17; i++) {
    assertEquals([flooder.isClosed, honest.isClosed], [false, false]);
    flooder.send(piece);
    honest.send(piece);
    await turns();
  }
  for (let i = 0; i < 3; i++) flooder.send(piece);
  await turns();
  assertEquals([flooder.isClosed, honest.isClosed], [true, false]);
  parts.clock.advance(1_000_000);
  await turns();
  assertEquals(honest.written, "+OK\r\n" + "+PONG\r\n".repeat(170_000));
});

Deno.test("a peer has the limits of everybody else as soon as no password is asked for", async () => {
  await using parts = await startEmbedded({ requirepass: "secret" });
  const friend = await parts.connect(), other = await parts.connect();
  await friend.texts("AUTH", "secret");
  assertEquals((await other.call("PING")).raw, REFUSED);
  await friend.texts("CONFIG", "SET", "requirepass", "");
  const many = Array.from({ length: 20 }, (_, i) => String(i));
  assertEquals(await other.texts("RPUSH", "list", ...many), ["20"]);
  assertEquals((await other.texts("ECHO", "x".repeat(20_000)))[0].length, 20_000);
});
