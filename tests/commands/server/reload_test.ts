import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startEmbedded } from "../../support/embedded.ts";
import { waitFor } from "../../support/wait_for.ts";

const REFUSED = "ERR Error trying to load the RDB dump";
const DEBUG = { "enable-debug-command": "yes" };

Deno.test("DEBUG RELOAD tells of a file that is missing or damaged, and the server goes on", async () => {
  await using parts = await startEmbedded(DEBUG);
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  assertEquals((await client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH")).text, REFUSED);
  assertEquals(await client.texts("GET", "key"), ["value"]);
  parts.files.put("dump.rdb", "REDIS0010damaged");
  assertEquals((await client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH")).text, REFUSED);
  assertStringIncludes(parts.log.at(-1) ?? "", "RDB file dump.rdb: ");
  assertEquals(await client.texts("GET", "key"), ["value"]);
  parts.files.fail("create", "Input/output error (os error 5)");
  assertEquals((await client.call("DEBUG", "RELOAD")).text, "ERR");
  assertEquals(await client.texts("GET", "key"), ["value"]);
  assertEquals(parts.files.openFiles, 0);
});

Deno.test("DEBUG RELOAD NOFLUSH refuses a key that is there, and replaces it with MERGE", async () => {
  await using parts = await startEmbedded(DEBUG);
  const client = await parts.connect();
  await client.texts("SET", "key", "saved");
  await client.texts("SAVE");
  await client.texts("SET", "key", "changed");
  assertEquals((await client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH")).text, REFUSED);
  assertEquals(await client.texts("GET", "key"), ["changed"]);
  assertEquals(await client.texts("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"), ["OK"]);
  assertEquals(await client.texts("GET", "key"), ["saved"]);
});

Deno.test("DEBUG RELOAD leaves a save that is under way what there was when it began", async () => {
  const parts = await startEmbedded({ ...DEBUG, "rdb-key-save-delay": "20000" });
  const client = await parts.connect();
  await client.texts("DEBUG", "POPULATE", "20");
  await client.texts("SAVE");
  await client.texts("SET", "key:3", "when it began");
  await client.texts("BGSAVE");
  assertEquals(await client.texts("DEBUG", "RELOAD", "NOSAVE"), ["OK"]);
  assertEquals(await client.texts("GET", "key:3"), ["value:3"]);
  await waitFor("the save to end", async () => {
    return (await client.texts("INFO", "persistence"))[0].includes("rdb_bgsave_in_progress:0");
  });
  assertEquals(await client.texts("DEBUG", "RELOAD", "NOSAVE"), ["OK"]);
  assertEquals(await client.texts("GET", "key:3"), ["when it began"]);
  await parts[Symbol.asyncDispose]();
});

const NO_AOF = "ERR Error trying to load the append only file";

Deno.test("DEBUG LOADAOF appends nothing, with the append-only file on or off", async () => {
  await using parts = await startEmbedded({ ...DEBUG, appendonly: "yes" });
  const client = await parts.connect();
  await client.texts("RPUSH", "list", "a", "b");
  const path = "appendonlydir/appendonly.aof.1.incr.aof";
  const before = parts.files.text(path) ?? "";
  assertEquals(await client.texts("DEBUG", "LOADAOF"), ["OK"]);
  assertEquals(await client.texts("LRANGE", "list", "0", "-1"), ["a", "b"]);
  assert(before.includes("RPUSH"));
  assertEquals(parts.files.text(path), before);
  await client.texts("RPUSH", "list", "c");
  assertEquals(parts.files.text(path)?.slice(before.length).includes("RPUSH"), true);
  await client.texts("CONFIG", "SET", "appendonly", "no");
  await client.texts("RPUSH", "list", "d");
  const written = parts.files.text(path);
  assertEquals(await client.texts("DEBUG", "LOADAOF"), ["OK"]);
  assertEquals(await client.texts("LRANGE", "list", "0", "-1"), ["a", "b", "c"]);
  await client.texts("RPUSH", "list", "e");
  assertEquals(parts.files.text(path), written);
});

Deno.test("DEBUG LOADAOF keeps the data where there is no append-only file to load", async () => {
  await using parts = await startEmbedded(DEBUG);
  const client = await parts.connect();
  await client.texts("SET", "key", "value");
  assertEquals((await client.call("DEBUG", "LOADAOF")).text, NO_AOF);
  assertStringIncludes(parts.log.at(-1) ?? "", "There is no append-only file");
  parts.files.put("appendonlydir/appendonly.aof.manifest", "damaged");
  assertEquals((await client.call("DEBUG", "LOADAOF")).text, NO_AOF);
  assertEquals(await client.texts("GET", "key"), ["value"]);
});

Deno.test("DEBUG LOADAOF is refused until the append-only file that was turned on is whole", async () => {
  await using parts = await startEmbedded({ ...DEBUG, "rdb-key-save-delay": "50000" });
  const client = await parts.connect();
  await client.texts("DEBUG", "POPULATE", "20");
  await client.texts("CONFIG", "SET", "appendonly", "yes");
  assertEquals((await client.call("DEBUG", "LOADAOF")).text, NO_AOF);
  assertEquals(await client.texts("DBSIZE"), ["20"]);
  await client.texts("CONFIG", "SET", "rdb-key-save-delay", "0");
  await waitFor("the rewrite to end", () => parts.server.appendOnlyState === "on");
  assertEquals(await client.texts("DEBUG", "LOADAOF"), ["OK"]);
  assertEquals(await client.texts("DBSIZE"), ["20"]);
});

Deno.test("DEBUG AOF-FLUSH-SLEEP has everybody wait before each write to the append-only file", async () => {
  await using parts = await startEmbedded({ ...DEBUG, appendonly: "yes" });
  const client = await parts.connect();
  const path = "appendonlydir/appendonly.aof.1.incr.aof";
  assertEquals(await client.texts("DEBUG", "AOF-FLUSH-SLEEP", "30000"), ["OK"]);
  const began = performance.now();
  await client.texts("SET", "key", "value");
  assert(performance.now() - began >= 30);
  assertStringIncludes(parts.files.text(path) ?? "", "value");
  assertEquals(await client.texts("DEBUG", "AOF-FLUSH-SLEEP", "0"), ["OK"]);
  assertEquals(parts.server.persistence.aof.writer.writeDelay, 0);
});
