/** CONFIG SET of what the system takes its time for, as listening does on runtimes other than Deno. */

import { assertEquals } from "@std/assert";
import { ValueError } from "../../src/config/mod.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";
import { connectFake, turns } from "../support/fake_connection.ts";

/** Has CONFIG SET of `timeout` last until the promise that comes next settles. */
function holdTimeout({ server }: EmbeddedParts): PromiseWithResolvers<void>[] {
  const works: PromiseWithResolvers<void>[] = [];
  server.configuration.onChange("timeout", () => {
    const work = Promise.withResolvers<void>();
    works.push(work);
    return work.promise;
  });
  return works;
}

Deno.test("while CONFIG SET waits for the system, all wait, in order", async () => {
  await using embedded = await startEmbedded();
  const works = holdTimeout(embedded);
  const one = connectFake(embedded.server).socket, other = connectFake(embedded.server).socket;
  one.send("CONFIG SET timeout 7\r\nGET k\r\n");
  other.send("SET k 1\r\nGET k\r\n");
  await turns();
  assertEquals([one.written, other.written], ["", ""]);
  works[0].resolve();
  await turns();
  assertEquals(one.written, "+OK\r\n$1\r\n1\r\n");
  assertEquals(other.written, "+OK\r\n$1\r\n1\r\n");
});

Deno.test("CONFIG SET in a transaction is done before what comes after it", async () => {
  await using embedded = await startEmbedded();
  const works = holdTimeout(embedded);
  const { socket } = connectFake(embedded.server), other = connectFake(embedded.server).socket;
  socket.send(
    "MULTI\r\nSET k 1\r\nCONFIG SET timeout 7\r\nGET k\r\nCONFIG SET timeout 8\r\nEXEC\r\n",
  );
  other.send("SET k 2\r\n");
  await turns();
  const queued = "+OK\r\n" + "+QUEUED\r\n".repeat(4);
  assertEquals(socket.written.slice(queued.length), "");
  works[0].resolve();
  await turns();
  assertEquals([socket.written.slice(queued.length), other.written], ["", ""]);
  works[1].reject(new ValueError("not that one"));
  await turns();
  // What is set back takes its time, too.
  works[2].resolve();
  await turns();
  assertEquals(
    socket.written,
    `${queued}*4\r\n+OK\r\n+OK\r\n$1\r\n1\r\n` +
      "-ERR CONFIG SET failed (possibly related to argument 'timeout') - not that one\r\n",
  );
  assertEquals(other.written, "+OK\r\n");
  assertEquals(embedded.server.configuration.settings.timeout, 7);
});

Deno.test("a client that has gone while its CONFIG SET waits holds nobody up", async () => {
  await using embedded = await startEmbedded();
  const works = holdTimeout(embedded);
  const { socket } = connectFake(embedded.server), other = connectFake(embedded.server).socket;
  socket.send("CONFIG SET timeout 7\r\n");
  await turns();
  socket.end();
  other.send("CONFIG GET timeout\r\n");
  await turns();
  assertEquals(other.written, "");
  works[0].resolve();
  await turns();
  assertEquals(other.written, "*2\r\n$7\r\ntimeout\r\n$1\r\n7\r\n");
});

Deno.test("a server that stops meanwhile waits for the system first", async () => {
  await using embedded = await startEmbedded({ save: "900 1", appendonly: "no" });
  const works = holdTimeout(embedded);
  const { socket } = connectFake(embedded.server);
  socket.send("SET k 1\r\nCONFIG SET timeout 7\r\n");
  await turns();
  const stopped = embedded.server.stop();
  await turns();
  assertEquals(
    embedded.files.statSync(`${embedded.server.configuration.settings.dir}/dump.rdb`),
    null,
  );
  works[0].resolve();
  await stopped;
  assertEquals(socket.written, "+OK\r\n+OK\r\n");
});
