import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AofWriter, type FsyncPolicy } from "../../src/persistence/aof_writer.ts";
import { encoded, settle, TestHost } from "./aof_harness.ts";
import { EIO, ENOSPC, FaultyFileSystem } from "../support/faulty_file_system.ts";

const PATH = "data/x.aof";
const SELECT = encoded("SELECT", "0");

interface Fixture {
  readonly files: FaultyFileSystem;
  readonly host: TestHost;
  readonly writer: AofWriter;
}

function fixture(fsyncPolicy: FsyncPolicy, before = ""): Fixture {
  const files = new FaultyFileSystem();
  files.put(PATH, before);
  const host = new TestHost(files, { fsyncPolicy });
  const writer = new AofWriter(host);
  writer.start(files.openSync(PATH, "append"));
  return { files, host, writer };
}

function set(writer: AofWriter, key: string): number {
  writer.appendCommand(0, ["SET", key, "1"]);
  return writer.flush();
}

/** What would be there after a power cut. */
function durable(files: FaultyFileSystem): string {
  files.powerCycle();
  return files.text(PATH) ?? "";
}

Deno.test("AofWriter flush hands all commands of a turn over in one write", () => {
  const { files, writer } = fixture("no");
  for (let i = 0; i < 100; i++) writer.appendCommand(0, ["SET", `k${i}`, "v"]);
  const ticket = writer.flush();
  assertEquals(files.trace, [`write ${PATH}`]);
  assertEquals(writer.safe, ticket);
  assertEquals(ticket, files.text(PATH)?.length);
  assertEquals(writer.flush(), ticket);
  assertEquals(files.trace.length, 1);
});

Deno.test("AofWriter drops what is appended while it has no file", () => {
  const host = new TestHost(new FaultyFileSystem());
  const writer = new AofWriter(host);
  writer.appendCommand(0, ["PING"]);
  assertEquals([writer.active, writer.flush(), writer.safe], [false, 0, 0]);
});

Deno.test("AofWriter names the database and the time again in each file, and where they change", () => {
  const { files, host, writer } = fixture("no");
  host.settings.timestampsEnabled = true;
  for (const database of [0, 0, 3, 3]) writer.appendCommand(database, ["PING"]);
  writer.switchTo(() => files.openSync("data/y.aof", "create"));
  writer.appendCommand(3, ["PING"]);
  writer.flush();
  const time = "#TS:1700000000\r\n", ping = encoded("PING"), three = encoded("SELECT", "3");
  assertEquals(files.text(PATH), time + SELECT + ping + ping + three + ping + ping);
  assertEquals(files.text("data/y.aof"), time + three + ping);
});

Deno.test("AofWriter annotates each second when timestamps are enabled", () => {
  const { files, host, writer } = fixture("no");
  host.settings.timestampsEnabled = true;
  set(writer, "a");
  host.clock.advance(2000);
  set(writer, "b");
  assertEquals(
    files.text(PATH),
    `#TS:1700000000\r\n${SELECT}${encoded("SET", "a", "1")}` +
      `#TS:1700000002\r\n${encoded("SET", "b", "1")}`,
  );
});

Deno.test("AofWriter under always makes safe only what a finished sync covers", async () => {
  const { files, host, writer } = fixture("always");
  files.holdSyncs = true;
  const first = set(writer, "a");
  const second = set(writer, "b");
  const third = set(writer, "c");
  assertEquals([writer.safe, files.heldSyncs], [0, 1]);
  files.finishSyncs();
  await settle();
  // The sync was started before the second command was written; one sync covers the other two.
  assertEquals([writer.safe, files.heldSyncs, host.safeCalls], [first, 1, 1]);
  assert(second > first);
  files.finishSyncs();
  await settle();
  assertEquals([writer.safe, files.heldSyncs, host.safeCalls], [third, 0, 2]);
});

