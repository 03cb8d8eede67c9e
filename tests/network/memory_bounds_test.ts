/** What peers can make a server keep: its memory while they ask for much, send halves, or never read. */

import { assertEquals, assertLess } from "@std/assert";
import { megabytes, residentMemory } from "../support/process_figures.ts";
import { amount } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { encodeCommandText, type RawClient } from "../support/raw_client.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { openFileLimit } from "./open_files.ts";

/** What all of it has to stay below, with 100 MB of data at most and 64 MB of replies for a client. */
const MOST = megabytes(400);
const DIRECTIVES = {
  "maxmemory": "100mb",
  "client-output-buffer-limit": "normal 64mb 0 0",
  "maxclients": "15000",
};

/** Looks at a server's memory until it is disposed. */
class MemoryWatch implements Disposable {
  most = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.#timer = setInterval(() => this.most = Math.max(this.most, residentMemory(pid)), 10);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Connections that the peers of a test have opened; what is closed by the server is not an error. */
class Crowd implements Disposable {
  readonly #conns: Deno.Conn[] = [];

  constructor(readonly port: number) {}

  /** Opens a connection and sends what the server takes of `text`; nothing is ever read. */
  async open(text: string, isAll = false): Promise<void> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    this.#conns.push(conn);
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      if (isAll) await conn.closeWrite();
    } catch (error) {
      const isGone = error instanceof Deno.errors.BrokenPipe ||
        error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.NotConnected;
      if (!isGone) throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const conn of this.#conns) conn.close();
  }
}

interface Scenario {
  readonly name: string;
  /** How many connections there are in the long run; a fifth of them otherwise. */
  readonly connections: number;
  /** What the i-th of them sends. */
  readonly sends: (i: number) => string;
  /** Whether the end of the input comes with it. */
  readonly isAll?: boolean;
  /** Whether a server that is asked is to have answered before the next one comes. */
  readonly isOneByOne?: boolean;
}

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}:${100_000 + i}:`);

const get = (key: string, times: number) => encodeCommandText(["GET", key]).repeat(times);

const SCENARIOS: readonly Scenario[] = [
  {
    name: "clients that pipeline GETs of 10 MB and read nothing",
    connections: 50,
    sends: () => get("large", 20),
    isOneByOne: true,
  },
  {
    name: "clients that pipeline GETs of 1 MB and read nothing",
    connections: 50,
    sends: () => get("middle", 200),
    isOneByOne: true,
  },
  {
    name: "clients that ask for 1 GB with one EXEC or MGET and read nothing",
    connections: 20,
    sends: (i) =>
      i % 2 === 0
        ? `MULTI\r\n${get("large", 100)}EXEC\r\n`
        : encodeCommandText(["MGET", ...Array.from({ length: 100 }, () => "large")]),
    isOneByOne: true,
  },
  {
    name: "clients that ask for 1 GB and want no replies",
    connections: 20,
    sends: () => `CLIENT REPLY OFF\r\n${get("large", 100)}`,
    isOneByOne: true,
  },
  {
    name: "half-closed clients that have asked for 60 MB and read nothing",
    connections: 50,
    sends: () => get("large", 6),
    isAll: true,
    isOneByOne: true,
  },
  {
    name: "clients that claim the largest arguments and arrays",
    connections: 2000,
    sends: (i) =>
      [
        "*2147483647\r\n",
        "*2\r\n$3\r\nGET\r\n$536870912\r\n",
        "*1000000\r\n$536870912\r\nx",
      ][i % 3],
  },
  {
    name: "clients that have sent a part of a long array",
    connections: 1000,
    sends: () => "*1000000\r\n" + "$1\r\nx\r\n".repeat(2000),
  },
  {
    name: "clients that have sent 2 MB of an argument of 100 MB",
    connections: 50,
    sends: () => "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000000\r\n" + "x".repeat(megabytes(2)),
  },
  {
    name: "clients that send 6 MB of commands while they wait",
    connections: 15,
    sends: () => "BLPOP nothing 0\r\n" + "PING\r\n".repeat(1_000_000),
  },
  {
    name: "clients that subscribe to 40,000 channels and patterns each",
    connections: 5,
    sends: (i) =>
      encodeCommandText(["SUBSCRIBE", ...names(20_000, `channel:${i}`)]) +
      encodeCommandText(["PSUBSCRIBE", ...names(20_000, `pattern:${i}`)]),
  },
  {
    name: "clients that watch 40,000 keys each",
    connections: 5,
    sends: (i) => encodeCommandText(["WATCH", ...names(40_000, `key:${i}`)]),
  },
  {
    name: "clients that track 20,000 prefixes each",
    connections: 5,
    sends: (i) =>
      encodeCommandText(["HELLO", "3"]) + encodeCommandText([
        ...["CLIENT", "TRACKING", "ON", "BCAST"],
        ...names(20_000, `prefix:${i}`).flatMap((name) => ["PREFIX", name]),
      ]),
  },
  {
    name: "clients that queue 20 MB after MULTI",
    connections: 10,
    sends: () => "MULTI\r\n" + encodeCommandText(["SET", "k", "x".repeat(megabytes(1))]).repeat(20),
  },
  {
    name: "a crowd of clients that have sent a part of a command",
    connections: 10_000,
    sends: () => "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100000\r\n" + "x".repeat(1000),
  },
];

async function startFilled(): Promise<[server: ServerProcess, looker: RawClient]> {
  const server = await startMiniredis({ directives: DIRECTIVES });
  const looker = await server.connect();
  await looker.texts("SET", "large", "x".repeat(megabytes(10)));
  await looker.texts("SET", "middle", "x".repeat(megabytes(1)));
  return [server, looker];
}

for (const { name, connections, sends, isAll, isOneByOne } of SCENARIOS) {
  Deno.test(`a server stays below 400 MB with ${name}`, async () => {
    const count = amount({ quick: connections / 5, full: connections, long: connections });
    if (openFileLimit() < count + 200) {
      return console.log(`skipped: ${count} files may not be open (ulimit -n)`);
    }
    const [server, looker] = await startFilled();
    await using _ = server;
    using watch = new MemoryWatch(server.pid);
    using crowd = new Crowd(server.port);
    for (let i = 0; i < count; i++) {
      await crowd.open(sends(i), isAll);
      if (!isOneByOne) continue;
      await looker.send("PING");
      assertEquals((await looker.read()).text, "PONG");
    }
    // All that was sent before has arrived, and been dealt with, when several requests are answered.
    for (let i = 0; i < 20; i++) assertEquals(await looker.texts("PING"), ["PONG"]);
    assertLess(watch.most, MOST);
  });
}
