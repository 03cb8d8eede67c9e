/** The disk fails, fills up or writes short while the data is saved or rewritten in the background. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { EIO, ENOSPC, FaultyFileSystem, type Operation } from "../support/faulty_file_system.ts";
import { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { startSimulated } from "./simulated_server.ts";

const START = 1_700_000_000_000;
const MISCONF = /^MISCONF Redis is configured to save RDB snapshots, but it's currently unable/;

async function persistence(client: RawClient): Promise<Map<string, string>> {
  const [info] = await client.texts("INFO", "persistence");
  return new Map([...info.matchAll(/^(\w+):(.*)\r$/gm)].map(([, name, value]) => [name, value]));
}

/** Waits until nothing is done in the background, and tells how that has left things. */
async function idle(client: RawClient): Promise<Map<string, string>> {
  let fields = new Map<string, string>();
  await waitFor("the work in the background to end", async () => {
    fields = await persistence(client);
    return fields.get("rdb_bgsave_in_progress") === "0" &&
      fields.get("aof_rewrite_in_progress") === "0";
  });
  return fields;
}

/** What can go wrong, and how. */
const FAULTS: readonly (readonly [Operation | "space", string])[] = [
  ["create", EIO],
  ["write", EIO],
  ["space", ENOSPC],
  ["sync", EIO],
  ["rename", EIO],
  ["syncDir", EIO],
];

function begin(files: FaultyFileSystem, [fault, error]: typeof FAULTS[number]): void {
  if (fault === "space") files.free = 30;
  else files.fail(fault, error);
}

function heal(files: FaultyFileSystem, [fault]: typeof FAULTS[number]): void {
  if (fault === "space") files.free = Infinity;
  else files.heal(fault);
}

for (const fault of FAULTS) {
  Deno.test(`a save in the background that fails (${fault[0]}) has writes refused until one works`, async () => {
    const files = new FaultyFileSystem();
    const clock = new ManualClock(START);
    await using server = await startSimulated({
      files,
      clock,
      directives: { appendonly: "no", save: '"60 1"' },
    });
    const client = await RawClient.connect(server.port);
    await client.texts("SET", "key", "value".repeat(20));
    begin(files, fault);
    assertEquals(await client.texts("BGSAVE"), ["Background saving started"]);
    assertEquals((await idle(client)).get("rdb_last_bgsave_status"), "err");
    for (const command of [["SET", "key", "other"], ["DEL", "key"], ["PING"], ["FLUSHALL"]]) {
      assert(MISCONF.test((await client.call(...command)).text ?? ""), command[0]);
    }
    assertEquals(await client.texts("GET", "key"), ["value".repeat(20)]);
    assertEquals((await client.call("SAVE")).text, "ERR");
    assertEquals(files.openFiles, 0);
    if (fault[0] !== "syncDir") assertEquals(files.readDirSync("/"), []);
    heal(files, fault);
    // It is tried again by itself: when it is due, and some seconds after it failed.
    clock.advance(1000);
    assertEquals((await idle(client)).get("rdb_last_bgsave_status"), "err");
    clock.advance(61_000);
    await waitFor("a save to work", async () => {
      return (await idle(client)).get("rdb_last_bgsave_status") === "ok";
    });
    assertEquals(await client.texts("SET", "key", "other"), ["OK"]);
    assertEquals(files.readDirSync("/"), ["dump.rdb"]);
    await client.close();
  });

  Deno.test(`a rewrite that fails (${fault[0]}) is told of and loses nothing`, async () => {
    const files = new FaultyFileSystem();
    const clock = new ManualClock(START);
    const directives = { appendfsync: "everysec" };
    {
      await using server = await startSimulated({ files, clock, directives });
      const client = await RawClient.connect(server.port);
      await client.texts("RPUSH", "list", "value".repeat(20));
      begin(files, fault);
      const reply = await client.call("BGREWRITEAOF");
      const fields = await idle(client);
      assertEquals(fields.get("aof_last_bgrewrite_status"), "err", reply.text);
      heal(files, fault);
      // What failed of the file that commands go to is tried again as well.
      await waitFor("writes to be taken", async () => {
        clock.advance(1000);
        return (await client.call("RPUSH", "list", "meanwhile")).type === ":";
      });
      assertEquals(await client.texts("BGREWRITEAOF"), [
        "Background append only file rewriting started",
      ]);
      assertEquals((await idle(client)).get("aof_last_bgrewrite_status"), "ok");
      await client.texts("RPUSH", "list", "after");
      await client.close();
    }
    assertEquals(files.openFiles, 0);
    assertEquals(files.readDirSync("appendonlydir").length, 3);
    files.powerCycle();
    await using server = await startSimulated({ files, clock, directives });
    const client = await RawClient.connect(server.port);
    const found = await client.texts("LRANGE", "list", "0", "-1");
    assertEquals(found, ["value".repeat(20), "meanwhile", "after"]);
    await client.close();
  });
}

Deno.test("files are whole when the disk takes only a few bytes at a time", async () => {
  const files = new FaultyFileSystem();
  files.largestWrite = 7;
  {
    await using server = await startSimulated({ files });
    const client = await RawClient.connect(server.port);
    for (let i = 0; i < 20; i++) await client.texts("SET", `key:${i}`, "value".repeat(i));
    await client.texts("BGREWRITEAOF");
    assertEquals((await idle(client)).get("aof_last_bgrewrite_status"), "ok");
    await client.texts("BGSAVE");
    assertEquals((await idle(client)).get("rdb_last_bgsave_status"), "ok");
    await client.close();
  }
  for (const appendonly of ["yes", "no"]) {
    await using server = await startSimulated({ files, directives: { appendonly } });
    const client = await RawClient.connect(server.port);
    assertEquals(await client.texts("DBSIZE"), ["20"]);
    assertEquals(await client.texts("GET", "key:19"), ["value".repeat(19)]);
    await client.close();
  }
});

Deno.test("rewrites that fail again and again are tried ever less often", async () => {
  const files = new FaultyFileSystem();
  const clock = new ManualClock(START);
  const directives = { "auto-aof-rewrite-min-size": "1" };
  await using server = await startSimulated({ files, clock, directives });
  const client = await RawClient.connect(server.port);
  files.fail("rename", EIO);
  // The manifest could not be replaced either: the rewrite doesn't even begin.
  await client.texts("SET", "key", "value");
  const begun = async () => {
    await idle(client);
    return server.log.filter((line) => line.includes("Starting automatic rewriting")).length;
  };
  for (let failures = 1; failures <= 3; failures++) {
    clock.advance(100);
    assertEquals(await begun(), failures);
  }
  for (const [i, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    clock.advance(100);
    assertStringIncludes(server.log.at(-1) ?? "", `will retry in ${minutes} minutes`);
    clock.advance(60_000 * minutes - 2000);
    assertEquals(await begun(), 3 + i);
    clock.advance(2000);
    assertEquals(await begun(), 4 + i);
  }
  assertEquals((await persistence(client)).get("aof_rewrites_consecutive_failures"), "11");
  files.heal("rename");
  assertEquals(await client.texts("BGREWRITEAOF"), [
    "Background append only file rewriting started",
  ]);
  assertEquals((await idle(client)).get("aof_rewrites_consecutive_failures"), "0");
  await client.close();
});
