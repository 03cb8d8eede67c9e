/** RDB files go from redis-server to us and back with the same data, whatever the options. */

import { assert, assertEquals } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { dataSetCommands } from "./rdb_data_set.ts";

/** How much larger our file may be; it may be smaller, as we find more to compress. */
const MOST_LARGER = 1.05;

const OPTIONS: readonly Directives[] = [
  { rdbcompression: "yes", rdbchecksum: "yes", "maxmemory-policy": "noeviction" },
  { rdbcompression: "no", rdbchecksum: "yes", "maxmemory-policy": "allkeys-lru" },
  { rdbcompression: "yes", rdbchecksum: "no", "maxmemory-policy": "allkeys-lfu" },
];

/** Encodings change at other sizes: values that one of them keeps compact are not for the other. */
const SMALL_LIMITS: Directives = {
  "hash-max-listpack-entries": "4",
  "zset-max-listpack-entries": "4",
  "set-max-intset-entries": "4",
  "list-max-listpack-size": "4",
  "stream-node-max-entries": "4",
};

async function digestOf(client: RawClient): Promise<string> {
  return (await client.call("DEBUG", "DIGEST")).text ?? "";
}

/** What DEBUG DIGEST does not tell: encodings, times to live, and how keys were used. */
async function detailsOf(client: RawClient, policy: string): Promise<string[]> {
  const lines: string[] = [];
  for (const database of ["0", "2", "9"]) {
    await client.texts("SELECT", database);
    const keys = (await client.texts("KEYS", "*")).sort();
    const use = policy === "allkeys-lfu" ? "FREQ" : "IDLETIME";
    const calls = keys.flatMap((key) => [
      ["OBJECT", use, key],
      ["OBJECT", "ENCODING", key],
      ["PEXPIRETIME", key],
    ]);
    const replies = (await client.pipeline(calls)).map((reply) => reply.text ?? "");
    keys.forEach((key, i) => {
      // Seconds go by between the two.
      const used = use === "FREQ" ? replies[3 * i] : String(Number(replies[3 * i]) < 60);
      lines.push(`${database} ${key}: ${used} ${replies[3 * i + 1]} ${replies[3 * i + 2]}`);
    });
  }
  return lines;
}

async function checkFile(directory: string): Promise<void> {
  const { code, stdout } = await new Deno.Command("redis-check-rdb", {
    args: [`${directory}/dump.rdb`],
  }).output();
  assertEquals(code, 0, byteString(stdout));
}

function sizeIn(directory: string): number {
  return Deno.statSync(`${directory}/dump.rdb`).size;
}

OPTIONS.forEach((options, i) => {
  const directives = { ...options, "enable-debug-command": "yes", "sanitize-dump-payload": "yes" };
  const policy = String(options["maxmemory-policy"]);
  referenceTest(
    `a file of redis-server is read and written alike with ${Object.values(options)}`,
    async () => {
      await using theirs = await TempDir.create("theirs-");
      await using ours = await TempDir.create("ours-");
      const save = async (server: ServerProcess, fill = false) => {
        const client = await server.connect();
        if (fill) {
          for (const reply of await client.pipeline(dataSetCommands(i))) {
            assert(reply.type !== "-", reply.raw.slice(0, 200));
          }
        }
        // What a command's long argument made large, and a shorter one replaced, is small once it is loaded.
        if (fill) assertEquals(await client.texts("DEBUG", "RELOAD"), ["OK"]);
        assertEquals(await client.texts("SAVE"), ["OK"]);
        const found = { digest: await digestOf(client), details: await detailsOf(client, policy) };
        await client.close();
        return found;
      };
      let expected: Awaited<ReturnType<typeof save>>;
      {
        await using reference = await startReference({ dir: theirs.path, directives });
        expected = await save(reference, true);
      }
      Deno.copyFileSync(`${theirs.path}/dump.rdb`, `${ours.path}/dump.rdb`);
      {
        await using server = await startMiniredis({ dir: ours.path, directives });
        assertEquals(await save(server), expected);
      }
      await checkFile(ours.path);
      const ratio = sizeIn(ours.path) / sizeIn(theirs.path);
      assert(ratio <= MOST_LARGER, `${ratio} times the size of redis-server's file`);
      {
        await using reference = await startReference({ dir: ours.path, directives });
        assertEquals(await save(reference), expected);
      }
    },
  );
});

referenceTest("a file that was written under other limits holds the same data", async () => {
  await using dir = await TempDir.create("limits-");
  const debug = { "enable-debug-command": "yes" };
  const run = async (
    start: typeof startReference,
    directives: Directives,
    commands: string[][],
  ) => {
    await using server = await start({ dir: dir.path, directives: { ...debug, ...directives } });
    const client = await server.connect();
    await client.pipeline([...commands, ["SAVE"]]);
    const digest = await digestOf(client);
    await client.close();
    return digest;
  };
  const digest = await run(startReference, {}, dataSetCommands(7));
  assertEquals(await run(startMiniredis, SMALL_LIMITS, []), digest);
  assertEquals(await run(startReference, SMALL_LIMITS, []), digest);
  assertEquals(await run(startMiniredis, {}, []), digest);
  assertEquals(await run(startReference, {}, []), digest);
});
