/** While data is loaded, nothing begins that takes what there is for all of it, whoever asks. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Reply } from "../support/reply.ts";
import { readAllSync } from "../../src/persistence/file.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { turns } from "../support/fake_connection.ts";
import { startEmbedded } from "../support/embedded.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { LoadingServer } from "./loading_server.ts";

const LOADING = "LOADING Redis is loading the dataset in memory";
const KEYS = 3000;
const START = 1_700_000_000_000;

/** A disk with a whole RDB file, and an append-only file with more than that. */
async function createDisk(): Promise<FaultyFileSystem> {
  const files = new FaultyFileSystem();
  const parts = await startEmbedded({ "enable-debug-command": "yes" }, files);
  const client = await parts.connect();
  await client.texts("DEBUG", "POPULATE", String(KEYS), "key", "64");
  await client.texts("SAVE");
  await parts[Symbol.asyncDispose]();
  const commands = [
    ["SELECT", "0"],
    ["SET", "mortal", "value", "PXAT", String(START + 1000)],
    ...Array.from({ length: KEYS - 1 }, (_, i) => ["SET", `key:${i}`, "value"]),
    ["PERSIST", "mortal"],
  ];
  files.put("/appendonly.aof", commands.map(encodeCommandText).join(""));
  return files;
}

/** What must stay as it is. */
function savedFile(files: FaultyFileSystem): Uint8Array {
  return readAllSync(files, "/dump.rdb");
}

for (const appendonly of ["yes", "no"]) {
  const what = appendonly === "yes" ? "the append-only file" : "the RDB file";
  Deno.test(`nothing begins by itself while ${what} is loaded, and all of it does afterwards`, async () => {
    const files = await createDisk();
    const before = savedFile(files);
    await using loading = await LoadingServer.start(files, { appendonly, save: "1 1" });
    const { client, clock, server, log } = loading;
    for (
      const command of [
        ["CONFIG", "SET", "hz", "100"],
        ["CONFIG", "SET", "save", "1 0"],
        ["CONFIG", "SET", "auto-aof-rewrite-min-size", "0"],
        ["CONFIG", "SET", "auto-aof-rewrite-percentage", "1"],
        ["CONFIG", "SET", "active-expire-effort", "10"],
        ["CONFIG", "SET", "maxmemory-policy", "allkeys-random"],
        ["CONFIG", "SET", "maxmemory", "1"],
        ["DEBUG", "SET-ACTIVE-EXPIRE", "1"],
        ["DEBUG", "PAUSE-CRON", "1"],
        ["DEBUG", "PAUSE-CRON", "0"],
      ]
    ) {
      assertEquals(await client.texts(...command), ["OK"], command.join(" "));
      clock.advance(10_000);
      await turns();
      assertEquals(server.jobs.running, null, command.join(" "));
    }
    assertEquals((await client.call("PING")).text, LOADING);
    assertEquals(savedFile(files), before);
    await client.texts("CONFIG", "SET", "maxmemory", "0");
    await loading.finish();
    assertEquals(await client.texts("DBSIZE"), [String(KEYS)]);
    const [stats] = await client.texts("INFO", "stats");
    assertStringIncludes(stats, "evicted_keys:0\r\n");
    assertStringIncludes(stats, "expired_keys:0\r\n");
    assertEquals(log.filter((line) => line.includes("Saving...")), []);
    // The cron runs from here on, as often as it was told to meanwhile.
    await client.texts("SET", "key:0", "value", "PX", "1");
    clock.advance(10);
    assertEquals(await client.texts("DBSIZE"), [String(KEYS - 1)]);
    clock.advance(100);
    assertEquals(server.jobs.running?.kind, "rdb");
  });

  Deno.test(`who asks for work on all data is answered LOADING while ${what} is loaded`, async () => {
    const files = await createDisk();
    const before = savedFile(files);
    await using loading = await LoadingServer.start(files, { appendonly, save: "" });
    const { client, clock, server } = loading;
    for (
      const command of [
        ["SAVE"],
        ["BGSAVE"],
        ["BGSAVE", "SCHEDULE"],
        ["BGREWRITEAOF"],
        ["CONFIG", "SET", "appendonly", appendonly === "yes" ? "no" : "yes"],
        ["CONFIG", "SET", "dir", "/"],
        ["FLUSHALL"],
        ["FLUSHDB"],
        ["SWAPDB", "0", "1"],
        ["SET", "key", "value"],
        ["DEBUG", "RELOAD"],
        ["DEBUG", "RELOAD", "NOSAVE"],
        ["DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"],
        ["DEBUG", "LOADAOF"],
        ["DEBUG", "POPULATE", "10"],
      ]
    ) {
      assertEquals((await client.call(...command)).text, LOADING, command.join(" "));
      clock.advance(10_000);
      assertEquals(server.jobs.running, null, command.join(" "));
    }
    assertEquals(savedFile(files), before);
    await loading.finish();
    assertEquals(await client.texts("DBSIZE"), [String(KEYS)]);
    clock.advance(10_000);
    await turns();
    assertEquals(server.jobs.running, null, "nothing was put off until now");
    assertEquals(savedFile(files), before);
  });

  for (const how of ["SHUTDOWN SAVE", "SHUTDOWN", "SIGTERM", "SIGINT"] as const) {
    Deno.test(`${how} ends a server without a snapshot while ${what} is loaded`, async () => {
      const files = await createDisk();
      const before = savedFile(files);
      const directives = { appendonly, save: "1 1", "shutdown-on-sigterm": "save" };
      await using loading = await LoadingServer.start(files, directives);
      const { server, client, clock, log } = loading;
      if (how === "SIGTERM" || how === "SIGINT") {
        server.lifecycle.receive(how, () => {});
        assert(
          log.at(-1)?.endsWith("Received shutdown signal during loading, scheduling shutdown.\n"),
        );
        assertEquals((await client.call("PING")).text, LOADING, "it is acted on by the cron");
        clock.advance(100);
      } else {
        await client.send(...how.split(" "));
      }
      assert(await client.waitForClose());
      assertEquals(await server.ended, 0);
      assertEquals(savedFile(files), before);
      assertEquals(log.filter((line) => line.includes("Saving")), []);
    });
  }

  Deno.test(`SHUTDOWN ABORT takes a signal back while ${what} is loaded`, async () => {
    const files = await createDisk();
    await using loading = await LoadingServer.start(files, { appendonly, save: "" });
    const { server, client, clock, log } = loading;
    server.lifecycle.receive("SIGTERM", () => {});
    assertEquals(await client.texts("SHUTDOWN", "ABORT"), ["OK"]);
    assert(log.at(-1)?.endsWith("* Shutdown manually aborted.\n"));
    clock.advance(10_000);
    assertEquals(
      (await client.call("SHUTDOWN", "ABORT")).text,
      "ERR No shutdown in progress.",
    );
    await loading.finish();
    assertEquals(await client.texts("DBSIZE"), [String(KEYS)]);
  });
}

