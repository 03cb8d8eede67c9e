/** Large values: no more memory than they need while they come, and none once they are gone. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { megabytes, peakMemory, residentMemory } from "../support/process_figures.ts";
import { encodeCommandText, type RawClient } from "../support/raw_client.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";

const SIZE = megabytes(64);
/** Beside the value: what the client's own replies and the collector take meanwhile. */
const SLACK = megabytes(40);

/** Sets the peak to what is resident now. */
function forgetPeak({ pid }: ServerProcess): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** A value whose bytes tell where they belong, and whose last ones are `end`. */
function valueOf(size: number, end: string): string {
  const line = Array.from({ length: 1024 }, (_, i) => String.fromCharCode(97 + i % 23)).join("");
  return (line.repeat(size / 1024)).slice(0, size - end.length) + end;
}

async function digest(client: RawClient, key: string): Promise<string> {
  return (await client.texts("DEBUG", "DIGEST-VALUE", key)).join();
}

const DIRECTIVES = { "enable-debug-command": "yes", "save": "" };

Deno.test("SET of a large value takes its size once, DEL gives it back soon", async () => {
  await using server = await startMiniredis({ directives: DIRECTIVES });
  await using client = await server.connect();
  await client.texts("PING");
  for (let round = 0; round < 2; round++) {
    const before = residentMemory(server.pid);
    forgetPeak(server);
    assertEquals(await client.texts("SET", "k", valueOf(SIZE, "end")), ["OK"]);
    assertLess(peakMemory(server.pid) - before, SIZE + SLACK);
    assertEquals(await client.texts("GETRANGE", "k", "-3", "-1"), ["end"]);
    assertEquals(await client.texts("STRLEN", "k"), [String(SIZE)]);
    assertEquals(await client.texts("DEL", "k"), ["1"]);
    const isGivenBack = () => residentMemory(server.pid) - before < SLACK;
    await waitFor("the memory to be given back", isGivenBack);
  }
});

Deno.test("what follows a large value, or comes with it, is as if it had been copied", async () => {
  const directives = { ...DIRECTIVES, "appendonly": "yes", "aof-use-rdb-preamble": "no" };
  await using server = await startMiniredis({ directives });
  await using client = await server.connect();
  await using other = await server.connect();
  const size = megabytes(2), one = valueOf(size, "one"), two = valueOf(size, "two");
  const set = (key: string, value: string) => encodeCommandText(["SET", key, value]);
  // Alone, with a command behind it in the same write, twice in one write, and in a transaction.
  await client.texts("SET", "alone", one);
  await client.write(set("followed", one) + encodeCommandText(["APPEND", "followed", "!"]));
  assertEquals([(await client.read()).text, (await client.read()).text], ["OK", `${size + 1}`]);
  await client.write(set("first", one) + set("second", two));
  assertEquals([(await client.read()).text, (await client.read()).text], ["OK", "OK"]);
  await client.write(
    `MULTI\r\n${set("queued", two)}${encodeCommandText(["SETRANGE", "queued", "0", "Q"])}EXEC\r\n`,
  );
  for (let i = 0; i < 4; i++) await client.read();
  // The same bytes for two keys, and a key of that size.
  await client.texts("MSET", "small", "s", "many", two);
  await client.texts("SET", one, "the key is long");
  await client.texts("SET", "over", one);
  await client.texts("SET", "over", two);
  // A value that was taken over is changed while its first owner goes on reading.
  await other.texts("SETRANGE", "alone", "0", "changed");
  assertEquals(await client.texts("SET", "next", two), ["OK"]);
  assertEquals(await other.texts("GETRANGE", "alone", "0", "8"), ["changedhi"]);
  assertEquals(await client.texts("GET", "followed"), [one + "!"]);
  for (const [key, value] of [["first", one], ["second", two], ["many", two], ["over", two]]) {
    assertEquals(await client.texts("GET", key), [value]);
  }
  assertEquals(await client.texts("GET", one), ["the key is long"]);
  const keys = ["alone", "followed", "first", "second", "queued", "many", "over", "next"];
  const before = await Promise.all(keys.map((key) => digest(other, key)));
  assertEquals(await client.texts("DEBUG", "LOADAOF"), ["OK"]);
  assertEquals(await Promise.all(keys.map((key) => digest(other, key))), before);
});

Deno.test("a large value that is deleted or overwritten during BGSAVE is saved as it was", async () => {
  await using server = await startMiniredis({
    directives: { ...DIRECTIVES, "rdbcompression": "no" },
  });
  await using client = await server.connect();
  const values = ["one", "two", "three"].map((end) => valueOf(SIZE, end));
  const keys = ["deleted", "overwritten", "changed"];
  for (const [i, key] of keys.entries()) await client.texts("SET", key, values[i]);
  const before = await Promise.all(keys.map((key) => digest(client, key)));
  const large = valueOf(SIZE, "new");
  await client.write(
    encodeCommandText(["BGSAVE"]) + encodeCommandText(["DEL", "deleted"]) +
      encodeCommandText(["SETRANGE", "changed", "5", "changed"]) +
      encodeCommandText(["SET", "overwritten", large]),
  );
  assertEquals((await client.read()).text, "Background saving started");
  for (let i = 0; i < 3; i++) await client.read();
  await waitFor("BGSAVE to end", async () => {
    const [info] = await client.texts("INFO", "persistence");
    return info.includes("rdb_bgsave_in_progress:0");
  });
  const [info] = await client.texts("INFO", "persistence");
  assert(info.includes("rdb_last_bgsave_status:ok"), info);
  await client.texts("DEBUG", "RELOAD", "NOSAVE");
  assertEquals(await Promise.all(keys.map((key) => digest(client, key))), before);
});
