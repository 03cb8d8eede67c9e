/** Clients that send much and read little, and values that don't fit into one read or write. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { amount } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";
import { infoNumber, megabytes, residentMemory } from "../support/process_figures.ts";

/** A bare connection: bytes are written and counted as they come, and nothing is read unasked. */
async function connectBare(server: ServerProcess): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: server.port });
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads exactly so many bytes, each of which `check` is given with its position in the stream. */
async function readBytes(
  connection: Deno.Conn,
  length: number,
  check: (piece: Uint8Array, at: number) => void,
): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let at = 0; at < length;) {
    const count = await connection.read(buffer.subarray(0, Math.min(buffer.length, length - at)));
    if (count === null) throw new Error(`the connection ended after ${at} of ${length} bytes`);
    check(buffer.subarray(0, count), at);
    at += count;
  }
}

/** Checks that what comes is `reply` again and again, `count` times. */
async function readReplies(connection: Deno.Conn, reply: string, count: number): Promise<void> {
  const expected = new TextEncoder().encode(reply);
  await readBytes(connection, reply.length * count, (piece, at) => {
    for (let done = 0; done < piece.length;) {
      const from = (at + done) % expected.length;
      const length = Math.min(expected.length - from, piece.length - done);
      const isSame = haveSameBytes(
        piece.subarray(done, done + length),
        expected.subarray(from, from + length),
      );
      assert(isSame, `other bytes than expected at ${at + done}`);
      done += length;
    }
  });
}

function haveSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

Deno.test("a client that does not read 150 MB of replies holds up nobody, and gets them all in the end", async () => {
  const count = 150;
  await using server = await startMiniredis();
  const other = await server.connect();
  const value = "0123456789abcdef".repeat(65_536);
  await other.texts("SET", "large", value);
  using lazy = await connectBare(server);
  await writeAll(lazy, encodeCommandText(["GET", "large"]).repeat(count));
  await waitFor(
    "the replies to queue up",
    async () => / omem=(\d{9})/.test((await other.texts("CLIENT", "LIST"))[0]),
  );
  for (let i = 0; i < 200; i++) {
    assertEquals(await other.texts("INCR", "counter"), [String(i + 1)]);
  }
  assertMatch((await other.texts("CLIENT", "LIST"))[0], / omem=\d{8}/);
  await readReplies(lazy, `$${value.length}\r\n${value}\r\n`, count);
  await waitFor(
    "the queue to be empty",
    async () => !/ omem=[1-9]/.test((await other.texts("CLIENT", "LIST"))[0]),
  );
});

Deno.test("replies that nobody reads any more are given up when the client goes", async () => {
  await using server = await startMiniredis();
  const other = await server.connect();
  await other.texts("SET", "large", "x".repeat(megabytes(1)));
  for (let round = 0; round < 5; round++) {
    using lazy = await connectBare(server);
    await writeAll(lazy, encodeCommandText(["GET", "large"]).repeat(40));
    await waitFor(
      "the replies to queue up",
      async () => / omem=(\d{8,})/.test((await other.texts("CLIENT", "LIST"))[0]),
    );
  }
  await waitFor(
    "the clients to be forgotten",
    async () => await infoNumber(other, "connected_clients") === 1,
  );
  // Five times 40 MiB; the garbage collector may lag behind, but not by all of it.
  assertLess(residentMemory(server.pid), megabytes(400));
});

Deno.test("a value of 64 MB is stored and read back whole", async () => {
  await using server = await startMiniredis({ directives: { appendonly: "yes" } });
  const length = 64 * 1000 * 1000, block = "0123456789abcdef".repeat(4096);
  using connection = await connectBare(server);
  const writing = (async () => {
    await writeAll(connection, `*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$${length}\r\n`);
    for (let left = length; left > 0; left -= block.length) {
      await writeAll(connection, block.slice(0, Math.min(left, block.length)));
    }
    await writeAll(connection, "\r\n");
  })();
  await readReplies(connection, "+OK\r\n", 1);
  await writing;
  const check = async (connection: Deno.Conn) => {
    await writeAll(connection, "STRLEN large\r\nGET large\r\nPING\r\n");
    const head = `:${length}\r\n$${length}\r\n`;
    await readReplies(connection, head, 1);
    const expected = new TextEncoder().encode(block);
    await readBytes(connection, length, (piece, at) => {
      for (let i = 0; i < piece.length; i++) {
        if (piece[i] !== expected[(at + i) % expected.length]) {
          throw new Error(`wrong at ${at + i}`);
        }
      }
    });
    await readReplies(connection, "\r\n+PONG\r\n", 1);
  };
  await check(connection);
  await server.restart();
  using again = await connectBare(server);
  await check(again);
});

Deno.test("a large reply arrives whole when the peer reads it in small pieces", async () => {
  await using server = await startMiniredis();
  const client = await server.connect();
  const value = "abcdefghij".repeat(100_000);
  await client.texts("SET", "key", value);
  using slow = await connectBare(server);
  await writeAll(slow, "GET key\r\nPING\r\n");
  const buffer = new Uint8Array(777), decoder = new TextDecoder();
  const expected = `$1000000\r\n${value}\r\n+PONG\r\n`;
  let text = "";
  while (text.length < expected.length) {
    const count = await slow.read(buffer);
    if (count === null) throw new Error(`the connection ended after ${text.length} bytes`);
    text += decoder.decode(buffer.subarray(0, count));
  }
  assert(text === expected);
});

Deno.test(
  "pipelined GETs of 1 KB that are sent before the first reply is read all come back",
  async () => {
    const count = amount({ quick: 100_000, full: 1_000_000, long: 1_000_000 }), block = 10_000;
    await using server = await startMiniredis();
    const client = await server.connect();
    const value = "x".repeat(1024);
    await client.texts("SET", "key", value);
    using lazy = await connectBare(server);
    const commands = encodeCommandText(["GET", "key"]).repeat(block);
    for (let sent = 0; sent < count; sent += block) await writeAll(lazy, commands);
    assertEquals(await client.texts("PING"), ["PONG"]);
    await readReplies(lazy, `$1024\r\n${value}\r\n`, count);
  },
);
