/** MIGRATE between servers, and to targets that misbehave. */

import { assert, assertEquals } from "@std/assert";
import { letOthersRun } from "../../src/base/event_loop.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";

/** Somebody who takes connections and answers what is received as `answer` says; null: hangs up. */
class Target implements AsyncDisposable {
  readonly received: string[] = [];
  /** How many bytes of answers have left. */
  sent = 0;
  /** How many answers are on their way. */
  answered = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #answer: (text: string) => string | null;
  readonly #serving: Promise<unknown>[] = [];
  readonly #connections: Deno.Conn[] = [];

  constructor(answer: (text: string) => string | null) {
    this.#answer = answer;
    this.#serving.push(this.#accept());
  }

  get port(): string {
    return String((this.#listener.addr as Deno.NetAddr).port);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      this.#serving.push(this.#serve(connection));
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const count = await connection.read(buffer).catch(() => null);
      if (count === null) return;
      const text = new TextDecoder().decode(buffer.subarray(0, count));
      this.received.push(text);
      const answer = this.#answer(text);
      if (answer === null) return connection.close();
      const bytes = new TextEncoder().encode(answer);
      for (let at = 0; at < bytes.length;) {
        const count = await connection.write(bytes.subarray(at, at + 65536)).catch(() => null);
        // Somebody has heard enough.
        if (count === null) return;
        at += count;
        this.sent += count;
      }
      this.answered++;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
    await Promise.all(this.#serving);
  }
}

const HOST = "127.0.0.1";
const times = (text: string, word: string) => text.split(word).length - 1;

/** A reply of MIGRATE as a text, whether it is an error or not. */
async function migrate(client: RawClient, ...args: string[]): Promise<string> {
  return (await client.call("MIGRATE", HOST, ...args)).text ?? "";
}

function aofOf({ files }: EmbeddedParts): string {
  return files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
}

Deno.test("MIGRATE moves keys of every type to another server, with their times to live", async () => {
  await using source = await startEmbedded({ appendonly: "yes" });
  await using target = await startEmbedded();
  const client = await source.connect(), other = await target.connect();
  await client.texts("SET", "string", "value", "PX", "100000");
  await client.texts("RPUSH", "list", "a", "b");
  await client.texts("ZADD", "zset", "1.5", "m");
  await client.texts("HSET", "hash", "f", "v");
  await client.texts("XADD", "stream", "1-1", "a", "b");
  await client.texts("SADD", "set", "x");
  const port = String(target.server.port);
  const keys = ["string", "list", "nokey", "zset", "hash", "stream", "set"];
  assertEquals(await migrate(client, port, "", "3", "1000", "KEYS", ...keys), "OK");
  assertEquals(await client.texts("DBSIZE"), ["0"]);
  await other.texts("SELECT", "3");
  assertEquals(await other.texts("DBSIZE"), ["6"]);
  assertEquals(await other.texts("PTTL", "string"), ["100000"]);
  assertEquals(await other.texts("LRANGE", "list", "0", "-1"), ["a", "b"]);
  assertEquals(await other.texts("XRANGE", "stream", "-", "+"), ["1-1", "a", "b"]);
  const file = aofOf(source);
  assert(
    file.endsWith(
      "*7\r\n$3\r\nDEL\r\n$6\r\nstring\r\n$4\r\nlist\r\n$4\r\nzset\r\n" +
        "$4\r\nhash\r\n$6\r\nstream\r\n$3\r\nset\r\n",
    ),
    file,
  );
  assert(!file.includes("MIGRATE"));
});

Deno.test("MIGRATE with COPY keeps the keys, with REPLACE takes the place of others", async () => {
  await using source = await startEmbedded({ appendonly: "yes" });
  await using target = await startEmbedded();
  const client = await source.connect(), other = await target.connect();
  const port = String(target.server.port);
  await client.texts("SET", "k", "new");
  const file = aofOf(source);
  await other.texts("SET", "k", "old");
  const busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists.";
  assertEquals(await migrate(client, port, "k", "0", "1000"), busy);
  assertEquals(await client.texts("GET", "k"), ["new"]);
  assertEquals(await migrate(client, port, "k", "0", "1000", "COPY", "REPLACE"), "OK");
  assertEquals([await client.texts("GET", "k"), await other.texts("GET", "k")], [["new"], ["new"]]);
  assertEquals(aofOf(source), file);
});

Deno.test("MIGRATE authenticates where it is told how", async () => {
  await using source = await startEmbedded();
  await using target = await startEmbedded({ requirepass: "secret" });
  const client = await source.connect();
  const port = String(target.server.port);
  await client.texts("SET", "k", "v");
  const refused = "ERR Target instance replied with error: ";
  assertEquals(
    await migrate(client, port, "k", "0", "1000"),
    `${refused}NOAUTH Authentication required.`,
  );
  assertEquals(
    await migrate(client, port, "k", "0", "1000", "AUTH2", "default", "wrong"),
    `${refused}WRONGPASS invalid username-password pair or user is disabled.`,
  );
  assertEquals(await client.texts("EXISTS", "k"), ["1"]);
  assertEquals(await migrate(client, port, "k", "0", "1000", "AUTH", "secret"), "OK");
  assertEquals(await client.texts("EXISTS", "k"), ["0"]);
});

Deno.test("MIGRATE uses a connection again, selects only another database, and closes it when idle", async () => {
  await using source = await startEmbedded();
  await using target = new Target((text) =>
    "+OK\r\n".repeat(times(text, "RESTORE") + times(text, "SELECT"))
  );
  const client = await source.connect();
  await client.texts("MSET", "a", "1", "b", "2", "c", "3");
  for (const key of ["a", "b"]) {
    assertEquals(await migrate(client, target.port, key, "7", "1000"), "OK");
  }
  assertEquals(await migrate(client, target.port, "c", "8", "1000"), "OK");
  assertEquals(target.received.map((text) => times(text, "SELECT")), [1, 0, 1]);
  assertEquals(source.server.migrateSockets.kept, 1);
  source.clock.advance(9_999);
  assertEquals(source.server.migrateSockets.kept, 1);
  source.clock.advance(1);
  assertEquals(source.server.migrateSockets.kept, 0);
});

Deno.test("MIGRATE removes what the target has taken before it failed", async () => {
  await using source = await startEmbedded();
  await using target = new Target((text) => "+OK\r\n".repeat(times(text, "SELECT") + 1));
  const client = await source.connect();
  await client.texts("MSET", "a", "1", "b", "2");
  await client.send("MIGRATE", HOST, target.port, "", "0", "500", "KEYS", "a", "b");
  await waitFor("the target's answer", () => target.answered > 0);
  // The source gets it; of the second key's nothing comes.
  await letOthersRun();
  source.clock.advance(500);
  assertEquals((await client.read()).text, "IOERR error or timeout reading to target instance");
  assertEquals(await client.texts("KEYS", "*"), ["b"]);
});

Deno.test("MIGRATE tries again, once, where the target hangs up", async () => {
  await using source = await startEmbedded();
  let hangsUp = 1;
  await using target = new Target((text) =>
    hangsUp-- > 0 ? null : "+OK\r\n".repeat(times(text, "RESTORE") + times(text, "SELECT"))
  );
  const client = await source.connect();
  await client.texts("SET", "k", "v");
  assertEquals(await migrate(client, target.port, "k", "0", "1000", "COPY"), "OK");
  assertEquals(target.received.length, 2);
  hangsUp = 2;
  assertEquals(
    await migrate(client, target.port, "k", "0", "1000"),
    "IOERR error or timeout reading to target instance",
  );
  assertEquals(target.received.length, 4);
  assertEquals(await client.texts("EXISTS", "k"), ["1"]);
});

Deno.test("MIGRATE holds writes of others back until it is over, and serves who reads", async () => {
  await using source = await startEmbedded();
  await using target = new Target(() => "");
  const client = await source.connect(), other = await source.connect();
  await client.texts("SET", "k", "v");
  await client.send("MIGRATE", HOST, target.port, "k", "0", "500");
  await waitFor("the target to be asked", () => target.received.length > 0);
  assertEquals(await other.texts("GET", "k"), ["v"]);
  await other.send("SET", "k", "w");
  await client.send("PING");
  await waitFor("both to wait", async () => {
    const looker = await source.connect();
    const { text } = await looker.call("CLIENT", "LIST");
    return times(text ?? "", "flags=b") === 2;
  });
  // CLIENT UNBLOCK is for those who wait for keys.
  const looker = await source.connect();
  const ids = [...source.server.clients].filter(({ isWaiting }) => isWaiting).map(({ id }) => id);
  for (const id of ids) assertEquals(await looker.texts("CLIENT", "UNBLOCK", String(id)), ["0"]);
  source.clock.advance(500);
  assertEquals((await client.read()).text, "IOERR error or timeout reading to target instance");
  assertEquals((await client.read()).text, "PONG");
  assertEquals((await other.read()).text, "OK");
  assertEquals(await other.texts("GET", "k"), ["w"]);
});

Deno.test("MIGRATE removes what was moved even if its client is gone", async () => {
  await using source = await startEmbedded();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using target = new Target(() => "");
  const client = await source.connect(), other = await source.connect();
  await client.texts("SET", "k", "v");
  const { server } = source;
  const send = server.migrateSockets.send.bind(server.migrateSockets);
  // The target's answer is held back until the client has gone.
  server.migrateSockets.send = (to, commands, exclusive, done) => {
    send(to, commands, exclusive, () => {});
    promise.then(() => done({ accepted: [true], error: null, failure: null }));
  };
  await client.send("MIGRATE", HOST, target.port, "k", "0", "500");
  await waitFor("the target to be asked", () => target.received.length > 0);
  assertEquals(await other.texts("CLIENT", "KILL", "TYPE", "normal"), ["1"]);
  await waitFor("the client to be gone", () => server.clients.count === 1);
  assertEquals(await other.texts("EXISTS", "k"), ["1"]);
  resolve();
  await waitFor("the key to be gone", async () => (await other.texts("EXISTS", "k"))[0] === "0");
});

Deno.test("MIGRATE gives up when the target's answer has no end", async (t) => {
  const most = 64 * 1024 ** 2;
  const endless: readonly [what: string, answer: string][] = [
    ["a line", "+" + "x".repeat(most)],
    ["a bulk string", `+OK\r\n$${most}\r\n` + "x".repeat(most)],
    ["an array", `+OK\r\n*${most}\r\n` + ":1\r\n".repeat(most / 4)],
    ["levels of arrays", "+OK\r\n" + "*1\r\n".repeat(most / 4)],
    ["pushes", "+OK\r\n" + ">1\r\n+x\r\n".repeat(most / 8)],
    ["an announcement", "+OK\r\n$1000000000\r\n"],
    ["an announcement of elements", "+OK\r\n*1000000000\r\n"],
  ];
  for (const [what, answer] of endless) {
    await t.step(what, async () => {
      await using source = await startEmbedded();
      await using target = new Target(() => answer);
      const client = await source.connect();
      await client.texts("SET", "k", "v");
      // The clock stands still: it is not the timeout that ends this.
      assertEquals(
        await migrate(client, target.port, "k", "0", "1000"),
        "IOERR error or timeout reading to target instance",
      );
      assertEquals(await client.texts("EXISTS", "k"), ["1"]);
      // Twice, since it tries again, what the sockets' buffers take.
      assert(target.sent < most, `${target.sent} bytes were taken`);
      assertEquals(source.server.migrateSockets.kept, 0);
    });
  }
});

Deno.test("MIGRATE does not keep a connection on which more was said than it has asked for", async () => {
  await using source = await startEmbedded();
  await using target = new Target((text) =>
    "+OK\r\n".repeat(times(text, "RESTORE") + times(text, "SELECT") + 1)
  );
  const client = await source.connect();
  await client.texts("SET", "k", "v");
  assertEquals(await migrate(client, target.port, "k", "0", "1000"), "OK");
  assertEquals(source.server.migrateSockets.kept, 0);
});

referenceTest("MIGRATE shows as much of a target's long error as redis-server does", async () => {
  await using source = await startEmbedded();
  await using reference = await startReference();
  const client = await source.connect(), other = await reference.connect();
  for (const length of [1021, 1022, 1023, 5000]) {
    await using target = new Target(() => `+OK\r\n-${"x".repeat(length)}\r\n`);
    for (const one of [client, other]) await one.texts("SET", "k", "v");
    const expected = await migrate(other, target.port, "k", "0", "1000");
    assertEquals(await migrate(client, target.port, "k", "0", "1000"), expected);
  }
});

Deno.test("MIGRATE is refused in a transaction", async () => {
  await using source = await startEmbedded();
  const client = await source.connect();
  const replies = await client.pipeline([
    ["SET", "k", "v"],
    ["MULTI"],
    ["MIGRATE", HOST, "1", "k", "0", "100"],
    ["EXEC"],
    ["EXISTS", "k"],
  ]);
  assertEquals(replies[3].children?.map(({ text }) => text), [
    "ERR MIGRATE has to wait for the other server, which is not possible in a transaction or a script",
  ]);
  assertEquals(replies[4].text, "1");
});

Deno.test("a server that is stopped while MIGRATE waits ends at once", async () => {
  await using target = new Target(() => "");
  const source = await startEmbedded();
  const client = await source.connect();
  await client.texts("SET", "k", "v");
  await client.send("MIGRATE", HOST, target.port, "k", "0", "500000");
  await waitFor("the target to be asked", () => target.received.length > 0);
  await source[Symbol.asyncDispose]();
});

referenceTest("MIGRATE moves keys to redis-server", async () => {
  await using source = await startEmbedded();
  await using reference = await startReference();
  const client = await source.connect(), other = await reference.connect();
  await client.texts("RPUSH", "list", ...Array.from({ length: 500 }, (_, i) => `element ${i}`));
  await client.texts("XADD", "stream", "1-1", "a", "b");
  const elements = await client.texts("LRANGE", "list", "0", "-1");
  const port = String(reference.port);
  assertEquals(await migrate(client, port, "", "0", "5000", "KEYS", "list", "stream"), "OK");
  assertEquals(await other.texts("LRANGE", "list", "0", "-1"), elements);
  assertEquals(await other.texts("XLEN", "stream"), ["1"]);
  assertEquals(await client.texts("DBSIZE"), ["0"]);
});
