/** SAVE and loading at start, in whole servers. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";

const COMMANDS = [
  ["SET", "string", "value"],
  ["SET", "expires", "value", "PXAT", "4000000000000"],
  ["RPUSH", "list", "a", "b"],
  ["XADD", "stream", "1-1", "f", "v"],
];

async function fill(client: RawClient): Promise<void> {
  for (const reply of await client.pipeline([...COMMANDS, ["SAVE"]])) {
    assert(reply.type !== "-", reply.raw);
  }
}

async function read(client: RawClient): Promise<string[]> {
  const calls = [
    ["DBSIZE"],
    ["GET", "string"],
    ["PEXPIRETIME", "expires"],
    ["LRANGE", "list", "0", "-1"],
    ["XRANGE", "stream", "-", "+"],
  ];
  return (await client.pipeline(calls)).map((reply) => reply.raw);
}

Deno.test("a snapshot gives the data back when the server was killed after SAVE", async () => {
  await using server = await startMiniredis();
  const client = await server.connect();
  const started = Number((await client.texts("LASTSAVE"))[0]);
  await fill(client);
  assert(Number((await client.texts("LASTSAVE"))[0]) >= started);
  assertMatch((await client.texts("INFO", "persistence"))[0], /rdb_changes_since_last_save:0\r/);
  const before = await read(client);
  await client.texts("SET", "late", "1");
  assertMatch((await client.texts("INFO", "persistence"))[0], /rdb_changes_since_last_save:1\r/);
  await server.kill("SIGKILL");
  await server.restart();
  const again = await server.connect();
  assertEquals(await read(again), before);
  assertMatch((await again.texts("INFO", "persistence"))[0], /rdb_last_load_keys_loaded:4\r/);
  await again.close();
});

Deno.test("a server refuses to start on a damaged file, and says where it is damaged", async () => {
  await using dir = await TempDir.create();
  Deno.writeTextFileSync(`${dir.path}/dump.rdb`, "REDIS0010\xff");
  let problem = "";
  try {
    await using _server = await startMiniredis({ dir: dir.path });
  } catch (error) {
    problem = String(error);
  }
  assertMatch(problem, /Bad file format reading the RDB file dump\.rdb: .* \(at offset \d+\)/);
});

Deno.test("a save fails and the server keeps serving when the directory is gone", async () => {
  const dir = await TempDir.create();
  await using server = await startMiniredis({ dir: dir.path });
  const client = await server.connect();
  dir[Symbol.dispose]();
  assertEquals((await client.call("SAVE")).raw, "-ERR\r\n");
  assertEquals(await client.texts("PING"), ["PONG"]);
  await client.close();
});

referenceTest("a server loads what redis-server saved at its end, and the reverse", async () => {
  for (
    const [first, second] of [[startReference, startMiniredis], [startMiniredis, startReference]]
  ) {
    await using dir = await TempDir.create();
    let expected: string[];
    {
      await using server = await first({ dir: dir.path });
      const client = await server.connect();
      await fill(client);
      expected = await read(client);
      await client.close();
    }
    await using server = await second({ dir: dir.path });
    const client = await server.connect();
    assertEquals(await read(client), expected);
    await client.close();
  }
});
