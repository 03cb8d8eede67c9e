import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AppendOnlyFile, type DumpedCommand } from "../../src/persistence/aof.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { encoded, settle, startAof, TestData, TestHost } from "./aof_harness.ts";
import { EIO, ENOSPC, FaultyFileSystem, PowerLoss, type Survival } from "./faulty_file_system.ts";

const DIR = "data/appendonlydir";
const MANIFEST = `${DIR}/appendonly.aof.manifest`;
const SET_A = encoded("SELECT", "0") + encoded("SET", "a", "1");

/** What may be left of unsynced things after a power cut: nothing, everything, or one of the two. */
const SURVIVALS: readonly Survival[] = [
  {},
  { names: true },
  { bytes: (unsynced) => unsynced },
  { bytes: (unsynced) => unsynced >> 1, names: true },
];

function disk(contents: Readonly<Record<string, string>> = {}): FaultyFileSystem {
  const files = new FaultyFileSystem();
  files.put("data/dump.rdb", "");
  for (const [path, text] of Object.entries(contents)) files.put(path, text);
  return files;
}

function set(aof: AppendOnlyFile, key: string, value = "1"): void {
  aof.writer.appendCommand(0, ["SET", key, value]);
  aof.writer.flush();
}

/** Ends an AOF in a scenario: the writer reports a power cut by a value and not by an exception. */
async function finish(aof: AppendOnlyFile): Promise<void> {
  if (!await aof.close()) throw new PowerLoss();
}

/** What a server that starts on the disk would have. */
async function listing(files: FaultyFileSystem): Promise<string[]> {
  const { aof, data } = await startAof(new TestHost(files));
  await aof.close();
  return data.listing();
}

/**
 * Runs `scenario` on a fresh disk again and again, the power failing one change later each time, and
 * looks at what is left with `check`.
 */
async function cutPowerEverywhere(
  makeDisk: () => FaultyFileSystem,
  scenario: (files: FaultyFileSystem) => Promise<void>,
  check: (files: FaultyFileSystem, steps: number, finished: boolean) => Promise<void>,
): Promise<void> {
  for (const survival of SURVIVALS) {
    for (let steps = 0, finished = false; !finished; steps++) {
      const files = makeDisk();
      files.cutPowerAt(steps);
      try {
        await scenario(files);
        finished = true;
      } catch (error) {
        const isPower = error instanceof PowerLoss || error instanceof PersistenceError;
        if (!isPower) throw error;
      }
      files.powerCycle(survival);
      await check(files, steps, finished);
      assert(steps < 1000);
    }
  }
}

Deno.test("AppendOnlyFile creates an empty base, an incremental file and the manifest at first", async () => {
  const files = disk(), host = new TestHost(files);
  const { aof } = await startAof(host);
  assertEquals(files.readDirSync(DIR).sort(), [
    "appendonly.aof.1.base.aof",
    "appendonly.aof.1.incr.aof",
    "appendonly.aof.manifest",
  ]);
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
  assertEquals(host.log.take(), [
    "* Creating AOF base file appendonly.aof.1.base.aof on server start",
    "* Creating AOF incr file appendonly.aof.1.incr.aof on server start",
  ]);
  set(aof, "a");
  assertEquals(files.text(`${DIR}/appendonly.aof.1.incr.aof`), SET_A);
  assertEquals(await aof.close(), true);
  assertEquals(files.openFiles, 0);
});

Deno.test("AppendOnlyFile appends to the last incremental file at the next start, naming the database again", async () => {
  const files = disk();
  const first = await startAof(new TestHost(files));
  set(first.aof, "a");
  await first.aof.close();
  const host = new TestHost(files);
  const { aof, data } = await startAof(host);
  assertEquals(data.listing(), ["0:a=1"]);
  assertEquals(
    host.log.take().at(-1),
    "* Opening AOF incr file appendonly.aof.1.incr.aof on server start",
  );
  set(aof, "b");
  assertEquals(
    files.text(`${DIR}/appendonly.aof.1.incr.aof`),
    SET_A + encoded("SELECT", "0") + encoded("SET", "b", "1"),
  );
  await aof.close();
  assertEquals(await listing(files), ["0:a=1", "0:b=1"]);
});

