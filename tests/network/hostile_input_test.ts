/** A running server and what no client should send: it answers as Redis does, and serves the others. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { startServer } from "../../src/mod.ts";
import { expectedOutput, PROTOCOL_CASES } from "../resp/protocol_cases.ts";
import { Random } from "../support/random.ts";
import { amount, longTest, seedOf } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { ConnectionClosed, encodeCommandText, RawClient } from "../support/raw_client.ts";
import { escapeBytes } from "../support/quoting.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import { infoNumber, megabytes, residentMemory } from "../support/process_figures.ts";
import { exchange } from "./exchange.ts";
import { openFileLimit } from "./open_files.ts";

Deno.test("a server answers malformed requests as the decoder's table says", async (t) => {
  await using server = await startServer();
  await using guarded = await startServer({ directives: { requirepass: "secret" } });
  for (const one of PROTOCOL_CASES) {
    await t.step(one.name, async () => {
      const { port } = one.unauthenticated ? guarded : server;
      assertEquals(await exchange(port, one.input), expectedOutput(one));
    });
  }
});

const COMMANDS = [
  ["PING"],
  ["ECHO", "some text"],
  ["SET", "key", "value"],
  ["GET", "key"],
  ["GET", "nothing"],
  ["APPEND", "key", "\r\n\0\xff"],
  ["HSET", "hash", "field", "1", "other", "2"],
  ["HINCRBY", "hash", "field", "3"],
  ["DEL", "key"],
];
const INLINE = ["PING\r\n", 'SET key "a b"\r\n', "GET key\n", "\r\n", "*0\r\n", "ECHO 'x\r\n"];

/** A pipeline of commands, some bytes of which are changed, doubled or left out. */
function damagedPipeline(random: Random): string {
  let input = "";
  for (let i = 1 + random.below(5); i > 0; i--) {
    input += random.below(4) === 0 ? random.pick(INLINE) : encodeCommandText(random.pick(COMMANDS));
  }
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(input.length);
    const byte = random.pick([
      "\r",
      "\n",
      "*",
      "$",
      "-",
      "0",
      "9",
      " ",
      '"',
      "'",
      "\0",
      "\xff",
      "x",
    ]);
    const cut = random.below(3);
    input = input.slice(0, at) + (cut < 2 ? byte : "") + input.slice(at + (cut > 0 ? 1 : 0));
  }
  return input;
}

referenceTest("a server answers damaged pipelines as redis-server does", async () => {
  const seed = seedOf("damaged pipelines", 20_260_505);
  const random = new Random(seed);
  await using ours = await startServer();
  await using theirs = await startReference();
  for (let round = amount({ quick: 300, full: 5000, long: 5000 }); round > 0; round--) {
    const input = damagedPipeline(random);
    const [got, expected] = await Promise.all([
      exchange(ours.port, input),
      exchange(theirs.port, input),
    ]);
    assertEquals(got, expected, `seed ${seed}: ${escapeBytes(input)}`);
  }
});

Deno.test("a server survives any garbage", async () => {
  const random = new Random(seedOf("garbage", 20_260_606));
  await using server = await startServer();
  for (let round = amount({ quick: 100, full: 2000, long: 2000 }); round > 0; round--) {
    const garbage = Array.from(
      { length: random.below(300) },
      () => String.fromCharCode(random.below(256)),
    );
    await exchange(server.port, random.pick(["", "*", "*3\r\n$", "$"]) + garbage.join(""));
  }
  assertEquals(await exchange(server.port, "PING\r\n"), "+PONG\r\n");
});

/** Sends pieces until the server closes or all is sent; returns what came back and how much was sent. */
async function flood(
  client: RawClient,
  piece: string,
  bytes: number,
): Promise<number> {
  let sent = 0;
  try {
    for (; sent < bytes && !client.closed; sent += piece.length) await client.write(piece);
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
  }
  return sent;
}

Deno.test("a server closes on 200 MiB without a newline and keeps its memory", async () => {
  await using server = await startMiniredis();
  const other = await server.connect();
  const before = residentMemory(server.pid);
  for (const start of ["", "*", "*1\r\n$"]) {
    const client = await server.connect();
    await client.write(start);
    const sent = await flood(client, "1".repeat(65_536), megabytes(200));
    assertLess(sent, megabytes(100), "the server read on");
    assert(await client.waitForClose());
    assertEquals(await other.texts("PING"), ["PONG"]);
  }
  assertLess(residentMemory(server.pid) - before, megabytes(50));
});

