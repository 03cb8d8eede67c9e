/** BGSAVE, the rules of `save`, and what a snapshot in the background means for others, in whole servers. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type RawClient, ReplyTimeout } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";

/** A delay per key that no test waits for, in µs. */
const FOR_EVER = "1000000000";

async function field(client: RawClient, name: string): Promise<string> {
  const [info] = await client.texts("INFO", "persistence");
  return new RegExp(`^${name}:(.*)\r$`, "m").exec(info)![1];
}

/** How often a save was begun in the background, and no job is running any more. */
async function saves(client: RawClient): Promise<number> {
  await waitFor("saves to end", async () => await field(client, "rdb_bgsave_in_progress") === "0");
  return Number(await field(client, "rdb_saves"));
}

async function restarted(parts: EmbeddedParts, key: string): Promise<string | undefined> {
  await using again = await startEmbedded({}, parts.files);
  return (await (await again.connect()).call("GET", key)).text;
}

Deno.test("save rules have the data saved when there were enough changes for long enough", async () => {
  const parts = await startEmbedded({ save: "300 1 60 3" });
  const { clock, log } = parts;
  const client = await parts.connect();
  clock.advance(1_000_000);
  assertEquals(await saves(client), 0);
  await client.texts("MSET", "a", "1", "b", "2", "c", "3");
  clock.advance(100);
  // There was no save for long enough, so that the first changes are due at once.
  assertEquals(await saves(client), 1);
  assertEquals(await field(client, "rdb_changes_since_last_save"), "0");
  await client.texts("SET", "a", "4");
  clock.advance(300_000);
  assertEquals(await saves(client), 1);
  clock.advance(1000);
  assertEquals(await saves(client), 2);
  await client.texts("MSET", "a", "5", "b", "6", "c", "7");
  clock.advance(60_000);
  assertEquals(await saves(client), 2);
  clock.advance(1000);
  assertEquals(await saves(client), 3);
  const began = log.filter((line) => line.includes(" Saving..."));
  assertEquals(began.map((line) => line.replace(/.* \* /, "").trim()), [
    "1 changes in 300 seconds. Saving...",
    "1 changes in 300 seconds. Saving...",
    "3 changes in 60 seconds. Saving...",
  ]);
  await client.texts("CONFIG", "SET", "save", "");
  await client.texts("SET", "a", "8");
  clock.advance(1_000_000);
  assertEquals(await saves(client), 3);
  await parts[Symbol.asyncDispose]();
  assertEquals(await restarted(parts, "a"), "5");
});

Deno.test("BGSAVE saves what there was when it began", async () => {
  const parts = await startEmbedded({ "rdb-key-save-delay": "2000" });
  const client = await parts.connect();
  for (let i = 0; i < 20; i++) await client.texts("SET", `key:${i}`, "before");
  await client.texts("BGSAVE");
  await client.texts("SET", "key:0", "after");
  await client.texts("SET", "new", "after");
  assertEquals(await saves(client), 1);
  assertEquals(await field(client, "rdb_changes_since_last_save"), "2");
  await parts[Symbol.asyncDispose]();
  assertEquals(await restarted(parts, "key:0"), "before");
  assertEquals(await restarted(parts, "new"), undefined);
});

Deno.test("BGSAVE SCHEDULE begins when other work in the background has ended", async () => {
  await using parts = await startEmbedded({ appendonly: "yes", "rdb-key-save-delay": FOR_EVER });
  const { clock } = parts;
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  await client.texts("BGREWRITEAOF");
  assertEquals(await client.texts("BGSAVE", "SCHEDULE"), ["Background saving scheduled"]);
  clock.advance(1000);
  assertEquals(await field(client, "rdb_bgsave_in_progress"), "0");
  await client.texts("CONFIG", "SET", "rdb-key-save-delay", "0");
  await waitFor("the rewrite to end", async () => {
    return await field(client, "aof_rewrite_in_progress") === "0";
  });
  assertEquals(await saves(client), 0);
  clock.advance(100);
  assertEquals(await saves(client), 1);
});

Deno.test("a save that waits for a rewrite comes before one that a rule has due, as in Redis", async () => {
  const directives = { appendonly: "yes", save: "1 1", "rdb-key-save-delay": FOR_EVER };
  await using parts = await startEmbedded(directives);
  const { clock, log } = parts;
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  await client.texts("BGREWRITEAOF");
  await client.texts("BGSAVE", "SCHEDULE");
  clock.advance(10_000);
  await client.texts("CONFIG", "SET", "rdb-key-save-delay", "0");
  await waitFor("the rewrite to end", async () => {
    return await field(client, "aof_rewrite_in_progress") === "0";
  });
  clock.advance(100);
  assertEquals(await saves(client), 1);
  clock.advance(10_000);
  assertEquals(await saves(client), 1);
  assertEquals(log.filter((line) => line.includes("Saving...")), []);
});

