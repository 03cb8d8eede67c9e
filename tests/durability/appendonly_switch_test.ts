/** CONFIG SET appendonly while the server runs. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EIO, FaultyFileSystem } from "../support/faulty_file_system.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { checkAof, copyDirectory } from "./files.ts";
import { listKeyspace, SAMPLE_COMMANDS } from "./keyspace_listing.ts";
import { Random } from "../support/random.ts";
import { startSimulated } from "./simulated_server.ts";
import { repeatUntilLost, Writer } from "./writer.ts";

const ON = ["CONFIG", "SET", "appendonly", "yes"];
const OFF = ["CONFIG", "SET", "appendonly", "no"];

/** Turns the append-only file on and waits until it is in force. */
async function turnOn(client: RawClient): Promise<void> {
  assertEquals(await client.texts(...ON), ["OK"]);
  await rewritten(client);
}

/** Waits until no rewrite is under way or due. */
async function rewritten(client: RawClient): Promise<void> {
  await waitFor("the rewrite to end", async () => {
    const [info] = await client.texts("INFO", "persistence");
    return /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(info);
  });
}

referenceTest("turning appendonly on writes all data, which both servers then load", async () => {
  await using server = await startMiniredis();
  const client = await server.connect();
  await client.pipeline(SAMPLE_COMMANDS);
  await turnOn(client);
  assertStringIncludes((await client.texts("INFO", "persistence"))[0], "aof_enabled:1");
  await client.texts("SELECT", "5");
  await client.texts("HSET", "later", "field", "value");
  const expected = await listKeyspace(client);
  await server.kill("SIGKILL");
  await checkAof(server.dir);
  await using copy = await TempDir.create("copy-");
  copyDirectory(server.dir, copy.path);
  await using theirs = await startReference({ dir: copy.path, directives: { appendonly: "yes" } });
  assertEquals(await listKeyspace(await theirs.connect()), expected);
  await server.restart({ appendonly: "yes" });
  assertEquals(await listKeyspace(await server.connect()), expected);
});

Deno.test("turning appendonly off leaves the file, and on again replaces it", async () => {
  await using server = await startMiniredis({ directives: { appendonly: "yes" } });
  const client = await server.connect();
  const directory = `${server.dir}/appendonlydir`;
  const names = () => Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
  await client.texts("SET", "before", "1");
  assertEquals(await client.texts(...OFF), ["OK"]);
  const size = Deno.statSync(`${directory}/appendonly.aof.1.incr.aof`).size;
  await client.texts("SET", "between", "1");
  assertStringIncludes((await client.texts("INFO", "persistence"))[0], "aof_enabled:0");
  assertEquals(Deno.statSync(`${directory}/appendonly.aof.1.incr.aof`).size, size);
  await turnOn(client);
  await waitFor("the old files to be removed", () => names().length === 3);
  assertEquals(names(), [
    "appendonly.aof.2.base.rdb",
    "appendonly.aof.2.incr.aof",
    "appendonly.aof.manifest",
  ]);
  await client.texts("SET", "after", "1");
  await server.kill("SIGKILL");
  await server.restart();
  const found = await (await server.connect()).texts("MGET", "before", "between", "after");
  assertEquals(found, ["1", "1", "1"]);
});

Deno.test("what happens to the file within a pipeline counts no command twice, and loses none", async () => {
  const directives = { "appendonly": "yes", "enable-debug-command": "yes" };
  await using server = await startMiniredis({ directives });
  const client = await server.connect();
  const counts = (times: number) => Array.from({ length: times }, () => ["INCR", "n"]);
  await client.pipeline([...counts(3), ["BGREWRITEAOF"], ...counts(3)]);
  await rewritten(client);
  await client.pipeline([...counts(3), OFF, ...counts(3), ON, ...counts(3)]);
  await rewritten(client);
  await client.pipeline([...counts(3), ["DEBUG", "LOADAOF"], ...counts(3)]);
  assertEquals(await client.texts("GET", "n"), ["21"]);
  await client.pipeline([
    ...counts(2),
    ["SELECT", "1"],
    ...counts(2),
    ["SELECT", "0"],
    ...counts(2),
  ]);
  await server.kill("SIGKILL");
  await server.restart();
  const again = await server.connect();
  assertEquals(await again.texts("GET", "n"), ["25"]);
  await again.texts("SELECT", "1");
  assertEquals(await again.texts("GET", "n"), ["2"]);
});

