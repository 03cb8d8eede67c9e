/** The disk of a running server fills up or fails. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { EIO, ENOSPC, FaultyFileSystem } from "../support/faulty_file_system.ts";
import { ConnectionClosed, RawClient, ReplyTimeout } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { incrementalPath } from "./files.ts";
import { startSimulated } from "./simulated_server.ts";

const MISCONF = "MISCONF Errors writing to the AOF file: No space left on device";
const INCREMENTAL = incrementalPath("");
/** Long enough for a reply that is not withheld, in ms. */
const A_WHILE = 100;

Deno.test("a full disk withholds the replies to writes, refuses later ones, and heals by itself", async () => {
  const files = new FaultyFileSystem();
  const clock = new ManualClock(1_700_000_000_000);
  await using server = await startSimulated({
    files,
    clock,
    directives: { appendfsync: "everysec" },
  });
  const writer = await RawClient.connect(server.port);
  const other = await RawClient.connect(server.port);
  assertEquals(await writer.texts("SET", "key", "old"), ["OK"]);
  const before = files.text(INCREMENTAL)!.length;

  files.free = 10;
  await writer.write("SET key new\r\nGET key\r\n");
  await assertRejects(() => writer.read(A_WHILE), ReplyTimeout);
  // What was written in part has been taken back.
  assertEquals(files.text(INCREMENTAL)!.length, before);
  assertEquals((await other.call("SET", "x", "y")).text, MISCONF);
  assertEquals((await other.call("DEL", "key")).text, MISCONF);
  assertEquals((await other.call("HSET", "h", "f", "v")).text, MISCONF);
  await other.texts("MULTI");
  assertEquals((await other.call("SET", "x", "y")).text, MISCONF);
  assertEquals((await other.call("EXEC")).text?.split(" ")[0], "EXECABORT");
  assertEquals((await other.call("PING")).text, MISCONF);
  assertEquals(
    (await other.call("BGREWRITEAOF")).text,
    "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
      "information.",
  );
  // Reads go on.
  assertEquals(await other.texts("EXISTS", "x"), ["0"]);
  assertStringIncludes((await other.texts("INFO", "persistence"))[0], "aof_last_write_status:err");
  // Nothing is lost to trying in vain.
  clock.advance(5000);
  await assertRejects(() => writer.read(A_WHILE), ReplyTimeout);
  assertEquals(files.text(INCREMENTAL)!.length, before);

  files.free = Infinity;
  clock.advance(1000);
  assertEquals([(await writer.read()).text, (await writer.read()).text], ["OK", "new"]);
  assertEquals(await other.texts("SET", "x", "y"), ["OK"]);
  assertStringIncludes((await other.texts("INFO", "persistence"))[0], "aof_last_write_status:ok");
  assert(server.log.some((line) => line.includes("AOF write error looks solved")));
  await writer.close();
  await other.close();
  await server.stop();
  assertEquals(await server.ended, 0);

  await using restarted = await startSimulated({ files });
  const client = await RawClient.connect(restarted.port);
  assertEquals(await client.texts("MGET", "key", "x"), ["new", "y"]);
  await client.close();
});

Deno.test("a key that expires while the disk is full is gone for readers and in the file afterwards", async () => {
  const files = new FaultyFileSystem();
  const clock = new ManualClock(1_700_000_000_000);
  await using server = await startSimulated({ files, clock });
  const client = await RawClient.connect(server.port);
  await client.texts("SET", "short", "v", "PX", "100");
  files.free = 0;
  clock.advance(200);
  // The DEL that this read causes can't be written: its reply waits as those of writes do.
  await client.send("GET", "short");
  await waitFor(
    "the write to fail",
    () => server.log.some((line) => line.includes("Error writing")),
  );
  files.free = Infinity;
  clock.advance(1000);
  assertEquals((await client.read()).raw, "$-1\r\n");
  assertStringIncludes(files.text(INCREMENTAL)!, "$3\r\nDEL\r\n$5\r\nshort\r\n");
  await client.close();
});

for (const fault of ["write", "sync"] as const) {
  Deno.test(`the server ends when a ${fault} fails and appendfsync is always`, async () => {
    const files = new FaultyFileSystem();
    await using server = await startSimulated({ files, directives: { appendfsync: "always" } });
    const client = await RawClient.connect(server.port);
    const idle = await RawClient.connect(server.port);
    assertEquals(await client.texts("SET", "key", "value"), ["OK"]);
    files.fail(fault, fault === "write" ? ENOSPC : EIO);
    // Nobody is told of a write that isn't safe.
    await assertRejects(() => client.call("SET", "key", "lost"), ConnectionClosed);
    assert(await idle.waitForClose());
    assertEquals(await server.ended, 1);
    assert(server.log.some((line) => line.includes("Exiting...")), server.log.join(""));
    await client.close();
    await idle.close();
    files.powerCycle();
    await using restarted = await startSimulated({ files });
    const again = await RawClient.connect(restarted.port);
    assertEquals(await again.texts("GET", "key"), ["value"]);
    await again.close();
  });
}

Deno.test("a sync that fails under everysec refuses writes until one succeeds", async () => {
  const files = new FaultyFileSystem();
  const clock = new ManualClock(1_700_000_000_000);
  await using server = await startSimulated({
    files,
    clock,
    directives: { appendfsync: "everysec" },
  });
  const client = await RawClient.connect(server.port);
  assertEquals(await client.texts("SET", "key", "value"), ["OK"]);
  files.fail("sync", EIO);
  clock.advance(1000);
  await waitFor("the sync to fail", async () => {
    const { text } = await client.call("SET", "key", "other");
    return text === "MISCONF Errors writing to the AOF file: Input/output error";
  });
  assertEquals(await client.texts("GET", "key"), ["value"]);
  files.heal("sync");
  clock.advance(1000);
  await waitFor(
    "writes to be taken",
    async () => (await client.call("SET", "key", "more")).text === "OK",
  );
  await client.close();
});
