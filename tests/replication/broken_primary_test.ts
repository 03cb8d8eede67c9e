/** Primaries that lie, stop in the middle, or send what makes no sense. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";

const ID = "a".repeat(40), MARK = "f".repeat(40);
const FULL = `+FULLRESYNC ${ID} 100\r\n`;
/** An RDB of version 10 without keys, and without a checksum. */
const EMPTY_RDB = "REDIS0010\xff" + "\0".repeat(8);

/** A primary that shakes hands, and then says to each connection what it is told to. */
class FakePrimary implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  /** What PSYNC was asked with, for each connection. */
  readonly asked: string[] = [];
  readonly #serving: Promise<void>;

  /** `answers[i]` is what the connection number `i` is told after PSYNC; null: it is closed then. */
  constructor(readonly answers: readonly (string | null)[], readonly closes = false) {
    this.#serving = this.#serve();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #serve(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        this.#conns.add(conn);
        this.#talk(conn).catch(() => {});
      }
    } catch {
      // It is closed.
    }
  }

  async #talk(conn: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65536);
    let said = "";
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) return;
      said += new TextDecoder().decode(buffer.subarray(0, count));
      for (let end; (end = endOfCommand(said)) > 0; said = said.slice(end)) {
        const command = said.slice(0, end);
        if (command.includes("\r\nPING\r\n")) await write(conn, "+PONG\r\n");
        else if (command.includes("\r\nREPLCONF\r\n") && !command.includes("ACK")) {
          await write(conn, "+OK\r\n");
        } else if (command.includes("\r\nPSYNC\r\n")) {
          const answer = this.answers[Math.min(this.asked.length, this.answers.length - 1)];
          this.asked.push(command.split("\r\n").filter((_, i) => i === 4 || i === 6).join(" "));
          if (answer !== null) await write(conn, answer);
          if (answer === null || this.closes) conn.close();
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
    await this.#serving;
  }
}

function endOfCommand(text: string): number {
  const count = /^\*(\d+)\r\n/.exec(text);
  if (count === null) return 0;
  let at = count[0].length;
  for (let left = Number(count[1]); left > 0; left--) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (length === null) return 0;
    at += length[0].length + Number(length[1]) + 2;
  }
  return at <= text.length ? at : 0;
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function follower(primary: FakePrimary, directives: Directives = {}): Promise<ServerProcess> {
  return await startMiniredis({
    directives: { "replicaof": `127.0.0.1 ${primary.port}`, "repl-timeout": "2", ...directives },
  });
}

async function saidInLog(server: ServerProcess, text: string): Promise<void> {
  await waitFor(`the log to say ${text}`, () => server.log.includes(text));
}

/** What primaries answer PSYNC with, and what the log says of it. */
const ANSWERS: readonly (readonly [what: string, answer: string, said: string])[] = [
  ["an answer that is none", "+WHATEVER\r\n", "Unexpected reply to PSYNC from master: +WHATEVER"],
  ["a wrong id", "+FULLRESYNC short 100\r\n", "Master replied with wrong +FULLRESYNC syntax."],
  ["a line without end", "+" + "x".repeat(5000), "a line that has no end"],
  ["to wait", "-NOMASTERLINK not now\r\n", "Master is currently unable to PSYNC but should be"],
  ["to go on from nowhere", "+CONTINUE\r\n", "goes on where nothing has begun"],
  ["no length", FULL + "+OK\r\n", "Bad protocol from MASTER, the first byte is not '$'"],
  ["a length that is none", FULL + "$-12\r\n", "Bad length of the data from MASTER: '$-12'"],
  ["a length without end", FULL + "$" + "9".repeat(30) + "\r\n", "Bad length of the data"],
  [
    "an error in place of data",
    FULL + "-no memory\r\n",
    "MASTER aborted replication with an error",
  ],
];

for (const [what, answer, said] of ANSWERS) {
  Deno.test(`a replica tries again when its primary answers ${what}`, async () => {
    await using primary = new FakePrimary([answer]);
    await using replica = await follower(primary);
    await saidInLog(replica, said);
    await waitFor("another attempt", () => primary.asked.length > 1);
    using client = await replica.connect();
    assertEquals((await client.call("PING")).text, "PONG");
  });
}

/** What is sent in place of an RDB, and whether more of it is waited for. */
const PAYLOADS: readonly (readonly [what: string, rdb: string, isShort: boolean])[] = [
  ["no RDB", "this is no RDB at all, and long enough to be seen as such", false],
  ["an RDB of the future", "REDIS9999\xff" + "\0".repeat(8), false],
  ["a string longer than any can be", "REDIS0010\0\x81\0\0\x7f\0\0\0\0\0abc", false],
  [
    "a list of more elements than there can be",
    "REDIS0010\x01\x01k\x81\x7f\0\0\0\0\0\0\0abc",
    false,
  ],
  ["a string that does not come", "REDIS0010\0\x80\x3f\0\0\0abc", true],
  ["a wrong checksum", "REDIS0010\xff12345678", false],
];