Deno.test("SAVE works while a rewrite runs, and each has what there was at its moment", async () => {
  const directives = { appendonly: "yes", "aof-use-rdb-preamble": "yes" };
  const parts = await startEmbedded({ ...directives, "rdb-key-save-delay": FOR_EVER });
  const { files } = parts;
  const client = await parts.connect();
  const keys = Array.from({ length: 300 }, (_, i) => `key:${i}`);
  const fields = Array.from({ length: 3000 }, (_, i) => [`field:${i}`, "before"]).flat();
  for (const key of keys) await client.texts("SET", key, "before");
  await client.texts("HSET", "hash", ...fields);
  await client.texts("SET", "string", "before ".repeat(20_000));
  await client.texts("INCR", "counter");
  await client.texts("BGREWRITEAOF");
  await client.texts("INCR", "counter");
  await client.texts("SET", "key:7", "at the save");
  await client.texts("HSET", "hash", "field:5", "at the save");
  assertEquals(await client.texts("SAVE"), ["OK"]);
  assertEquals(await field(client, "aof_rewrite_in_progress"), "1");
  for (const key of keys) await client.texts("SET", key, "after");
  await client.texts("HSET", "hash", "field:6", "after");
  await client.texts("SETRANGE", "string", "0", "after ");
  await client.texts("INCR", "counter");
  await client.texts("CONFIG", "SET", "rdb-key-save-delay", "0");
  await waitFor("the rewrite to end", async () => {
    return await field(client, "aof_rewrite_in_progress") === "0";
  });
  await parts[Symbol.asyncDispose]();
  const read = async (appendonly: string) => {
    await using again = await startEmbedded({ appendonly }, files);
    const other = await again.connect();
    return [
      ...await other.texts("MGET", "key:7", "key:8", "counter"),
      ...await other.texts("HMGET", "hash", "field:5", "field:6"),
      ...await other.texts("GETRANGE", "string", "0", "5"),
    ];
  };
  const saved = ["at the save", "before", "2", "at the save", "before", "before"];
  assertEquals(await read("no"), saved);
  assertEquals(await read("yes"), ["after", "after", "3", "at the save", "after", "after "]);
});

Deno.test("no-appendfsync-on-rewrite lets replies leave without a sync while a snapshot is written", async () => {
  await using parts = await startEmbedded({
    appendonly: "yes",
    appendfsync: "always",
    "no-appendfsync-on-rewrite": "yes",
    "rdb-key-save-delay": FOR_EVER,
  });
  const { files } = parts;
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  files.holdSyncs = true;
  await client.send("SET", "key", "waits");
  await waitFor("the sync", () => files.heldSyncs > 0);
  await assertRejects(() => client.read(50), ReplyTimeout);
  const other = await parts.connect();
  assertEquals(await other.texts("BGSAVE"), ["Background saving started"]);
  assertEquals((await client.read()).text, "OK");
  assertEquals(await client.texts("SET", "key", "does not wait"), ["OK"]);
  assertEquals(await client.texts("CONFIG", "SET", "no-appendfsync-on-rewrite", "no"), ["OK"]);
  await client.send("SET", "key", "waits");
  await waitFor("the sync", () => files.heldSyncs > 0);
  await assertRejects(() => client.read(50), ReplyTimeout);
  files.holdSyncs = false;
  files.finishSyncs();
  assertEquals((await client.read()).text, "OK");
});

Deno.test("FLUSHALL ends a save that is under way and leaves an empty file", async () => {
  const parts = await startEmbedded({ save: "3600 1", "rdb-key-save-delay": FOR_EVER });
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  await client.texts("BGSAVE");
  await waitFor("the file to be written", () => parts.files.readDirSync("/").length > 0);
  await client.texts("FLUSHALL");
  assertEquals(await field(client, "rdb_bgsave_in_progress"), "0");
  assertEquals(parts.files.readDirSync("/"), ["dump.rdb"]);
  assertStringIncludes(parts.log.at(-1) ?? "", "DB saved on disk");
  await client.texts("CONFIG", "SET", "save", "");
  await client.texts("SET", "key", "value");
  await client.texts("FLUSHALL");
  assertEquals(await field(client, "rdb_changes_since_last_save"), "2");
  await parts[Symbol.asyncDispose]();
  assertEquals(await restarted(parts, "key"), undefined);
});
