/** A client that sends everything before it reads anything. */

import { Buffer } from "node:buffer";
import { encodeCommandText } from "../support/raw_client.ts";
import { startMiniredis } from "../support/miniredis_process.ts";

const COUNT = 1_000_000;
const VALUE_SIZE = 1024;
/** How many values of different bytes the requests take by turns. */
const KEYS = 16;

Deno.test("1,000,000 GETs of 1 KB come back when all are sent before the first reply is read", async () => {
  await using server = await startMiniredis();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const values = Array.from({ length: KEYS }, (_, i) => String.fromCharCode(97 + i));
  const encoder = new TextEncoder();

  const setAll = values.map((letter) =>
    encodeCommandText(["SET", letter, letter.repeat(VALUE_SIZE)])
  );
  await writeAll(connection, encoder.encode(setAll.join("")));
  await expectBytes(connection, encoder.encode("+OK\r\n"), KEYS);

  const getAll = encoder.encode(
    values.map((letter) => encodeCommandText(["GET", letter])).join(""),
  );
  for (let sent = 0; sent < COUNT; sent += KEYS) await writeAll(connection, getAll);
  const replies = values.map((letter) => `$${VALUE_SIZE}\r\n${letter.repeat(VALUE_SIZE)}\r\n`);
  await expectBytes(connection, encoder.encode(replies.join("")), COUNT / KEYS);

  await writeAll(connection, encoder.encode("PING\r\n"));
  await expectBytes(connection, encoder.encode("+PONG\r\n"), 1);
});

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads `times` times `pattern`. */
async function expectBytes(
  connection: Deno.Conn,
  pattern: Uint8Array,
  times: number,
): Promise<void> {
  const expected = pattern.length * times;
  const buffer = new Uint8Array(pattern.length);
  // The pattern twice, so that what is expected from any place in it on lies in one piece.
  const twice = new Uint8Array(2 * pattern.length);
  twice.set(pattern);
  twice.set(pattern, pattern.length);
  for (let received = 0; received < expected;) {
    const room = Math.min(buffer.length, expected - received);
    const length = await connection.read(buffer.subarray(0, room));
    if (length === null) throw new Error(`the connection ended after ${received} bytes`);
    const at = received % pattern.length;
    if (Buffer.compare(buffer.subarray(0, length), twice.subarray(at, at + length)) !== 0) {
      throw new Error(`other bytes than expected, ${received} after the first`);
    }
    received += length;
  }
}
