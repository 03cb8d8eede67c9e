/** What redis-cli does as a replica of this server: `--rdb`, `--functions-rdb`, `--replica`. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { redisCli, redisCliUntil } from "../support/redis_cli.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const LIBRARY = "#!lua name=lib\nredis.register_function('f', function() return 7 end)";

/** A server with some data, which sends all of it into a connection or by way of a file. */
async function startPrimary(isStreamed: boolean): Promise<ServerProcess> {
  const server = await startMiniredis({
    directives: {
      "repl-diskless-sync": isStreamed ? "yes" : "no",
      "repl-diskless-sync-delay": "0",
      "enable-debug-command": "yes",
    },
  });
  using client = await server.connect();
  await client.texts("SET", "k", "v");
  await client.texts("RPUSH", "l", "a", "b", "c");
  await client.texts("FUNCTION", "LOAD", LIBRARY);
  return server;
}

/** Starts a redis-server on a file that redis-cli has written; its databases' sizes, and its libraries. */
async function loadWithRedis(directory: string): Promise<[string[], string[]]> {
  await using server = await startReference({ dir: directory });
  using client = await server.connect();
  return [
    await client.texts("DBSIZE"),
    (await client.texts("FUNCTION", "LIST")).filter((text) => text === "lib"),
  ];
}

for (const isStreamed of [true, false]) {
  const way = isStreamed ? "as it is made" : "by way of a file";
  referenceTest(`redis-cli --rdb writes a file of all data when that is sent ${way}`, async () => {
    await using primary = await startPrimary(isStreamed);
    await using dir = await TempDir.create("redis-cli-");
    const { code, errors } = await redisCli(primary.port, ["--rdb", `${dir.path}/dump.rdb`]);
    assertEquals(code, 0, errors);
    assertStringIncludes(errors, "Transfer finished with success");
    assertEquals(await loadWithRedis(dir.path), [["2"], ["lib"]]);
  });
}

referenceTest("redis-cli --functions-rdb writes a file of the functions alone", async () => {
  await using primary = await startPrimary(true);
  await using dir = await TempDir.create("redis-cli-");
  const args = ["--functions-rdb", `${dir.path}/dump.rdb`];
  const { code, errors } = await redisCli(primary.port, args);
  assertEquals(code, 0, errors);
  assertEquals(await loadWithRedis(dir.path), [["0"], ["lib"]]);
});

referenceTest("redis-cli --replica prints the changes that come", async () => {
  await using primary = await startPrimary(true);
  using client = await primary.connect();
  const printed = redisCliUntil(
    primary.port,
    ["--replica"],
    (output) => output.includes('"INCR","n"'),
  );
  await waitFor("redis-cli to follow", async () => {
    const [info] = await client.texts("INFO", "replication");
    return info.includes("state=online");
  });
  await client.texts("SET", "k", "new");
  await client.texts("INCR", "n");
  const output = await printed;
  assert(output.includes('"SET","k","new"\n"INCR","n"'), output);
});
