/** Client-side caching in a server whose clock and sockets are the test's. */

import { assert, assertEquals } from "@std/assert";
import type { Server } from "../../src/server/server.ts";
import { parseReply, type Reply } from "../support/reply.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import { Random } from "../support/random.ts";
import { startEmbedded } from "../support/embedded.ts";
import { connectFake, turns } from "../support/fake_connection.ts";

const info = ({ tracking: { clients, keys, items, prefixes } }: Server) => [
  clients,
  keys,
  items,
  prefixes,
];

/** A client that keeps what GET replied until it is told that it has changed. */
class CachingClient {
  readonly cache = new Map<string, string>();
  readonly #socket;
  #asked: string[] = [];
  #read = 0;

  constructor(server: Server, ...tracking: string[]) {
    this.#socket = connectFake(server).socket;
    this.send("HELLO", "3");
    this.send("CLIENT", "TRACKING", "ON", ...tracking);
  }

  send(...args: string[]): void {
    this.sendBatch(args);
  }

  /** Sends commands that are read together. */
  sendBatch(...commands: string[][]): void {
    for (const [name, key] of commands) this.#asked.push(name === "GET" ? key : "");
    this.#socket.send(commands.map((args) => encodeCommandText(args)).join(""));
  }

  /** Takes what has come: replies into the cache, and out of it what has changed. */
  take(): void {
    for (;;) {
      const parsed = parseReply(this.#socket.written, this.#read);
      if (!parsed) return;
      this.#read = parsed.end;
      if (parsed.reply.type === ">") this.#forget(parsed.reply);
      else this.#keep(parsed.reply);
    }
  }

  #keep(reply: Reply): void {
    const key = this.#asked.shift();
    if (key) this.cache.set(key, reply.raw);
  }

  #forget(message: Reply): void {
    const [name, keys] = message.children ?? [];
    assertEquals(name.text, "invalidate");
    if (keys.type === "_") this.cache.clear();
    for (const key of keys.children ?? []) this.cache.delete(key.text ?? "");
  }
}

Deno.test("a cache that follows the messages holds nothing that has changed", async () => {
  const random = new Random(1);
  await using embedded = await startEmbedded();
  const { server, clock } = embedded;
  const caching = [
    new CachingClient(server),
    new CachingClient(server, "NOLOOP"),
    new CachingClient(server, "OPTOUT"),
    new CachingClient(server, "BCAST"),
    new CachingClient(server, "BCAST", "PREFIX", "k1", "PREFIX", "k2"),
  ];
  const { socket } = connectFake(server);
  const key = () => `k${random.below(4)}`;
  const changes: (() => string[])[] = [
    () => ["SET", key(), String(random.below(100))],
    () => ["SET", key(), String(random.below(100)), "PX", String(1 + random.below(100))],
    () => ["MSET", key(), "1", key(), "2"],
    () => ["INCR", key()],
    () => ["DEL", key(), key()],
    () => ["GETDEL", key()],
    () => ["APPEND", key(), "1"],
    () => ["RENAME", key(), key()],
    () => ["COPY", key(), key(), "REPLACE"],
    () => ["PEXPIRE", key(), String(random.below(50))],
    () => ["MOVE", key(), "1"],
    () => ["FLUSHDB"],
  ];
  for (let step = 0; step < 400; step++) {
    const reader = random.pick(caching);
    // Not of the last client's prefixes, but it may read it for another reason.
    const wanted = reader === caching[4] ? `k${1 + random.below(2)}` : key();
    reader.send("GET", wanted);
    const change = encodeCommandText(random.pick(changes)());
    if (random.below(4) === 0) {
      socket.send(encodeCommandText(["MULTI"]) + change.repeat(2) + encodeCommandText(["EXEC"]));
    } else socket.send(change);
    // Its own changes are known to who asked not to be told of them.
    const changer = random.pick(caching);
    if (changer !== caching[1]) changer.send("SET", key(), String(random.below(100)));
    if (random.below(3) === 0) clock.advance(random.below(60));
    await turns();
    for (const client of caching) client.take();
    const [database] = server.keyspace.databases;
    for (const client of caching) {
      for (const [name, raw] of client.cache) {
        // What has expired is told of when it is met.
        socket.written = "";
        socket.send(encodeCommandText(["GET", name]));
        await turns();
        client.take();
        const now = socket.written.replace("$-1\r\n", "_\r\n");
        if (client.cache.has(name)) assertEquals(raw, now, `step ${step}, ${database.size} keys`);
      }
    }
  }
  assertEquals(server.tracking.clients, 5);
});