Deno.test("AppendOnlyFile reports sizes for INFO as Redis does", async () => {
  const files = disk({
    [MANIFEST]: "file b seq 1 type b\nfile i seq 1 type i\n",
    [`${DIR}/b`]: SET_A,
    [`${DIR}/i`]: SET_A + SET_A,
  });
  const { aof } = await startAof(new TestHost(files));
  assertEquals(aof.statistics, {
    enabled: true,
    currentSize: 150,
    baseSize: 50,
    bufferLength: 0,
    pendingBioFsync: 0,
    delayedFsync: 0,
    lastWriteStatus: "ok",
    lastBgrewriteStatus: "ok",
    rewrites: 0,
    rewritesConsecutiveFailures: 0,
    lastRewriteSeconds: -1,
  });
  files.free = 0;
  set(aof, "c");
  assertEquals([aof.statistics.lastWriteStatus, aof.statistics.bufferLength], ["err", 50]);
  aof.disable();
});

Deno.test("AppendOnlyFile creates the incremental file that a manifest does not have", async () => {
  const files = disk({ [MANIFEST]: "file b seq 4 type b\n", [`${DIR}/b`]: SET_A });
  const { aof, data } = await startAof(new TestHost(files));
  assertEquals(data.listing(), ["0:a=1"]);
  assertEquals(
    files.text(MANIFEST),
    "file b seq 4 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
  await aof.close();
});

Deno.test("AppendOnlyFile does not load, and overwrites, files that no manifest lists", async () => {
  const files = disk({ [`${DIR}/appendonly.aof.1.incr.aof`]: SET_A });
  const host = new TestHost(files);
  const { aof, data } = await startAof(host);
  assertEquals(data.listing(), []);
  assert(host.log.lines.includes(
    "# The AOF file appendonly.aof.1.incr.aof was not in the manifest: it is overwritten",
  ));
  await aof.close();
  files.powerCycle();
  assertEquals(await listing(files), []);
});

Deno.test("AppendOnlyFile removes history files, also when some are gone already", async () => {
  const files = disk({
    [MANIFEST]: "file b seq 2 type b\nfile h1 seq 1 type h\nfile h2 seq 1 type h\n" +
      "file i seq 2 type i\n",
    [`${DIR}/b`]: SET_A,
    [`${DIR}/i`]: "",
    [`${DIR}/h2`]: SET_A,
  });
  const { aof } = await startAof(new TestHost(files));
  assertEquals(files.text(MANIFEST), "file b seq 2 type b\nfile i seq 2 type i\n");
  assertEquals(files.text(`${DIR}/h2`), null);
  await aof.close();
});

Deno.test("AppendOnlyFile refuses a damaged manifest and leaves the directory alone", async () => {
  const files = disk({ [MANIFEST]: "file b seq 1 type z\n" });
  await assertRejects(
    () => startAof(new TestHost(files)),
    PersistenceError,
    "Unknown AOF file type",
  );
  assertEquals(files.trace, []);
});

Deno.test("AppendOnlyFile takes up an old single file as the base", async () => {
  const files = disk({ "data/appendonly.aof": SET_A }), host = new TestHost(files);
  const { aof, data } = await startAof(host);
  assertEquals(data.listing(), ["0:a=1"]);
  assertEquals(files.text("data/appendonly.aof"), null);
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
  assertEquals(
    host.log.take()[0],
    "* Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory " +
      "(appendonlydir).",
  );
  await aof.close();
});

Deno.test("AppendOnlyFile leaves an old single file alone when there is a multi-part AOF or it is an RDB", async () => {
  const files = disk({
    "data/appendonly.aof": encoded("SET", "old", "1"),
    [MANIFEST]: "file b seq 1 type b\n",
    [`${DIR}/b`]: SET_A,
  });
  assertEquals(await listing(files), ["0:a=1"]);
  assert(files.text("data/appendonly.aof") !== null);
  const rdb = disk({ "data/appendonly.aof": "REDIS0010" });
  await assertRejects(() => startAof(new TestHost(rdb)), PersistenceError, "in RDB format");
  assertEquals(rdb.trace, []);
});

Deno.test("AppendOnlyFile enable writes the whole data set and makes history of the old files", async () => {
  const files = disk(), host = new TestHost(files);
  const data = new TestData();
  data.database(0).set("a", "1");
  data.database(5).set("b", "x".repeat(3_000_000));
  const aof = new AppendOnlyFile(host);
  aof.enable(data.dump());
  set(aof, "c");
  assertEquals(host.log.take(), [
    "* Successfully created the temporary AOF base file temp-rewrite-appendonly.aof.base",
    "* Successfully renamed the temporary AOF base file temp-rewrite-appendonly.aof.base into " +
    "appendonly.aof.1.base.aof",
    "* Background AOF rewrite finished successfully",
  ]);
  aof.disable();
  set(aof, "lost");
  data.database(0).set("d", "1");
  data.databases.delete(5);
  aof.enable(data.dump());
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.2.base.aof seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  assertEquals(files.readDirSync(DIR).length, 3);
  const { rewrites, currentSize, baseSize, lastBgrewriteStatus } = aof.statistics;
  assertEquals([rewrites, currentSize, baseSize, lastBgrewriteStatus], [2, 77, 77, "ok"]);
  await aof.close();
  assertEquals(files.openFiles, 0);
  assertEquals(await listing(files), ["0:a=1", "0:d=1"]);
});

function* brokenDump(): Iterable<DumpedCommand> {
  yield { database: 0, args: ["SET", "half", "1"] };
  throw new Error("a bug");
}

Deno.test("AppendOnlyFile enable fails cleanly when the disk is full, and works when it no longer is", async () => {
  for (const fault of ["create", "write", "sync", "rename", "syncDir", "dump"] as const) {
    for (let skip = 0; skip < 4; skip++) {
      const files = disk(), host = new TestHost(files);
      const first = await startAof(host);
      set(first.aof, "old");
      await first.aof.close();
      const data = new TestData();
      data.database(0).set("a", "1");
      const aof = new AppendOnlyFile(host);
      if (fault !== "dump") files.fail(fault, ENOSPC, 1, skip);
      let failed = false;
      try {
        aof.enable(fault === "dump" ? brokenDump() : data.dump());
      } catch (error) {
        failed = true;
        assert(fault === "dump" || error instanceof PersistenceError);
        assertEquals(aof.writer.active, false);
        assertEquals(aof.statistics.lastBgrewriteStatus, "err");
        assertEquals(files.openFiles, 0);
        assert(!files.readDirSync(DIR).some((name) => name.startsWith("temp-rewrite")));
        // Either AOF is whole.
        const left = await listing(files);
        assert(left.join() === "0:old=1" || left.join() === "0:a=1", left.join());
      }
      if (skip === 0 || fault === "dump") assert(failed, fault);
      files.heal("create");
      if (fault !== "dump") files.heal(fault);
      if (failed) aof.enable(data.dump());
      assertEquals([aof.writer.active, aof.statistics.lastBgrewriteStatus], [true, "ok"]);
      await aof.close();
      assertEquals(await listing(files), ["0:a=1"]);
    }
  }
});

Deno.test("AppendOnlyFile start fails with the file's name when the directory can't be written", async () => {
  const files = disk();
  files.fail("create", EIO);
  await assertRejects(
    () => startAof(new TestHost(files)),
    PersistenceError,
    "Can't open the append-only file appendonly.aof.1.base.aof: Input/output error",
  );
  const bare = disk();
  bare.fail("mkdir", EIO);
  assertThrows(
    () => new AppendOnlyFile(new TestHost(bare)).start(),
    PersistenceError,
    "Can't open or create append-only dir appendonlydir: Input/output error",
  );
});

Deno.test("AppendOnlyFile under always keeps every acknowledged command when the power fails at any step of the start", async () => {
  let acknowledged: string[] = [];
  await cutPowerEverywhere(
    disk,
    async (files) => {
      acknowledged = [];
      const host = new TestHost(files, { fsyncPolicy: "always" });
      const { aof } = await startAof(host);
      for (const key of ["a", "b", "c"]) {
        aof.writer.appendCommand(0, ["SET", key, "1"]);
        const ticket = aof.writer.flush();
        await settle();
        if (ticket <= aof.writer.safe) acknowledged.push(`0:${key}=1`);
        else throw new PowerLoss();
      }
      await finish(aof);
    },
    async (files, _steps, finished) => {
      const left = await listing(files);
      assertEquals(left.slice(0, acknowledged.length), acknowledged);
      if (finished) assertEquals(acknowledged.length, 3);
      // A second start finds the same.
      assertEquals(await listing(files), left);
    },
  );
});

Deno.test("AppendOnlyFile keeps the old AOF or has the new one when the power fails at any step of enable", async () => {
  let before = "";
  await cutPowerEverywhere(
    () =>
      disk({
        [MANIFEST]: "file appendonly.aof.1.base.aof seq 1 type b\n" +
          "file appendonly.aof.1.incr.aof seq 1 type i\n",
        [`${DIR}/appendonly.aof.1.base.aof`]: SET_A,
        [`${DIR}/appendonly.aof.1.incr.aof`]: encoded("SET", "b", "1"),
        // Left by a switch that a power cut ended.
        [`${DIR}/appendonly.aof.2.incr.aof`]: encoded("SET", "stale", "1"),
      }),
    async (files) => {
      before = "enabling";
      const data = new TestData();
      for (const key of ["x", "y"]) data.database(0).set(key, "1");
      const aof = new AppendOnlyFile(new TestHost(files, { fsyncPolicy: "always" }));
      aof.enable(data.dump());
      before = "enabled";
      aof.writer.appendCommand(0, ["SET", "z", "1"]);
      const ticket = aof.writer.flush();
      await settle();
      if (ticket > aof.writer.safe) throw new PowerLoss();
      before = "acknowledged";
      await finish(aof);
    },
    async (files, steps) => {
      const left = (await listing(files)).join();
      const old = "0:a=1,0:b=1", enabled = "0:x=1,0:y=1", all = "0:x=1,0:y=1,0:z=1";
      const allowed = before === "enabling"
        ? [old, enabled]
        : before === "enabled"
        ? [enabled, all]
        : [all];
      assert(allowed.includes(left), `${before}, step ${steps}: ${left}`);
      assert(!files.readDirSync(DIR).some((name) => name.startsWith("temp-rewrite")));
    },
  );
});

Deno.test("AppendOnlyFile never loses an old single file when the power fails at any step of its migration", async () => {
  await cutPowerEverywhere(
    () => disk({ "data/appendonly.aof": SET_A }),
    async (files) => {
      const { aof } = await startAof(new TestHost(files));
      await finish(aof);
    },
    async (files, _steps, finished) => {
      if (finished) assertEquals(files.text("data/appendonly.aof"), null);
      assertEquals(await listing(files), ["0:a=1"]);
      assertEquals(await listing(files), ["0:a=1"]);
    },
  );
});

Deno.test("AppendOnlyFile survives a power cut at any step of cutting off a truncated tail", async () => {
  await cutPowerEverywhere(
    () =>
      disk({
        [MANIFEST]: "file b seq 1 type b\nfile i seq 1 type i\n",
        [`${DIR}/b`]: "",
        [`${DIR}/i`]: SET_A + encoded("MULTI") + encoded("SET", "half", "1") + "*3\r\n$3",
      }),
    async (files) => {
      const { aof } = await startAof(new TestHost(files));
      set(aof, "b");
      await finish(aof);
    },
    async (files, _steps, finished) => {
      const left = (await listing(files)).join();
      assert(left === "0:a=1,0:b=1" || left === "0:a=1" && !finished, left);
    },
  );
});