/** What redis-server lets through while it loads, and what it doesn't. */
const ANSWERED_ALIKE = [
  "PING",
  "BGSAVE",
  "BGSAVE SCHEDULE",
  "BGREWRITEAOF",
  "SAVE",
  "FLUSHALL",
  "FLUSHDB",
  "SWAPDB 0 1",
  "DEBUG SLEEP 0",
  "CONFIG SET hz 100",
  "CONFIG SET appendonly yes",
  "CONFIG SET appendonly no",
  "CONFIG SET appendfsync always",
  "CONFIG SET maxmemory 1",
  "CONFIG SET maxmemory-policy allkeys-lru",
  "CONFIG SET maxmemory 0",
  "CONFIG SET dir /tmp",
  "CONFIG SET active-expire-effort 10",
  "CONFIG SET notify-keyspace-events KEA",
  "CONFIG RESETSTAT",
  "DEBUG SET-ACTIVE-EXPIRE 1",
  "DEBUG CHANGE-REPL-ID",
  "DEBUG PAUSE-CRON 0",
  "SHUTDOWN ABORT",
  "LATENCY LATEST",
  "ROLE",
  "MULTI",
  "SET key value",
  "EXEC",
  "WATCH key",
  "SELECT 1",
  "ACL WHOAMI",
  "RESET",
];

referenceTest(
  "a server that loads answers as redis-server does, and leaves the file alone",
  async () => {
    await using source = await startReference();
    const writer = await source.connect();
    await writer.texts("DEBUG", "POPULATE", "50000", "key", "64");
    await writer.texts("SAVE");
    const file = Deno.readFileSync(`${source.dir}/dump.rdb`);
    const directives = {
      ...{ "save": "1 0", "enable-debug-command": "yes", "key-load-delay": "4000" },
      "loading-process-events-interval-bytes": "1024",
    };
    const answers: Reply[][] = [];
    for (const start of [startReference, startMiniredis]) {
      await using dir = await TempDir.create("loading-");
      Deno.writeFileSync(`${dir.path}/dump.rdb`, file);
      await using server = await start({ dir: dir.path, mayLoad: true, directives });
      const client = await server.connect();
      const replies: Reply[] = [];
      for (const line of ANSWERED_ALIKE) {
        await client.send(...line.split(" "));
        // Who loads looks at its clients now and then.
        replies.push(await client.read());
      }
      answers.push(replies);
      await client.send("SHUTDOWN", "SAVE");
      assertEquals((await server.waitForExit()).code, 0);
      assertEquals(Deno.readFileSync(`${dir.path}/dump.rdb`), file);
    }
    assertEquals(answers[1], answers[0]);
  },
);