Deno.test("what was read is forgotten with the change that nobody is left to be told of", async () => {
  await using embedded = await startEmbedded();
  const { server } = embedded;
  const { socket } = connectFake(server);
  const other = connectFake(server).socket;
  socket.send("HELLO 3\r\nCLIENT TRACKING ON\r\nMGET a b\r\n");
  other.send("CLIENT TRACKING ON\r\nMGET b c\r\n");
  await turns();
  assertEquals(info(server), [2, 3, 4, 0]);
  assert(server.tracking.isActive);
  socket.end();
  other.send("CLIENT TRACKING OFF\r\n");
  await turns();
  assertEquals(info(server), [0, 3, 4, 0]);
  other.send("MSET a 1 b 1\r\n");
  await turns();
  assertEquals(info(server), [0, 1, 1, 0]);
  assert(server.tracking.isActive);
  other.send("DEL c\r\nSET c 1\r\n");
  await turns();
  assertEquals(info(server), [0, 0, 0, 0]);
  assert(!server.tracking.isActive, "keys that change are not looked up any more");
});

Deno.test("prefixes are forgotten with their last client", async () => {
  await using embedded = await startEmbedded();
  const { server } = embedded;
  const { socket } = connectFake(server);
  const other = connectFake(server).socket;
  socket.send("CLIENT TRACKING ON BCAST PREFIX a PREFIX b\r\n");
  other.send("CLIENT TRACKING ON BCAST PREFIX b PREFIX c\r\n");
  await turns();
  assertEquals(info(server), [2, 0, 0, 3]);
  socket.end();
  await turns();
  assertEquals(info(server), [1, 0, 0, 2]);
  other.send("RESET\r\n");
  await turns();
  assertEquals(info(server), [0, 0, 0, 0]);
});

Deno.test("the cron drops tracked keys above tracking-table-max-keys, the more the longer", async () => {
  await using embedded = await startEmbedded({ "tracking-table-max-keys": "10" });
  const { server, clock } = embedded;
  const { socket } = connectFake(server);
  const keys = Array.from({ length: 1000 }, (_, i) => `k${i}`).join(" ");
  socket.send(`HELLO 3\r\nCLIENT TRACKING ON\r\nMGET ${keys}\r\n`);
  await turns();
  assertEquals(server.tracking.keys, 1000);
  const left: number[] = [];
  for (let round = 0; round < 5; round++) {
    clock.advance(100);
    left.push(server.tracking.keys);
  }
  assertEquals(left, [900, 700, 400, 10, 10]);
  await turns();
  assertEquals(socket.written.split("invalidate").length - 1, 990);
});

Deno.test("what tracking tells leaves only when the change is safe", async () => {
  await using embedded = await startEmbedded();
  const { server } = embedded;
  const durability = { safe: 0, flush: () => 1 };
  const { socket } = connectFake(server);
  const other = connectFake(server).socket;
  socket.send("HELLO 3\r\nCLIENT TRACKING ON\r\nGET a\r\n");
  await turns();
  server.gate.setDurability(durability);
  const before = socket.written;
  other.send("SET a 1\r\n");
  await turns();
  assertEquals([socket.written, other.written], [before, ""]);
  durability.safe = 1;
  server.gate.safeGrew();
  await turns();
  assertEquals(socket.written, before + ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n");
  assertEquals(other.written, "+OK\r\n");
  server.gate.setDurability(null);
});

Deno.test("a client that has said QUIT is told of nothing more", async () => {
  await using embedded = await startEmbedded();
  const { server } = embedded;
  const { socket } = connectFake(server);
  socket.send("HELLO 3\r\nCLIENT TRACKING ON BCAST\r\nSET a 1\r\nGET a\r\nQUIT\r\n");
  await turns();
  assert(socket.written.endsWith("$1\r\n1\r\n+OK\r\n"), socket.written);
});

Deno.test("who has keys evicted for its own command is told of them, but for NOLOOP", async () => {
  await using parts = await startEmbedded({ "maxmemory-policy": "allkeys-random" });
  const { server } = parts;
  for (const options of [[], ["NOLOOP"], ["BCAST", "NOLOOP"]]) {
    const own = new CachingClient(server, ...options);
    const other = new CachingClient(server, "NOLOOP");
    own.send("SET", "key", "value");
    own.send("GET", "key");
    other.send("GET", "key");
    await turns();
    own.take();
    other.take();
    // In one batch: the memory is made scarce, and the next command needs it.
    own.sendBatch(["CONFIG", "SET", "maxmemory", "1"], ["GET", "nosuch"]);
    await turns();
    own.take();
    other.take();
    assertEquals([own.cache.has("key"), other.cache.has("key")], [options[0] === "NOLOOP", false]);
    own.send("CONFIG", "SET", "maxmemory", "0");
    await turns();
  }
});

Deno.test("who has the append-only file loaded again is told of it as everybody else is", async () => {
  await using parts = await startEmbedded({ appendonly: "yes", "enable-debug-command": "yes" });
  const { server } = parts;
  const caller = new CachingClient(server), other = new CachingClient(server);
  caller.send("SET", "key", "value");
  await turns();
  for (const client of [caller, other]) client.send("GET", "key");
  await turns();
  for (const client of [caller, other]) client.take();
  assertEquals([caller.cache.has("key"), other.cache.has("key")], [true, true]);
  caller.send("DEBUG", "LOADAOF");
  await turns();
  for (const client of [caller, other]) client.take();
  assertEquals([caller.cache.has("key"), other.cache.has("key")], [false, false]);
});