for (const mode of ["disabled", "swapdb", "on-empty-db"]) {
  for (const [what, rdb, isShort] of PAYLOADS) {
    // A file is read when all of it has come.
    if (mode === "disabled" && isShort) continue;
    Deno.test(`a replica refuses ${what} when repl-diskless-load is ${mode}`, async () => {
      const text = `${FULL}$EOF:${MARK}\r\n${rdb}${isShort ? "" : MARK}`;
      await using primary = new FakePrimary([text], isShort);
      await using replica = await follower(primary, { "repl-diskless-load": mode });
      const from = mode === "disabled" ? "disk" : "socket";
      await saidInLog(replica, `Failed trying to load the MASTER synchronization DB from ${from}`);
      await waitFor("another attempt", () => primary.asked.length > 1);
      using client = await replica.connect();
      assertEquals((await client.call("DBSIZE")).text, "0");
      const memory = await Deno.readTextFile(`/proc/${replica.pid}/status`);
      assert(Number(/VmRSS:\s+(\d+) kB/.exec(memory)?.[1]) < 400_000, memory);
    });
  }
}

Deno.test("a replica gives up a primary that stops in the middle of its data", async () => {
  await using primary = new FakePrimary([`${FULL}$1000\r\nREDIS0010`]);
  await using replica = await follower(primary);
  await saidInLog(replica, "Timeout receiving bulk data from MASTER...");
  await waitFor("another attempt", () => primary.asked.length > 1);
  const names = Array.from(Deno.readDirSync(replica.dir), ({ name }) => name);
  assert(names.length <= 1, `one temporary file at most is there: ${names}`);
});

/** What is sent behind the data, and how the log names it. */
const STREAMS: readonly (readonly [what: string, stream: string, said: string])[] = [
  ["a request of HTTP", "GET / HTTP/1.1\r\n\r\n", "Receiving inline protocol from master"],
  ["a number of arguments that is none", "*x\r\n", "invalid multibulk length"],
  ["a length that is none", "*1\r\n$-7\r\n", "invalid bulk length"],
  ["a length that no memory has", "*1\r\n$99999999999\r\n", "invalid bulk length"],
  ["something that is no argument", "*1\r\n:1\r\n", "expected '$', got ':'"],
];

for (const [what, stream, said] of STREAMS) {
  Deno.test(`a replica begins anew when its primary sends ${what}`, async () => {
    const synced = `${FULL}$${EMPTY_RDB.length}\r\n${EMPTY_RDB}`;
    await using primary = new FakePrimary([synced + stream, synced]);
    await using replica = await follower(primary);
    await saidInLog(replica, said);
    await waitFor("another attempt", () => primary.asked.length > 1);
    // What has come is not gone on with.
    assertEquals(primary.asked, ["? -1", "? -1"]);
  });
}

/** A command as a primary sends it. */
function command(...args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")}`;
}

Deno.test("a replica goes on when a command of its primary fails", async () => {
  const stream = command("SET", "a", "1") + command("LPUSH", "a", "1") + command("NOSUCH") +
    command("INCR", "a", "b") + "\n\r\n" + command("INCR", "a");
  await using primary = new FakePrimary([
    `${FULL}$${EMPTY_RDB.length}\r\n${EMPTY_RDB}${stream}`,
  ]);
  await using replica = await follower(primary);
  await saidInLog(replica, "after processing the command 'incr'");
  using client = await replica.connect();
  await waitFor("all of it", async () => (await client.call("GET", "a")).text === "2");
  assertStringIncludes((await client.call("INFO", "stats")).text, "unexpected_error_replies:3");
  const offset = `slave_repl_offset:${100 + stream.length}\r\n`;
  assertStringIncludes((await client.call("INFO", "replication")).text, offset);
});

for (const behavior of ["panic", "panic-on-replicas"]) {
  Deno.test(`a replica ends when a command fails and propagation-error-behavior is ${behavior}`, async () => {
    const stream = command("SET", "a", "1") + command("LPUSH", "a", "1");
    await using primary = new FakePrimary([
      `${FULL}$${EMPTY_RDB.length}\r\n${EMPTY_RDB}${stream}`,
    ]);
    await using replica = await follower(primary, { "propagation-error-behavior": behavior });
    await saidInLog(
      replica,
      "This replica panicked sending an error to its master after processing",
    );
    assertEquals((await replica.kill("SIGTERM")).code, 1);
  });
}

Deno.test("a script of the primary that takes its time is one with what it has changed, and counted at its end", async () => {
  const script = "redis.call('set', 'a', '1') for i = 1, 5e7 do end return redis.call('incr', 'a')";
  const stream = command("MULTI") + command("EVAL", script, "0") + command("INCR", "a") +
    command("EXEC") + command("EVAL", script, "0") + command("INCR", "a");
  await using primary = new FakePrimary([
    `${FULL}$${EMPTY_RDB.length}\r\n${EMPTY_RDB}${stream}`,
  ]);
  await using replica = await follower(primary, {
    "busy-reply-threshold": "20",
    "repl-timeout": "60",
  });
  await saidInLog(replica, "Slow script detected");
  using client = await replica.connect();
  await waitFor("all of it", async () => (await client.call("GET", "a")).text === "3");
  const offset = `slave_repl_offset:${100 + stream.length}\r\n`;
  await waitFor(
    "the end",
    async () => (await client.texts("INFO", "replication"))[0].includes(offset),
  );
  assertEquals((await client.call("GET", "a")).text, "3");
});
