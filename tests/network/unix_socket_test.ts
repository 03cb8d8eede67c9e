/** A Unix socket beside TCP. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Sends `input` to a Unix socket and returns what comes back until `length` bytes are there. */
async function exchange(
  path: string,
  input: string,
  isEnough: (text: string) => boolean,
): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(input));
  const buffer = new Uint8Array(65_536), decoder = new TextDecoder();
  let text = "";
  while (!isEnough(text)) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count));
  }
  return text;
}

Deno.test("a Unix socket is served beside TCP with the permissions asked for, and removed at the end", async () => {
  await using dir = await TempDir.create("unix-");
  const path = `${dir.path}/redis.sock`;
  // What a server that crashed left there.
  Deno.listen({ transport: "unix", path }).close();
  await using server = await startMiniredis({
    directives: { unixsocket: path, unixsocketperm: "750" },
  });
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o750);
  assertStringIncludes(server.log, `The server is now ready to accept connections at ${path}`);
  const client = await server.connect();
  assertEquals(await client.texts("SET", "key", "from TCP"), ["OK"]);
  const reply = await exchange(path, "GET key\r\nCLIENT INFO\r\n", (text) => text.includes("cmd="));
  assertStringIncludes(reply, "$8\r\nfrom TCP\r\n");
  assertStringIncludes(reply, ` addr=${path}:0 laddr=${path}:0 `);
  assert(/ flags=U /.test(reply), reply);
  // A reply that is larger than what the socket holds at once.
  await client.texts("SET", "large", "x".repeat(3_000_000));
  const large = await exchange(path, "GET large\r\n", (text) => text.length >= 3_000_012);
  assertEquals(large.length, "$3000000\r\n".length + 3_000_000 + 2);
  await server.kill();
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a Unix socket is served when no TCP port is any more", async () => {
  await using dir = await TempDir.create("unix-");
  const path = `${dir.path}/redis.sock`;
  await using server = await startMiniredis({ directives: { unixsocket: path } });
  const client = await server.connect();
  assertEquals(await client.texts("CONFIG", "SET", "port", "0"), ["OK"]);
  assertEquals(await exchange(path, "PING\r\n", (text) => text.endsWith("\n")), "+PONG\r\n");
  assertEquals(await client.texts("PING"), ["PONG"]);
});