Deno.test("AofWriter under always tells nothing that a power cut takes back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("set", "flush", "finish", "tick"), { maxLength: 60 }),
      async (steps) => {
        const { files, host, writer } = fixture("always");
        files.holdSyncs = true;
        let key = 0;
        for (const step of steps) {
          if (step === "set") writer.appendCommand(0, ["SET", `k${key++}`, "v"]);
          else if (step === "flush") writer.flush();
          else if (step === "finish") files.finishSyncs(1);
          else host.clock.advance(1000);
          await settle();
          assert(files.heldSyncs <= 1);
        }
        const safe = writer.safe, written = files.text(PATH) ?? "";
        const kept = durable(files);
        assert(kept.length >= safe);
        assert(written.startsWith(kept));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("AofWriter under everysec loses at most what is younger than two seconds", async () => {
  const step = fc.record({ pause: fc.integer({ min: 1, max: 700 }), finish: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const { files, host, writer } = fixture("everysec");
      files.holdSyncs = true;
      const written: [time: number, ticket: number][] = [];
      let syncSince = host.clock.now();
      for (const { pause, finish } of steps) {
        written.push([host.clock.now(), set(writer, "k")]);
        assertEquals(writer.safe, writer.appended);
        host.clock.advance(pause);
        await settle();
        assert(files.heldSyncs <= 1);
        if (files.heldSyncs === 0) syncSince = host.clock.now();
        // A disk whose syncs take up to a second.
        if (files.heldSyncs > 0 && (finish || host.clock.now() - syncSince > 300)) {
          files.finishSyncs();
          await settle();
          syncSince = host.clock.now();
        }
      }
      const now = host.clock.now();
      const due = written.findLast(([time]) => time <= now - 2000)?.[1] ?? 0;
      assert(durable(files).length >= due, `${due} bytes were due`);
    }),
    { numRuns: 200 },
  );
});

Deno.test("AofWriter under everysec never runs two syncs and starts an overdue one at once", async () => {
  const { files, host, writer } = fixture("everysec");
  files.holdSyncs = true;
  host.clock.advance(5000);
  assertEquals(files.heldSyncs, 0);
  set(writer, "a");
  host.clock.advance(1000);
  assertEquals([files.heldSyncs, writer.syncPending], [1, true]);
  set(writer, "b");
  host.clock.advance(1000);
  assertEquals([files.heldSyncs, writer.delayedSyncs], [1, 0]);
  host.clock.advance(1000);
  assertEquals([files.heldSyncs, writer.delayedSyncs], [1, 1]);
  assertEquals(host.log.take(), [
    "* Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without " +
    "waiting for fsync to complete, this may slow down Redis.",
  ]);
  files.finishSyncs();
  await settle();
  assertEquals(files.heldSyncs, 1);
  files.finishSyncs();
  await settle();
  host.clock.advance(3000);
  assertEquals([files.heldSyncs, writer.syncPending, writer.delayedSyncs], [0, false, 1]);
});

Deno.test("AofWriter under no never syncs before it is closed", async () => {
  const { files, host, writer } = fixture("no");
  set(writer, "a");
  host.clock.advance(10_000);
  assertEquals(files.trace, [`write ${PATH}`]);
  assertEquals(await writer.close(), true);
  assertEquals([files.trace.at(-1), files.openFiles], [`sync ${PATH}`, 0]);
});

Deno.test("AofWriter goes on with the rest when a write is short without an error", () => {
  const { files, host, writer } = fixture("everysec");
  files.largestWrite = 7;
  set(writer, "abc");
  assertEquals(files.text(PATH), SELECT + encoded("SET", "abc", "1"));
  assertEquals([writer.error, host.log.lines.length], [null, 0]);
});

Deno.test("AofWriter cuts off a partial write, withholds the batch and heals when the disk is full", () => {
  const { files, host, writer } = fixture("no");
  const first = set(writer, "a");
  const before = files.text(PATH);
  files.free = 10;
  const second = set(writer, "b");
  assertEquals(files.text(PATH), before);
  assertEquals([writer.safe, writer.error], [first, "No space left on device"]);
  assertEquals(writer.bufferLength, second - first);
  assertEquals(host.log.take(), [
    "# Short write while writing to the AOF file: (nwritten=10, expected=27)",
  ]);
  // Clients that only read get a ticket which does not wait for the failed batch.
  assert(writer.flush() <= writer.safe);
  files.free = 0;
  host.clock.advance(3000);
  assertEquals([writer.safe, host.log.lines.length], [first, 0]);
  host.clock.advance(28_000);
  assertEquals(host.log.take(), ["# Error writing to the AOF file: No space left on device"]);
  files.free = 1000;
  host.clock.advance(1000);
  assertEquals([writer.safe, writer.error, writer.bufferLength], [second, null, 0]);
  assertEquals(files.text(PATH), before + encoded("SET", "b", "1"));
  assertEquals(host.log.take(), ["# AOF write error looks solved, Redis can write again."]);
  assert(host.safeCalls > 0);
});

Deno.test("AofWriter tries a failed write again with the next command", () => {
  const { files, writer } = fixture("no");
  files.fail("write", EIO, 1);
  const first = set(writer, "a");
  assertEquals([writer.safe, writer.error], [0, "Input/output error"]);
  const second = set(writer, "b");
  assertEquals([writer.safe, writer.error], [second, null]);
  assert(second > first);
  assertEquals(files.text(PATH), SELECT + encoded("SET", "a", "1") + encoded("SET", "b", "1"));
});

Deno.test("AofWriter goes on from a partial write that can't be cut off", () => {
  const { files, host, writer } = fixture("everysec");
  files.free = 12;
  files.fail("truncate", EIO);
  const ticket = set(writer, "a");
  assertEquals(files.text(PATH)?.length, 12);
  assertEquals(host.log.take().slice(1), [
    "# Could not remove short write from the append-only file.  Redis may refuse to load the AOF " +
    "the next time it starts.  ftruncate: Input/output error",
  ]);
  assertEquals([writer.safe, writer.error === null], [0, false]);
  files.free = 1000;
  host.clock.advance(1000);
  assertEquals(files.text(PATH), SELECT + encoded("SET", "a", "1"));
  assertEquals([writer.safe, writer.fileSize], [ticket, ticket]);
});

Deno.test("AofWriter ends the server and tells nothing more when a write fails under always", () => {
  const { files, host, writer } = fixture("always");
  files.free = 10;
  const ticket = set(writer, "a");
  assertEquals([host.fatal, ticket, writer.safe], [true, Infinity, 0]);
  assertEquals(
    host.log.lines.at(-1),
    "# Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
  );
  files.free = 1000;
  host.clock.advance(5000);
  assertEquals([writer.flush(), writer.safe], [Infinity, 0]);
});

Deno.test("AofWriter ends the server when a sync fails under always", async () => {
  const { files, host, writer } = fixture("always");
  files.fail("sync", EIO);
  set(writer, "a");
  await settle();
  assertEquals([host.fatal, writer.safe], [true, 0]);
  assertEquals(host.log.take(), [
    "# Can't persist AOF for fsync error when the AOF fsync policy is 'always': " +
    "Input/output error. Exiting...",
  ]);
});

Deno.test("AofWriter reports an error until a sync succeeds again under everysec", async () => {
  const { files, host, writer } = fixture("everysec");
  files.fail("sync", EIO, 3);
  set(writer, "a");
  for (let i = 0; i < 3; i++) {
    host.clock.advance(1000);
    await settle();
    assertEquals(writer.error, "Input/output error");
  }
  assertEquals(host.log.take(), ["# Fail to fsync the AOF file: Input/output error"]);
  host.clock.advance(1000);
  await settle();
  assertEquals([writer.error, host.fatal], [null, false]);
});

Deno.test("AofWriter lets go what waited when the policy is no longer always", async () => {
  const { files, host, writer } = fixture("always");
  files.holdSyncs = true;
  const ticket = set(writer, "a");
  host.settings.fsyncPolicy = "everysec";
  writer.policyChanged();
  assertEquals([writer.safe, host.safeCalls], [ticket, 1]);
  files.finishSyncs();
  await settle();
  set(writer, "b");
  host.settings.fsyncPolicy = "always";
  writer.policyChanged();
  assertEquals(files.heldSyncs, 1);
});

Deno.test("AofWriter stop syncs, lets go what waited and can start another file", async () => {
  const { files, host, writer } = fixture("always");
  files.holdSyncs = true;
  set(writer, "a");
  writer.appendCommand(0, ["SET", "b", "1"]);
  writer.stop();
  assertEquals([writer.active, writer.safe, host.safeCalls], [false, writer.appended, 1]);
  files.finishSyncs();
  await settle();
  assertEquals(files.openFiles, 0);
  writer.start(files.openSync("data/y.aof", "append"));
  const ticket = set(writer, "c");
  files.finishSyncs();
  await settle();
  assertEquals([writer.safe, writer.fileSize < ticket], [ticket, true]);
  assertEquals(files.text("data/y.aof"), SELECT + encoded("SET", "c", "1"));
  assertEquals(durable(files), SELECT + encoded("SET", "a", "1") + encoded("SET", "b", "1"));
});

Deno.test("AofWriter close waits for a running sync and covers what came after it", async () => {
  const { files, writer } = fixture("always");
  files.holdSyncs = true;
  set(writer, "a");
  writer.appendCommand(0, ["SET", "b", "1"]);
  const closed = writer.close();
  files.holdSyncs = false;
  files.finishSyncs();
  assertEquals(await closed, true);
  assertEquals([writer.safe, files.openFiles], [writer.appended, 0]);
  assertEquals(durable(files), SELECT + encoded("SET", "a", "1") + encoded("SET", "b", "1"));
});

Deno.test("AofWriter close returns false when the data can't be written or synced", async () => {
  const full = fixture("everysec");
  full.files.free = 0;
  set(full.writer, "a");
  assertEquals(await full.writer.close(), false);
  const broken = fixture("everysec");
  set(broken.writer, "a");
  broken.files.fail("sync", EIO);
  assertEquals(await broken.writer.close(), false);
  assertEquals(broken.host.log.take(), ["# Fail to fsync the AOF file: Input/output error."]);
});

Deno.test("AofWriter writes exactly the acknowledged commands when writes fail at random", () => {
  const fault = fc.constantFrom("none", "full", "short", "error", "stuck");
  fc.assert(
    fc.property(fc.array(fault, { maxLength: 40 }), (faults) => {
      const { files, host, writer } = fixture("everysec");
      let expected = SELECT;
      faults.forEach((kind, i) => {
        files.heal("write");
        files.heal("truncate");
        files.free = kind === "full" ? i % 5 : kind === "stuck" ? 3 : Infinity;
        files.largestWrite = kind === "short" ? 3 : Infinity;
        if (kind === "error") files.fail("write", ENOSPC, Infinity, i % 2);
        if (kind === "stuck") files.fail("truncate", EIO);
        expected += encoded("SET", `k${i}`, "1");
        set(writer, `k${i}`);
        const onDisk = files.text(PATH) ?? "";
        assert(expected.startsWith(onDisk));
        assert(onDisk.length >= writer.safe);
      });
      files.heal("write");
      files.free = files.largestWrite = Infinity;
      host.clock.advance(1000);
      if (faults.length > 0) assertEquals(files.text(PATH), expected);
      assertEquals(writer.error, null);
    }),
  );
});

Deno.test("AofWriter writes before the turn is over when much was appended", () => {
  const { files, writer } = fixture("no");
  const value = "v".repeat(100_000);
  const expected = SELECT + encoded("SET", "k", value).repeat(20);
  for (let i = 0; i < 20; i++) writer.appendCommand(0, ["SET", "k", value]);
  const early = files.text(PATH) ?? "";
  assert(early.length > 1_000_000 && expected.startsWith(early));
  const ticket = writer.flush();
  assertEquals(files.text(PATH), expected);
  assertEquals([ticket, writer.safe], [expected.length, expected.length]);
});

Deno.test("AofWriter leaves a write that failed before the turn was over to the end of it", () => {
  const { files, writer } = fixture("everysec");
  files.fail("write", ENOSPC, 1);
  const value = "v".repeat(100_000);
  for (let i = 0; i < 20; i++) writer.appendCommand(0, ["SET", "k", value]);
  assertEquals([files.text(PATH), writer.safe], ["", 0]);
  assert(writer.error !== null);
  const ticket = writer.flush();
  assertEquals(files.text(PATH), SELECT + encoded("SET", "k", value).repeat(20));
  assertEquals([writer.error, writer.safe], [null, ticket]);
});