Deno.test("turning appendonly off and on loses nothing acknowledged while clients write", async () => {
  const random = new Random(20_260_404);
  const writers = Array.from(
    { length: 20 },
    (_, i) => new Writer(`client${i}`, random.below(1e9)),
  );
  await using server = await startMiniredis();
  for (let round = 0; round < 3; round++) {
    const work: Promise<void>[] = [];
    for (const writer of writers) {
      const client = await server.connect();
      work.push(repeatUntilLost(() => writer.batch(client)));
    }
    const control = await server.connect();
    for (let i = 0; i < 10; i++) {
      assertEquals(await control.texts(...OFF), ["OK"]);
      for (let pause = random.below(20); pause > 0; pause--) await control.texts("PING");
      assertEquals(await control.texts(...ON), ["OK"]);
      for (let pause = random.below(20); pause > 0; pause--) await control.texts("PING");
    }
    // Until then, what was acknowledged since it was off is in memory alone.
    await rewritten(control);
    for (let pause = random.below(20); pause > 0; pause--) await control.texts("PING");
    await server.kill("SIGKILL");
    await Promise.all(work);
    await server.restart({ appendonly: "yes" });
    const client = await server.connect();
    for (const writer of writers) {
      await writer.check(client, writer.acknowledgedAt.length, `round ${round}`);
    }
  }
});

Deno.test("appendonly stays off when its directory can't be written to", async () => {
  const files = new FaultyFileSystem();
  await using server = await startSimulated({ files, directives: { appendonly: "no" } });
  const client = await RawClient.connect(server.port);
  files.fail("create", EIO);
  const refused = await client.call(...ON);
  assertEquals(
    refused.text,
    "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. " +
      "Check server logs.",
  );
  assert(server.log.some((line) => line.includes("Input/output error")));
  assertEquals(await client.texts("CONFIG", "GET", "appendonly"), ["appendonly", "no"]);
  assertEquals(await client.texts("SET", "key", "other"), ["OK"]);
  assertEquals(files.openFiles, 0);
  files.heal("create");
  await turnOn(client);
  assertEquals(await client.texts("CONFIG", "GET", "appendonly"), ["appendonly", "yes"]);
  await client.close();
});

Deno.test("appendonly comes on by itself when there is room for the data again", async () => {
  const files = new FaultyFileSystem();
  const directives = { appendonly: "no", "aof-use-rdb-preamble": "no" };
  await using server = await startSimulated({ files, directives });
  const client = await RawClient.connect(server.port);
  await client.texts("SET", "key", "value".repeat(100));
  files.free = 100;
  assertEquals(await client.texts(...ON), ["OK"]);
  await waitFor("a rewrite to fail", async () => {
    return (await client.texts("INFO", "persistence"))[0].includes("aof_last_bgrewrite_status:err");
  });
  assert(server.log.some((line) => line.includes("No space left on device")));
  files.free = Infinity;
  await rewritten(client);
  assertStringIncludes(
    (await client.texts("INFO", "persistence"))[0],
    "aof_last_bgrewrite_status:ok",
  );
  assertEquals(await client.texts("SET", "other", "value"), ["OK"]);
  await client.close();
  files.cutPowerAt(0);
  await server.stop();
  files.powerCycle({ bytes: (unsynced) => unsynced, names: true });
  await using restarted = await startSimulated({ files });
  const again = await RawClient.connect(restarted.port);
  assertEquals((await again.texts("MGET", "key", "other"))[1], "value");
  await again.close();
});

Deno.test("a power cut right after appendonly was turned on loses nothing when appendfsync is always", async () => {
  const files = new FaultyFileSystem();
  const directives = { appendonly: "no", appendfsync: "always" };
  {
    await using server = await startSimulated({ files, directives });
    const client = await RawClient.connect(server.port);
    await client.pipeline(SAMPLE_COMMANDS);
    await turnOn(client);
    assertEquals(await client.texts("SELECT", "0"), ["OK"]);
    assertEquals(await client.texts("SET", "last", "1"), ["OK"]);
    const expected = await listKeyspace(client);
    await client.close();
    files.cutPowerAt(0);
    await server.stop();
    files.powerCycle();
    await using restarted = await startSimulated({ files, directives: { appendonly: "yes" } });
    const again = await RawClient.connect(restarted.port);
    assertEquals(await listKeyspace(again), expected);
    await again.close();
  }
});