Deno.test("a server takes no memory for lengths that are only claimed", async () => {
  await using server = await startMiniredis();
  const other = await server.connect();
  const before = residentMemory(server.pid);
  const claims = [
    "*2147483647\r\n",
    "*2\r\n$3\r\nGET\r\n$536870912\r\n",
    "*1000000\r\n$536870912\r\nx",
  ];
  const clients: RawClient[] = [];
  for (let i = 0; i < 60; i++) {
    const client = await server.connect();
    await client.write(claims[i % claims.length]);
    clients.push(client);
  }
  assertEquals(await other.texts("PING"), ["PONG"]);
  assertLess(residentMemory(server.pid) - before, megabytes(30));
  // Two billion arguments that really come are taken until the peer gives up, as Redis takes them.
  const patient = await server.connect();
  await patient.write("*2000000000\r\n");
  await flood(patient, "$1\r\nx\r\n".repeat(10_000), megabytes(20));
  assertEquals(await other.texts("PING"), ["PONG"]);
  for (const client of [...clients, patient]) await client.close();
  await waitFor(
    "the clients to be forgotten",
    async () => await infoNumber(other, "connected_clients") === 1,
  );
});

Deno.test("a server forgets clients that reset in mid-command", async () => {
  await using server = await startMiniredis();
  const other = await server.connect();
  for (let i = 0; i < 200; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    // Closing with unread replies resets the connection.
    const text = "PING\r\n".repeat(3) +
      ["*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nhalf", "SET k", "*"][i % 3];
    await connection.write(new TextEncoder().encode(text));
    connection.close();
  }
  await waitFor(
    "the clients to be forgotten",
    async () => await infoNumber(other, "connected_clients") === 1,
  );
  assertEquals(await other.texts("EXISTS", "k"), ["0"]);
});

Deno.test("half a command then silence neither runs nor holds up others", async () => {
  await using server = await startServer();
  const silent = await RawClient.connect(server.port);
  const other = await RawClient.connect(server.port);
  await silent.write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nval");
  for (let i = 0; i < 100; i++) assertEquals(await other.texts("EXISTS", "k"), ["0"]);
  await silent.write("ue\r\n");
  assertEquals((await silent.read()).raw, "+OK\r\n");
  assertEquals(await other.texts("GET", "k"), ["value"]);
  await silent.close();
  await other.close();
});

Deno.test("a command may come in as many pieces as it has bytes", async () => {
  await using server = await startServer();
  const client = await RawClient.connect(server.port);
  const text = [["SET", "key", "va\r\nlue"], ["GET", "key"], ["PING"]].map(encodeCommandText).join(
    "",
  );
  for (const byte of text + "GET key\r\n") await client.write(byte);
  for (const expected of ["OK", "va\r\nlue", "PONG", "va\r\nlue"]) {
    assertEquals((await client.read()).text, expected);
  }
  await client.close();
});

Deno.test("a million tiny commands in one write are answered whole and in order", async () => {
  const count = 1_000_000;
  await using server = await startServer();
  const client = await RawClient.connect(server.port);
  const other = await RawClient.connect(server.port);
  const writing = client.write("INCR counter\r\n".repeat(count));
  // Others are served meanwhile.
  const seen = Number((await other.texts("INCRBY", "counter", "0"))[0]);
  assertLess(seen, count);
  let expected = "";
  for (let i = 1; i <= count; i++) expected += `:${i}\r\n`;
  await writing;
  await waitFor("all replies", () => client.unread.length >= expected.length);
  assert(client.unread === expected);
  await client.close();
  await other.close();
});

Deno.test("the query buffer's limit closes a client that goes over it", async () => {
  await using server = await startServer({ directives: { "client-query-buffer-limit": "1mb" } });
  const client = await RawClient.connect(server.port);
  await client.write("*2\r\n$4\r\nECHO\r\n$20000000\r\n");
  const sent = await flood(client, "x".repeat(65_536), megabytes(20));
  assertLess(sent, megabytes(15));
  assert(await client.waitForClose());
  await client.close();
  assertEquals(client.unread, "");
});

