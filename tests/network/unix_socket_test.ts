/** A Unix socket beside TCP. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { SystemClock } from "../../src/base/clock.ts";
import { AcceptLoops } from "../../src/network/accept_loops.ts";
import { ListenError } from "../../src/network/listen_error.ts";
import { UnixListener } from "../../src/network/unix_listener.ts";
import { Log, silentSink } from "../../src/observe/log.ts";
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

Deno.test("a Unix socket never is open to more users than unixsocketperm says", async () => {
  await using dir = await TempDir.create("unix-");
  const clock = new SystemClock(), log = new Log(clock, silentSink);
  const loops = new AcceptLoops({ clock, log, makeRoom: () => false });
  const rename = Deno.renameSync;
  for (const mode of [0o700, 0o770, 0o777, 0o600]) {
    const path = `${dir.path}/${mode.toString(8)}`;
    let renamed = 0;
    Deno.renameSync = (from, to) => {
      renamed++;
      assertEquals(Deno.lstatSync(from).mode! & 0o777, mode);
      assertEquals(Deno.lstatSync(`${from}/..`.replace(/[^/]*\/\.\.$/, "")).mode! & 0o777, 0o700);
      // Until then nothing is at the place where clients look.
      assertThrows(() => Deno.lstatSync(to), Deno.errors.NotFound);
      rename(from, to);
    };
    try {
      await new UnixListener(loops, log).listen(path, mode, (conn) => conn.close());
    } finally {
      Deno.renameSync = rename;
    }
    assertEquals([renamed, Deno.lstatSync(path).mode! & 0o777], [1, mode]);
  }
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), [
    ...["600", "700", "770", "777"],
  ]);
  await loops.closeAll();
});

Deno.test("a Unix socket that can't be had ends the start, with Redis' line in the log", async () => {
  const clock = new SystemClock(), lines: string[] = [];
  const log = new Log(clock, (line) => void lines.push(line));
  const loops = new AcceptLoops({ clock, log, makeRoom: () => false });
  const long = `/tmp/${"é".repeat(60)}`;
  for (
    const [path, mode, why, line] of [
      ["/no/such/socket", 0, "No such file or directory", "bind: No such file or directory"],
      ["/no/such/socket", 0o700, "No such file or directory", "bind: No such file or directory"],
      ["/dev/null/socket", 0, "Not a directory", "bind: Not a directory"],
      [long, 0o700, "unix socket path too long (125), must be under 108", "unix socket path too"],
    ] as const
  ) {
    lines.length = 0;
    const listen = () => new UnixListener(loops, log).listen(path, mode, (conn) => conn.close());
    const { message } = await assertRejects(listen, ListenError);
    assertEquals(message, `Could not listen on the Unix socket ${path}: ${why}`);
    assertStringIncludes(lines.join(""), ` # Failed opening Unix socket: ${line}`);
  }
});
