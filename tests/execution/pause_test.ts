/** CLIENT PAUSE with a clock in the test's hands. */

import { assertEquals } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import { connectFake, turns } from "../support/fake_connection.ts";

Deno.test("CLIENT PAUSE holds a client's commands back, in order, until its time is over", async () => {
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  socket.send("CLIENT PAUSE 1000 WRITE\r\nGET k\r\nSET k 1\r\nGET k\r\nSET k 2\r\n");
  await turns();
  assertEquals(socket.written, "+OK\r\n$-1\r\n");
  socket.send("GET k\r\n");
  await turns();
  clock.advance(999);
  await turns();
  assertEquals(socket.written, "+OK\r\n$-1\r\n");
  clock.advance(1);
  await turns();
  assertEquals(socket.written, "+OK\r\n$-1\r\n+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n");
});

Deno.test("CLIENT PAUSE within the commands that a pause held back holds back the rest", async () => {
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  socket.send("CLIENT PAUSE 100 ALL\r\nPING\r\nCLIENT PAUSE 100 ALL\r\nECHO a\r\nECHO b\r\n");
  await turns();
  assertEquals(socket.written, "+OK\r\n");
  clock.advance(100);
  await turns();
  assertEquals(socket.written, "+OK\r\n+PONG\r\n+OK\r\n");
  clock.advance(100);
  await turns();
  assertEquals(socket.written, "+OK\r\n+PONG\r\n+OK\r\n$1\r\na\r\n$1\r\nb\r\n");
});

Deno.test("nothing expires or is evicted while clients are paused", async () => {
  await using embedded = await startEmbedded({ maxmemory: "1100000" });
  const { server, clock } = embedded;
  const client = await embedded.connect();
  await client.texts("SET", "k", "v", "PX", "50");
  await client.texts("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
  await client.texts("CLIENT", "PAUSE", "5000", "WRITE");
  await client.texts("CONFIG", "SET", "maxmemory", "1");
  clock.advance(1000);
  assertEquals(await client.texts("EXISTS", "k"), ["0"]);
  assertEquals(server.keyspace.databases[0].size, 1);
  await client.texts("CLIENT", "UNPAUSE");
  assertEquals(await client.texts("EXISTS", "k"), ["0"]);
  assertEquals(server.keyspace.databases[0].size, 0);
});

Deno.test("a client that leaves while it is paused is forgotten", async () => {
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  socket.send("CLIENT PAUSE 1000 ALL\r\nSET k v\r\n");
  await turns();
  assertEquals(server.clients.blockedCount, 1);
  socket.end();
  await turns();
  assertEquals(server.clients.blockedCount, 0);
  clock.advance(1000);
  await turns();
  assertEquals(server.keyspace.databases[0].size, 0);
});

Deno.test("Pause keeps writes back as long as somebody holds them, whatever CLIENT PAUSE does", async () => {
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  const other = connectFake(server).socket;
  socket.send("SET k v PX 50\r\n");
  await turns();
  const release = server.pause.hold(), releaseToo = server.pause.hold();
  socket.send("CLIENT PAUSE 100 ALL\r\nGET k\r\nSET k 1\r\nGET k\r\n");
  await turns();
  other.send("CLIENT UNPAUSE\r\n");
  await turns();
  assertEquals([socket.written, other.written], ["+OK\r\n+OK\r\n", ""]);
  clock.advance(100);
  await turns();
  // Nothing expires either: what has is not found, and stays.
  assertEquals([socket.written, other.written], ["+OK\r\n+OK\r\n$-1\r\n", "+OK\r\n"]);
  assertEquals(server.keyspace.databases[0].size, 1);
  release();
  release();
  await turns();
  assertEquals(socket.written, "+OK\r\n+OK\r\n$-1\r\n");
  releaseToo();
  await turns();
  assertEquals(socket.written, "+OK\r\n+OK\r\n$-1\r\n+OK\r\n$1\r\n1\r\n");
  assertEquals(server.pause.isActive, false);
});
