/** Commands that come together are answered as those that come one by one. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteString } from "../../src/base/span.ts";
import { Frame } from "../../src/resp/frame.ts";
import { connectFake, turns } from "../support/fake_connection.ts";
import { startEmbedded } from "../support/embedded.ts";

const encode = (args: readonly string[]): string => byteString(Frame.fromStrings(args).encoded());

const KEYS = Array.from({ length: 8 }, (_, i) => `key:${i}`);
const key = fc.constantFrom(...KEYS);
const text = fc.oneof(fc.integer().map(String), fc.string({ maxLength: 60, unit: "binary-ascii" }));

/** Among them such as change what the next ones find: other databases, moved rows, grown tables. */
const command = fc.oneof(
  fc.tuple(key, text).map(([name, value]) => ["SET", name, value]),
  fc.tuple(key, text).map(([name, value]) => ["SET", name, value, "PX", "100000"]),
  key.map((name) => ["GET", name]),
  key.map((name) => ["INCR", name]),
  key.map((name) => ["DEL", name]),
  fc.tuple(key, text).map(([name, value]) => ["APPEND", name, value]),
  fc.tuple(key, text).map(([name, value]) => ["SETRANGE", name, "3", value]),
  fc.tuple(key, key).map(([from, to]) => ["RENAME", from, to]),
  fc.tuple(key, key).map(([from, to]) => ["COPY", from, to, "DB", "1"]),
  key.map((name) => ["MOVE", name, "1"]),
  fc.tuple(key, text).map(([name, value]) => ["LPUSH", name, value]),
  fc.tuple(key, text, text).map(([name, field, value]) => ["HSET", name, field, value]),
  key.map((name) => ["OBJECT", "ENCODING", name]),
  key.map((name) => ["EVAL", "return redis.call('GET', KEYS[1])", "1", name]),
  key.map((name) => ["EVAL", "return redis.call('INCR', ARGV[1])", "0", name]),
  fc.constantFrom("0", "1").map((index) => ["SELECT", index]),
  fc.constantFrom(
    ["SWAPDB", "0", "1"],
    ["FLUSHDB"],
    ["MULTI"],
    ["EXEC"],
    ["DISCARD"],
    ["PING"],
    ["DBSIZE"],
    ["GET"],
    ["CLIENT", "REPLY", "SKIP"],
    ["MSET", ...Array.from({ length: 40 }, (_, i) => [`more:${i}`, "value"]).flat()],
    ["nothing", "that", "is known"],
  ),
).map(encode);
const anything = fc.oneof(
  { weight: 20, arbitrary: command },
  { weight: 1, arbitrary: fc.constantFrom("PING\r\n", "\r\n", "*2\r\n$3\r\nGET\r\n$5\r\nkey:1XX") },
);

Deno.test("commands in one batch are answered as commands that come one by one", async () => {
  await using one = await startEmbedded({ "enable-debug-command": "yes" });
  await using other = await startEmbedded({ "enable-debug-command": "yes" });
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 2, maxLength: 60 }), async (commands) => {
      const together = connectFake(one.server), apart = connectFake(other.server);
      // What is sent at once is read at once, and nothing more.
      for (const each of commands) apart.socket.send(each);
      // The first batch tells that several commands are to be expected.
      together.socket.send(commands.slice(0, 2).join(""));
      together.socket.send(commands.slice(2).join(""));
      await turns();
      assertEquals(together.socket.written, apart.socket.written);
      const { keyspace } = one.server, expected = other.server.keyspace;
      assertEquals([keyspace.hits, keyspace.misses], [expected.hits, expected.misses]);
      assertEquals(keyspace.dirty, expected.dirty);
      for (const { socket, client } of [together, apart]) {
        if (client.transaction.active) socket.send(encode(["DISCARD"]));
        socket.send(encode(["FLUSHALL"]));
        await turns();
        socket.end();
      }
      await turns();
    }),
    { numRuns: 60 },
  );
});

/** What a new client is answered that sends all at once. */
async function answersTo(
  directives: Record<string, string>,
  commands: readonly (readonly string[] | string)[],
): Promise<{ written: string; isClosed: boolean }> {
  await using parts = await startEmbedded(directives);
  const { socket } = connectFake(parts.server);
  socket.send(encode(["PING"]) + encode(["PING"]));
  await turns();
  socket.written = "";
  socket.send(commands.map((each) => typeof each === "string" ? each : encode(each)).join(""));
  await turns();
  return socket;
}

Deno.test("what a command of a batch changes is in force for the next one", async () => {
  const long = "x".repeat(20_000), password = { requirepass: "secret" };
  const { written } = await answersTo(password, [
    ["GET", "a"],
    ["AUTH", "secret"],
    ["SET", "a", long],
    ["STRLEN", "a"],
    ["RESET"],
    ["GET", "a"],
  ]);
  const refused = "-NOAUTH Authentication required.\r\n";
  assertEquals(written, `${refused}+OK\r\n+OK\r\n:20000\r\n+RESET\r\n${refused}`);

  const tooLong = await answersTo({}, [
    ["SET", "a", "1"],
    ["CONFIG", "SET", "proto-max-bulk-len", "1mb"],
    ["GET", "a"],
    "*2\r\n$3\r\nGET\r\n$1048577\r\n",
    ["GET", "a"],
  ]);
  const error = "-ERR Protocol error: invalid bulk length\r\n";
  assertEquals(tooLong.written, `+OK\r\n+OK\r\n$1\r\n1\r\n${error}`);
  assert(tooLong.isClosed);
});

Deno.test("a command of a batch that waits has the ones behind it wait", async () => {
  await using parts = await startEmbedded();
  const { socket } = connectFake(parts.server), other = connectFake(parts.server);
  const batch = [["INCR", "a"], ["BLPOP", "b", "0"], ["INCR", "a"], ["GET", "c"], ["INCR", "a"]];
  for (let round = 0; round < 3; round++) {
    socket.written = "";
    socket.send(batch.map(encode).join(""));
    await turns();
    assertEquals(socket.written, `:${3 * round + 1}\r\n`);
    // Its bytes are moved while it waits, and more come behind them.
    socket.send(encode(["SET", "d", "x".repeat(5000)]));
    other.socket.send(encode(["SET", "c", String(round)]) + encode(["LPUSH", "b", "x"]));
    await turns();
    const popped = "*2\r\n$1\r\nb\r\n$1\r\nx\r\n", rest = `$1\r\n${round}\r\n:${3 * round + 3}\r\n`;
    assertEquals(
      socket.written,
      `:${3 * round + 1}\r\n${popped}:${3 * round + 2}\r\n${rest}+OK\r\n`,
    );
  }
});

Deno.test("nothing of a batch is done behind QUIT, an error of the protocol, or the client's end", async () => {
  for (
    const [last, reply] of [
      [["QUIT"], "+OK\r\n"],
      ["*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
      [["CLIENT", "KILL", "SKIPME", "no", "TYPE", "normal"], ":1\r\n"],
    ] as const
  ) {
    const { written, isClosed } = await answersTo({}, [["INCR", "a"], last, ["INCR", "a"]]);
    assertEquals([written, isClosed], [`:1\r\n${reply}`, true]);
  }
});
