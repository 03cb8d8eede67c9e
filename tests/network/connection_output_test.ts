/** How a connection's replies leave, and what it does while it can't run or send anything. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { encodeCommandText } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";
import { connectFake, settle, turns } from "../support/fake_connection.ts";

Deno.test("Connection writes the replies of a turn at once", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server);
  socket.holdsWrites = true;
  socket.send("PING\r\nPING\r\nECHO x\r\n");
  await turns();
  assertEquals(socket.heldWrites, 1);
  socket.finishWrite();
  await turns();
  assertEquals(socket.written, "+PONG\r\n+PONG\r\n$1\r\nx\r\n");
});

Deno.test("Connection goes on with the rest when a write is partial", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server);
  socket.largestWrite = 3;
  socket.send("ECHO 0123456789\r\nPING\r\n");
  await turns();
  assertEquals(socket.written, "$10\r\n0123456789\r\n+PONG\r\n");
});

Deno.test("Connection reads and runs commands while a write waits, and keeps the order of replies", async () => {
  await using parts = await startEmbedded();
  const { socket, connection } = connectFake(parts.server);
  socket.holdsWrites = true;
  let expected = "";
  for (let i = 1; i <= 20; i++) {
    socket.send(encodeCommandText(["INCR", "counter"]));
    expected += `:${i}\r\n`;
    await turns();
  }
  assertEquals([socket.heldWrites, socket.written], [1, ""]);
  assertEquals(connection.outputBytes, expected.length);
  socket.holdsWrites = false;
  socket.finishWrite();
  await turns();
  assertEquals(socket.written, expected);
  assertEquals([connection.outputBytes, connection.outputChunks], [0, 0]);
});

Deno.test("Connection gathers short replies of many turns while its peer reads nothing", async () => {
  await using parts = await startEmbedded();
  const { socket, connection } = connectFake(parts.server);
  socket.holdsWrites = true;
  const count = 3000;
  let expected = "";
  for (let i = 1; i <= count; i++) {
    socket.send("INCR counter\r\n");
    expected += `:${i}\r\n`;
    await turns();
  }
  await waitFor("all to have run", () => connection.outputBytes === expected.length);
  assertLess(connection.outputChunks, 10);
  socket.holdsWrites = false;
  socket.finishWrite();
  await waitFor("all to be written", () => socket.written.length === expected.length);
  assertEquals(socket.written, expected);
});

Deno.test("Connection holds what it has gathered until the last of it is safe", async () => {
  await using parts = await startEmbedded();
  const { gate } = parts.server;
  let flushed = 0, safe = 0;
  gate.setDurability({
    flush: () => flushed,
    get safe() {
      return safe;
    },
  });
  const { socket } = connectFake(parts.server);
  for (flushed = 1; flushed <= 4; flushed++) {
    socket.send("INCR counter\r\n");
    await turns();
  }
  // The first stands alone; the others have come together behind it.
  for (const [ticket, written] of [[0, ""], [1, ":1\r\n"], [3, ":1\r\n"]] as const) {
    safe = ticket;
    gate.safeGrew();
    await turns();
    assertEquals(socket.written, written);
  }
  safe = 4;
  gate.safeGrew();
  await turns();
  assertEquals(socket.written, ":1\r\n:2\r\n:3\r\n:4\r\n");
  gate.setDurability(null);
});

Deno.test("Connection keeps nothing for a client that wants no replies", async () => {
  await using parts = await startEmbedded();
  const { socket, client } = connectFake(parts.server);
  socket.send("CLIENT REPLY OFF\r\n");
  for (let i = 0; i < 10; i++) {
    socket.send(`ECHO ${"x".repeat(5000)}\r\n`);
    await turns();
    assertEquals(client.reply.capacity, 0);
  }
  socket.send("CLIENT REPLY ON\r\nECHO hi\r\n");
  await waitFor("the replies", () => socket.written === "+OK\r\n$2\r\nhi\r\n");
});

Deno.test("Connection closes when one command says more than may wait, and never writes a part of it", async () => {
  await using parts = await startEmbedded({ "client-output-buffer-limit": "normal 1mb 0 0" });
  const { socket, client, connection } = connectFake(parts.server);
  socket.send(encodeCommandText(["SET", "large", "x".repeat(100_000)]));
  await turns();
  let most = 0;
  const { watcher } = client.reply;
  client.reply.watcher = {
    replyGrows(bytes) {
      most = Math.max(most, client.reply.capacity + bytes);
      watcher?.replyGrows(bytes);
    },
  };
  socket.send("MULTI\r\n" + "GET large\r\n".repeat(200) + "SET done 1\r\n");
  await turns();
  socket.send("EXEC\r\nSET more 1\r\n");
  await turns();
  assert(socket.isClosed);
  assertEquals(socket.written, "+OK\r\n+OK\r\n" + "+QUEUED\r\n".repeat(201));
  assertLess(most, 1_500_000);
  assertEquals([connection.outputBytes, client.reply.capacity], [0, 0]);
  const looker = await parts.connect();
  assertEquals(await looker.texts("EXISTS", "done", "more"), ["1"]);
});

// The last reply waits for the end of the turn when an earlier write ends in the middle of it.
for (
  const [name, last, reply, ends] of [
    ["QUIT", "QUIT\r\n", "+OK\r\n", false],
    ["a protocol error", "*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n", false],
    ["a command before the end of the input", "PING\r\n", "+PONG\r\n", true],
  ] as const
) {
  Deno.test(`Connection answers ${name} before it closes when a write ends in the same turn`, async () => {
    await using parts = await startEmbedded();
    const { socket } = connectFake(parts.server);
    socket.holdsWrites = true;
    socket.send("PING\r\n");
    await turns();
    assertEquals(socket.heldWrites, 1);
    socket.holdsWrites = false;
    socket.send(last);
    if (ends) socket.end();
    await settle();
    socket.finishWrite();
    await turns();
    assertEquals(socket.written, `+PONG\r\n${reply}`);
    assert(socket.isClosed);
    assertEquals(parts.server.clients.count, 0);
  });
}

Deno.test("Connection closes in the turn in which the last reply after QUIT was written", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server);
  socket.holdsWrites = true;
  socket.send("PING\r\nQUIT\r\n");
  await turns();
  assertEquals(socket.isClosed, false);
  socket.finishWrite();
  await settle();
  assertEquals([socket.written, socket.isClosed], ["+PONG\r\n+OK\r\n", true]);
});

Deno.test("Connection runs nothing that follows QUIT", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server);
  socket.send("SET key before\r\nQUIT\r\nSET key after\r\n");
  await turns();
  assertEquals(socket.written, "+OK\r\n+OK\r\n");
  assert(socket.isClosed);
  const other = connectFake(parts.server).socket;
  other.send("GET key\r\n");
  await turns();
  assertEquals(other.written, "$6\r\nbefore\r\n");
});

Deno.test("Connection answers what was asked for when the peer has sent all", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server);
  socket.send("PING\r\nGET half");
  socket.end();
  await turns();
  assertEquals(socket.written, "+PONG\r\n");
  assert(socket.isClosed);
});

Deno.test("Connection forgets its client when it is closed while a write waits", async () => {
  await using parts = await startEmbedded();
  const { socket, connection } = connectFake(parts.server);
  socket.holdsWrites = true;
  socket.send("PING\r\n");
  await turns();
  connection.close();
  connection.close();
  await turns();
  assertEquals(parts.server.clients.count, 0);
  assertEquals([connection.outputBytes, connection.outputChunks], [0, 0]);
});

Deno.test("Connection keeps what comes while its client waits, and runs it in order afterwards", async () => {
  await using parts = await startEmbedded();
  const waiting = connectFake(parts.server), other = connectFake(parts.server);
  waiting.socket.send("BLPOP list 0\r\nSET a 1\r\nBLPOP list 0\r\nINCR a\r\n");
  await turns();
  waiting.socket.send("GET a\r\n");
  await turns();
  assert(waiting.client.isWaiting);
  assert(waiting.connection.queryBytes > 0);
  other.socket.send("EXISTS a\r\nRPUSH list x\r\n");
  await turns();
  assert(waiting.client.isWaiting);
  assertEquals(other.socket.written, ":0\r\n:1\r\n");
  other.socket.send("RPUSH list y\r\n");
  await turns();
  const pop = (value: string) => `*2\r\n$4\r\nlist\r\n$1\r\n${value}\r\n`;
  assertEquals(waiting.socket.written, `${pop("x")}+OK\r\n${pop("y")}:2\r\n$1\r\n2\r\n`);
  assertEquals(waiting.connection.queryBytes, 0);
});

Deno.test("Connection closes a client that waits when its peer goes, and serves the next in line", async () => {
  await using parts = await startEmbedded();
  const first = connectFake(parts.server), second = connectFake(parts.server);
  first.socket.send("BLPOP list 0\r\n");
  await turns();
  second.socket.send("BLPOP list 0\r\n");
  await turns();
  first.socket.end();
  await turns();
  assert(first.socket.isClosed);
  assertEquals(parts.server.clients.blockedCount, 1);
  const other = connectFake(parts.server);
  other.socket.send("RPUSH list x\r\n");
  await turns();
  assertEquals(second.socket.written, "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
});
