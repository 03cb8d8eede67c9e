/** Whole AOF directories go from our server to a real one and back. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { RawClient } from "../support/raw_client.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { checkAof, copyDirectory } from "./files.ts";
import { listKeyspace, SAMPLE_COMMANDS } from "./keyspace_listing.ts";

const AOF: Directives = { "appendonly": "yes", "aof-use-rdb-preamble": "no" };

/** Fills a server with the sample, which must hold no mistake. */
async function fill(client: RawClient): Promise<void> {
  for (const [i, reply] of (await client.pipeline(SAMPLE_COMMANDS)).entries()) {
    assert(reply.type !== "-", `${SAMPLE_COMMANDS[i].slice(0, 2)}: ${reply.text}`);
  }
  await client.texts("SELECT", "9");
  await waitFor("a key to expire", async () => (await client.texts("EXISTS", "gone"))[0] === "0");
}

async function listingOf(server: ServerProcess): Promise<string[]> {
  return await listKeyspace(await server.connect());
}

for (const timestamps of ["no", "yes"]) {
  const directives = { ...AOF, "aof-timestamp-enabled": timestamps };

  referenceTest(
    `redis-server has our data when it starts on our directory (timestamps ${timestamps})`,
    async () => {
      await using ours = await startMiniredis({ directives });
      const client = await ours.connect();
      await fill(client);
      const expected = await listKeyspace(client);
      await ours.kill("SIGKILL");
      await checkAof(ours.dir);
      await using copy = await TempDir.create("copy-");
      copyDirectory(ours.dir, copy.path);
      await using theirs = await startReference({ dir: copy.path, directives });
      assertEquals(await listingOf(theirs), expected);
    },
  );

  referenceTest(
    `we have a redis-server's data when we start on its directory (timestamps ${timestamps})`,
    async () => {
      await using theirs = await startReference({ directives });
      const client = await theirs.connect();
      await fill(client);
      // Half of it in a base that a rewrite wrote, half in the file behind that.
      await client.texts("BGREWRITEAOF");
      await waitFor("the rewrite to end", async () => {
        const [info] = await client.texts("INFO", "persistence");
        return /aof_rewrites:1\r[^]*aof_base_size:[1-9]/.test(info) &&
          info.includes("aof_rewrite_in_progress:0");
      });
      await client.texts("SWAPDB", "0", "1");
      await fill(client);
      const expected = await listKeyspace(client);
      await theirs.kill();
      await using copy = await TempDir.create("copy-");
      copyDirectory(theirs.dir, copy.path);
      await using ours = await startMiniredis({ dir: copy.path, directives });
      assertEquals(await listingOf(ours), expected);
    },
  );
}

referenceTest("a directory goes to and fro when both servers write to it in turn", async () => {
  await using dir = await TempDir.create("turns-");
  let expected: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const start = turn % 2 === 0 ? startMiniredis : startReference;
    await using server = await start({ dir: dir.path, directives: AOF });
    const client = await server.connect();
    assertEquals(await listKeyspace(client), expected);
    await client.texts("SELECT", String(turn));
    await client.texts("HSET", "hash", `field ${turn}`, "value");
    await client.texts("SET", "string", `value ${turn}`, "EX", "100000");
    await client.texts("MULTI");
    await client.texts("INCR", "counter");
    await client.texts("SELECT", "12");
    await client.texts("INCR", "counter");
    await client.texts("EXEC");
    expected = await listKeyspace(client);
    await server.kill();
    await checkAof(dir.path);
  }
});

referenceTest("an AOF that is one file is taken up, as redis-server does", async () => {
  await using source = await startReference({ directives: AOF });
  const client = await source.connect();
  await fill(client);
  const expected = await listKeyspace(client);
  await source.kill();
  await using dir = await TempDir.create("old-");
  await Deno.copyFile(
    `${source.dir}/appendonlydir/appendonly.aof.1.incr.aof`,
    `${dir.path}/appendonly.aof`,
  );
  await using copy = await TempDir.create("old-");
  copyDirectory(dir.path, copy.path);

  const names = async (server: ServerProcess) => {
    assertEquals(await listingOf(server), expected);
    await (await server.connect()).texts("SET", "more", "data");
    await server.kill();
    await checkAof(server.dir);
    return Array.from(Deno.readDirSync(`${server.dir}/appendonlydir`), ({ name }) => name).sort();
  };
  await using theirs = await startReference({ dir: copy.path, directives: AOF });
  await using ours = await startMiniredis({ dir: dir.path, directives: AOF });
  assertStringIncludes(ours.log, "Successfully migrated an old-style AOF");
  assertEquals(await names(ours), await names(theirs));
  await ours.restart();
  assertEquals(await (await ours.connect()).texts("GET", "more"), ["data"]);
});
