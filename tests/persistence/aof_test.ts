import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AppendOnlyFile } from "../../src/persistence/aof.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import {
  cutPowerEverywhere,
  DIR,
  disk,
  finish,
  listing,
  MANIFEST,
  set,
  SET_A,
} from "./aof_disk.ts";
import { encoded, fakeRdb, settle, startAof, TestHost } from "./aof_harness.ts";
import { EIO, PowerLoss } from "../support/faulty_file_system.ts";

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
    currentSize: 150,
    baseSize: 50,
    bufferLength: 0,
    pendingBioFsync: 0,
    delayedFsync: 0,
    lastWriteStatus: "ok",
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
  await aof.close();
  assertEquals(files.text(`${DIR}/h2`), null);
});

Deno.test("AppendOnlyFile keeps history files as long as aof-disable-auto-gc asks for it", async () => {
  const manifest = "file b seq 2 type b\nfile h1 seq 1 type h\nfile i seq 2 type i\n";
  const files = disk({
    [MANIFEST]: manifest,
    [`${DIR}/b`]: SET_A,
    [`${DIR}/i`]: "",
    [`${DIR}/h1`]: SET_A,
  });
  const host = new TestHost(files, { keepsHistory: true });
  const { aof } = await startAof(host);
  assertEquals(files.text(MANIFEST), manifest);
  assert(files.text(`${DIR}/h1`) !== null);
  host.settings.keepsHistory = false;
  aof.removeHistory();
  await aof.close();
  assertEquals(files.text(`${DIR}/h1`), null);
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

Deno.test("AppendOnlyFile leaves an old single file alone when there is a multi-part AOF", async () => {
  const files = disk({
    "data/appendonly.aof": encoded("SET", "old", "1"),
    [MANIFEST]: "file b seq 1 type b\n",
    [`${DIR}/b`]: SET_A,
  });
  assertEquals(await listing(files), ["0:a=1"]);
  assert(files.text("data/appendonly.aof") !== null);
});

Deno.test("AppendOnlyFile takes up an old single file that begins with an RDB", async () => {
  const files = disk({ "data/appendonly.aof": fakeRdb("old data") + SET_A });
  assertEquals(await listing(files), ["0:a=1", "0:from appendonly.aof=old data"]);
  assertEquals(files.text("data/appendonly.aof"), null);
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
    () => new AppendOnlyFile(new TestHost(bare)).start({ commands: 0, size: 0, baseSize: 0 }),
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
