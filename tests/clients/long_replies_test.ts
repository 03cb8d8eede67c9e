/** Replies that grow without end, to a client that may not be sent so much. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import { peakMemory } from "../support/process_figures.ts";
import { connectFake, turns } from "../support/fake_connection.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";

const MB = 1024 ** 2;
const LIMIT = { "client-output-buffer-limit": "normal 1mb 0 0" };
/** What a server may take beside what a reply may take. */
const MARGIN = 80 * MB;

async function fill(client: RawClient): Promise<void> {
  await client.texts("HSET", "h", "f", "v".repeat(100), "g", "w".repeat(100));
  await client.texts("SADD", "s", "a".repeat(100), "b".repeat(100));
  await client.texts("ZADD", "z", "1", "a".repeat(100), "2", "b".repeat(100));
  await client.texts("SET", "k", "x".repeat(100_000));
  for (let i = 0; i < 10; i++) {
    await client.texts("RPUSH", "l", ...Array.from({ length: 100 }, () => "x".repeat(1000)));
  }
}

/** Commands whose replies are hundreds of megabytes, or far more. */
const LONG: readonly (readonly string[])[] = [
  ["HRANDFIELD", "h", "-3000000", "WITHVALUES"],
  ["HRANDFIELD", "h", "-999999999"],
  ["SRANDMEMBER", "s", "-999999999"],
  ["ZRANDMEMBER", "z", "-999999999", "WITHSCORES"],
  ["MGET", ...Array.from({ length: 3000 }, () => "k")],
  ["SORT_RO", "l", "BY", "nosort", ...Array.from({ length: 300 }, () => ["GET", "#"]).flat()],
];

Deno.test("a reading command stops, and its client is closed, when its reply gets longer than it may", async (t) => {
  await using server = await startMiniredis({ directives: LIMIT });
  using other = await server.connect();
  await fill(other);
  const before = peakMemory(server.pid);
  for (const command of LONG) {
    await t.step(command.slice(0, 4).join(" "), async () => {
      const client = await server.connect();
      await client.send(...command);
      assert(await client.waitForClose(), "the client is not closed");
      assertEquals(client.unread, "");
      await client.close();
      // The others are served, and the memory was never needed.
      assertEquals(await other.texts("ECHO", "still here"), ["still here"]);
      const grown = peakMemory(server.pid) - before;
      assert(grown < MARGIN, `${grown / MB} MB more`);
    });
  }
  await t.step("within EXEC, where each of them stops", async () => {
    const client = await server.connect();
    const unit = [["MULTI"], ["INCR", "n"], ...LONG, ["INCR", "n"], ["EXEC"]];
    for (const command of unit) await client.send(...command);
    assert(await client.waitForClose(), "the client is not closed");
    await client.close();
    assertEquals(await other.texts("GET", "n"), ["2"]);
    const grown = peakMemory(server.pid) - before;
    assert(grown < MARGIN, `${grown / MB} MB more`);
  });
});

Deno.test("a reply takes no memory when its client wants none", async () => {
  await using server = await startMiniredis();
  using client = await server.connect();
  await fill(client);
  const before = peakMemory(server.pid);
  await client.send("CLIENT", "REPLY", "OFF");
  await client.send("HRANDFIELD", "h", "-1000000", "WITHVALUES");
  await client.send("MGET", ...Array.from({ length: 2000 }, () => "k"));
  await client.send("CLIENT", "REPLY", "ON");
  assertEquals((await client.read()).text, "OK");
  assertEquals(await client.texts("ECHO", "there"), ["there"]);
  const grown = peakMemory(server.pid) - before;
  assert(grown < MARGIN, `${grown / MB} MB more`);
});

Deno.test("a change is logged and kept when the reply to it gets longer than it may", async () => {
  await using embedded = await startEmbedded({
    appendonly: "yes",
    "client-output-buffer-limit": '"normal 200000 0 0"',
  });
  const { server, log, files } = embedded;
  const other = await embedded.connect();
  for (let i = 0; i < 10; i++) {
    await other.texts("RPUSH", "l", ...Array.from({ length: 100 }, () => "x".repeat(1000)));
  }
  const { socket, client } = connectFake(server);
  socket.send("LPOP l 900\r\nSET not run\r\n");
  await turns();
  assertEquals([socket.isClosed, socket.written, client.reply.isCut], [true, "", true]);
  assertMatch(
    log.at(-1) ?? "",
    /# Client id=\d+ addr=.* cmd=lpop .* scheduled to be closed ASAP for overcoming of output buffer limits\.\n/,
  );
  assertEquals(log.filter((line) => line.includes("overcoming")).length, 1);
  assertEquals(await other.texts("LLEN", "l"), ["100"]);
  assertEquals(await other.texts("EXISTS", "not"), ["0"]);
  const aof = files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
  assert(aof.endsWith("*3\r\n$4\r\nLPOP\r\n$1\r\nl\r\n$3\r\n900\r\n"), aof.slice(-100));
});

Deno.test("a reading command that is cut off counts as a call, not as one that failed", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": '"normal 200000 0 0"',
  });
  const other = await embedded.connect();
  await other.texts("HSET", "h", "f", "v");
  const client = await embedded.connect();
  await client.send("HRANDFIELD", "h", "-999999999");
  assert(await client.waitForClose());
  const [info] = await other.texts("INFO", "commandstats", "errorstats");
  assertMatch(info, /cmdstat_hrandfield:calls=1,.*,rejected_calls=0,failed_calls=0/);
  assert(!info.includes("errorstat_"), info);
});

Deno.test("a message does not end the command that it comes in when it gets longer than it may", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": '"normal 0 0 0 pubsub 150000 0 0"',
    "notify-keyspace-events": "AK",
  });
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  const other = await embedded.connect();
  const keys = Array.from({ length: 100 }, (_, i) => `${"k".repeat(3000)}${i}`);
  for (const key of keys) await other.texts("SET", key, "v", "PX", "10");
  socket.send("HELLO 3\r\nPSUBSCRIBE *\r\n");
  await turns();
  clock.set(clock.now() + 11);
  // It is told of each key that has expired, in the middle of a command that only reads.
  socket.send(
    `*101\r\n$4\r\nMGET\r\n${keys.map((key) => `$${key.length}\r\n${key}\r\n`).join("")}`,
  );
  await turns();
  assertEquals(socket.isClosed, true);
  assertEquals(await other.texts("DBSIZE"), ["0"]);
  await other.texts("SET", "k", "v");
});

Deno.test("a subscriber is closed at its limit although one message alone passes that", async () => {
  await using embedded = await startEmbedded({
    "client-output-buffer-limit": '"pubsub 200000 0 0"',
  });
  const subscriber = await embedded.connect(), publisher = await embedded.connect();
  await subscriber.texts("SUBSCRIBE", "c");
  assertEquals(await publisher.texts("PUBLISH", "c", "x".repeat(1_000_000)), ["1"]);
  assert(await subscriber.waitForClose());
  assertEquals(subscriber.unread, "");
  assertEquals(await publisher.texts("PUBLISH", "c", "x"), ["0"]);
});