const HTTP_REQUESTS = [
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 17\r\n\r\nSET hacked 1\r\n\r\n",
  "post /\r\nSET hacked 1\r\n",
  "OPTIONS * HTTP/1.1\r\nhOST: 127.0.0.1\r\nSET hacked 1\r\n",
  "GET hacked HTTP/1.1\r\nSET hacked 1\r\n",
];

referenceTest("a server cuts HTTP requests off as redis-server does, and logs it", async () => {
  await using ours = await startMiniredis();
  await using theirs = await startReference();
  for (const request of HTTP_REQUESTS) {
    for (const { port } of [ours, theirs]) {
      using client = await RawClient.connect(port);
      await client.texts("DEL", "hacked");
      await client.close();
    }
    const [got, expected] = await Promise.all([
      exchange(ours.port, request),
      exchange(theirs.port, request),
    ]);
    assertEquals(got, expected, request);
    using client = await RawClient.connect(ours.port);
    const wasSet = await client.texts("EXISTS", "hacked");
    assertEquals(wasSet, [/^(post|options|get \/)/i.test(request) ? "0" : "1"], request);
    await client.close();
  }
  // Once a minute is enough.
  for (const { log } of [ours, theirs]) {
    assertEquals(log.match(/Possible SECURITY ATTACK detected/g)?.length, 1, log);
  }
  const failure = await fetch(`http://127.0.0.1:${ours.port}/`, { method: "POST", body: "x" })
    .then(() => null, (error) => error);
  assert(failure instanceof TypeError, "fetch got an answer");
});

Deno.test("patterns that explode in backtracking end at once", async () => {
  await using server = await startServer();
  const client = await RawClient.connect(server.port);
  const pattern = "*a".repeat(60) + "*b", name = "a".repeat(2000);
  await client.texts("SET", name, "1");
  await client.texts("HSET", "hash", name, "1");
  assertEquals(await client.texts("KEYS", pattern), []);
  assertEquals(await client.texts("SCAN", "0", "MATCH", pattern, "COUNT", "100"), ["0"]);
  assertEquals(await client.texts("HSCAN", "hash", "0", "MATCH", pattern), ["0"]);
  assertEquals(await client.texts("CONFIG", "GET", pattern), []);
  assertEquals(await client.texts("PUBSUB", "CHANNELS", pattern), []);
  const subscriber = await RawClient.connect(server.port);
  await subscriber.texts("PSUBSCRIBE", pattern);
  assertEquals(await client.texts("PUBLISH", name, "x"), ["0"]);
  assertEquals(await client.texts("PUBLISH", `${name}b`, "x"), ["1"]);
  for (const one of [client, subscriber]) await one.close();
});

const CROWD = 10_000;

longTest("10,000 idle connections are kept, and cost at most 40 KB each", async () => {
  const limit = openFileLimit();
  if (limit < CROWD + 200) {
    return console.log(`skipped: only ${limit} files may be open (ulimit -n)`);
  }
  await using server = await startMiniredis({ directives: { maxclients: String(CROWD + 1) } });
  const observer = await server.connect();
  const before = residentMemory(server.pid);
  const crowd: Deno.Conn[] = [];
  const answer = new Uint8Array(16);
  try {
    while (crowd.length < CROWD) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      crowd.push(conn);
      await conn.write(new TextEncoder().encode("PING\r\n"));
      assertEquals(await conn.read(answer), 7);
    }
    assertEquals(await infoNumber(observer, "connected_clients"), CROWD + 1);
    assertLess((residentMemory(server.pid) - before) / CROWD, 40 * 1024);
    const refused = await server.connect();
    assert(await refused.waitForClose());
    for (const conn of [crowd[0], crowd[CROWD - 1]]) {
      await conn.write(new TextEncoder().encode("PING\r\n"));
      assertEquals(await conn.read(answer), 7);
    }
  } finally {
    for (const conn of crowd) conn.close();
  }
  const isAlone = async () => await infoNumber(observer, "connected_clients") === 1;
  await waitFor("the crowd to be forgotten", isAlone, { interval: 100 });
});
