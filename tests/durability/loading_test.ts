/** A server that is still loading its AOF: it answers, says how far it is, and has everything in the end. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Configuration } from "../../src/config/mod.ts";
import { Server } from "../../src/server/server.ts";
import { startEmbedded } from "../support/embedded.ts";
import { freePort } from "../support/free_port.ts";
import { miniredisCommand, startMiniredis } from "../support/miniredis_process.ts";
import { ConnectionClosed, encodeCommandText, RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const LOADING = "LOADING Redis is loading the dataset in memory";
const COMMANDS = 300_000;
const KEYS = 50_000;

/** Writes an old-style AOF of many commands, with a transaction, and returns its size in bytes. */
function writeLargeAof(dir: string): number {
  const pieces = [encodeCommandText(["SELECT", "0"])];
  for (let i = 0; i < COMMANDS; i++) {
    pieces.push(encodeCommandText(["SET", `key:${i % KEYS}`, `value:${i}`]));
  }
  pieces.push(
    ...[["MULTI"], ["INCR", "counter"], ["INCR", "counter"], ["EXEC"]].map(encodeCommandText),
  );
  const text = pieces.join("");
  Deno.writeTextFileSync(`${dir}/appendonly.aof`, text);
  return text.length;
}

/** Checks that everything which `writeLargeAof` wrote is there. */
async function checkData(client: RawClient): Promise<void> {
  assertEquals(await client.texts("DBSIZE"), [String(KEYS + 1)]);
  assertEquals(await client.texts("GET", "counter"), ["2"]);
  for (let first = 0; first < KEYS; first += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, i) => first + i);
    const values = await client.texts("MGET", ...numbers.map((i) => `key:${i}`));
    assertEquals(values, numbers.map((i) => `value:${COMMANDS - KEYS + i}`));
  }
}

/** The numbers in INFO's persistence section. */
async function persistenceInfo(client: RawClient): Promise<Map<string, number>> {
  const [text] = await client.texts("INFO", "persistence");
  const lines = text.split("\r\n").map((line) => line.split(":"));
  return new Map(lines.map(([name, value]) => [name, Number(value)]));
}

Deno.test("a server that loads answers LOADING, tells its progress, and then has all data", async () => {
  await using dir = await TempDir.create("loading-");
  const size = writeLargeAof(dir.path);
  const port = freePort();
  const configuration = new Configuration(dir.path);
  configuration.loadCommandLine([`port ${port}`, "bind 127.0.0.1", "appendonly yes"]);
  configuration.finishLoading();
  let isReady = false;
  const starting = Server.start({ configuration }).then((server) => {
    isReady = true;
    return server;
  });
  const client = await waitFor("the port", () => RawClient.connect(port));
  const progress: number[] = [];
  let answers = 0;
  while (!isReady) {
    // PING comes last: if that is still answered LOADING, so were the others. The value is the right
    // one, as the loading may end between two commands.
    const [info, get, set, echo, ping] = await client.pipeline([
      ["INFO", "persistence"],
      ["GET", "key:1"],
      ["SET", "key:1", `value:${COMMANDS - KEYS + 1}`],
      ["CONFIG", "GET", "appendonly"],
      ["PING"],
    ]);
    if (ping.text === "PONG") break;
    answers++;
    assertEquals([ping.text, get.text, set.text], [LOADING, LOADING, LOADING]);
    assertEquals(echo.type, "*");
    assertStringIncludes(info.text!, "loading:1\r\n");
    assertStringIncludes(info.text!, `loading_total_bytes:${size}\r\n`);
    progress.push(Number(/loading_loaded_bytes:(\d+)/.exec(info.text!)![1]));
    // Later connections are served too.
    using other = await RawClient.connect(port);
    const reply = await other.call("PING");
    assert(reply.text === LOADING || reply.text === "PONG");
    await other.close();
  }
  await using _server = await starting;
  assert(answers > 3, `only ${answers} answers while loading`);
  assert(progress.every((bytes, i) => bytes <= size && (i === 0 || bytes >= progress[i - 1])));
  assert(progress.at(-1)! > progress[0], "no progress was seen");
  const info = await persistenceInfo(client);
  assertEquals(info.get("loading"), 0);
  assertEquals(info.has("loading_total_bytes"), false);
  await checkData(client);
  await client.close();
});

Deno.test("a server that was killed while it loaded has all data at the next start", async () => {
  await using dir = await TempDir.create("loading-");
  writeLargeAof(dir.path);
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const { process, client } = await startLoading(dir.path);
    process.kill(signal);
    await process.status;
    await client.close();
  }
  await using server = await startMiniredis({ dir: dir.path, directives: { appendonly: "yes" } });
  await checkData(await server.connect());
});

Deno.test("SHUTDOWN ends a server that loads, with exit code 0", async () => {
  await using dir = await TempDir.create("loading-");
  writeLargeAof(dir.path);
  const { process, client } = await startLoading(dir.path);
  try {
    await client.call("SHUTDOWN", "NOSAVE");
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
  }
  const { code } = await process.status;
  assertEquals(code, 0);
  await client.close();
});

/** Starts our server on a directory and returns while it loads. */
async function startLoading(
  dir: string,
): Promise<{ process: Deno.ChildProcess; client: RawClient }> {
  const [program, ...first] = miniredisCommand();
  const port = freePort();
  const process = new Deno.Command(program, {
    args: [...first, "--port", String(port), "--dir", dir, "--appendonly", "yes"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const client = await waitFor("the server to listen", () => RawClient.connect(port));
    assertEquals((await client.call("PING")).text, LOADING);
    return { process, client };
  } catch (error) {
    process.kill("SIGKILL");
    await process.status;
    throw error;
  }
}

Deno.test("a server that has loaded its AOF does not count keys whose time came meanwhile", async () => {
  let files;
  {
    await using writer = await startEmbedded({ appendonly: "yes" });
    ({ files } = writer);
    // Long before the time at which the next server starts.
    writer.clock.set(1_600_000_000_000);
    const client = await writer.connect();
    for (const index of ["0", "3"]) {
      await client.texts("SELECT", index);
      const due = Array.from({ length: 50 }, (_, i) => ["SET", `due ${i}`, "v", "PX", "10000"]);
      await client.pipeline([...due, ["SET", "stays", "v"], [
        "SET",
        "k",
        "v",
        "PX",
        "200000000000",
      ]]);
    }
    assertEquals(await client.texts("DBSIZE"), ["52"]);
  }
  await using server = await startEmbedded({ appendonly: "yes" }, files);
  // The clock stands still: nothing was done by the cron.
  const client = await server.connect();
  assertEquals(await client.texts("DBSIZE"), ["2"]);
  const [info] = await client.texts("INFO", "keyspace");
  assertMatch(info, /db0:keys=2,expires=1,.*\r\ndb3:keys=2,expires=1,/);
  assertEquals((await client.texts("SCAN", "0", "COUNT", "10000")).sort(), ["0", "k", "stays"]);
  const [stats] = await client.texts("INFO", "stats");
  assertStringIncludes(stats, "expired_keys:100\r\n");
  // The file learns of it before anybody else.
  const aof = files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
  assertEquals(aof.split("$3\r\nDEL\r\n").length - 1, 100);
});
