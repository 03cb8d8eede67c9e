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

Deno.test("DEBUG LOADAOF appends nothing, and wants an append-only file", async () => {
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
  assertEquals(
    (await client.call("DEBUG", "LOADAOF")).text,
    "ERR Error trying to load the append only file",
  );
  assertEquals(await client.texts("LLEN", "list"), ["3"]);
});
