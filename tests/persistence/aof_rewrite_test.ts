import { assert, assertEquals, assertThrows } from "@std/assert";
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
import { encoded, rewriteAof, settle, startAof, TestHost } from "./aof_harness.ts";
import { ENOSPC, PowerLoss } from "../support/faulty_file_system.ts";

Deno.test("AppendOnlyFile writes bases in the format that aof-use-rdb-preamble asks for", async () => {
  const files = disk(), host = new TestHost(files, { baseFormat: "rdb" });
  const { aof } = await startAof(host);
  assert(files.text(`${DIR}/appendonly.aof.1.base.rdb`)?.startsWith("REDIS"));
  host.settings.baseFormat = "aof";
  await rewriteAof(aof);
  await aof.close();
  assertEquals(files.readDirSync(DIR).sort(), [
    "appendonly.aof.2.base.aof",
    "appendonly.aof.2.incr.aof",
    "appendonly.aof.manifest",
  ]);
});

Deno.test("AppendOnlyFile writes behind the new base what comes while it is rewritten", async () => {
  const files = disk(), host = new TestHost(files);
  const { aof } = await startAof(host);
  set(aof, "a");
  host.data.database(0).set("a", "1");
  host.log.take();
  const rewrite = aof.beginRewrite();
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n" +
      "file appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  set(aof, "b");
  assertEquals(files.text(`${DIR}/appendonly.aof.1.incr.aof`), SET_A);
  rewrite.writer.advance(Infinity);
  await rewrite.file.syncData();
  rewrite.file.close();
  host.log.take();
  aof.finishRewrite(rewrite);
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.2.base.aof seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  assertEquals(host.log.take(), [
    "* Successfully created the temporary AOF base file temp-rewrite-appendonly.aof.base",
    "* Successfully renamed the temporary AOF base file temp-rewrite-appendonly.aof.base into " +
    "appendonly.aof.2.base.aof",
    "* Removing the history file appendonly.aof.1.incr.aof in the background",
    "* Removing the history file appendonly.aof.1.base.aof in the background",
  ]);
  const { currentSize, baseSize } = aof.statistics;
  assertEquals([currentSize, baseSize], [2 * SET_A.length, 2 * SET_A.length]);
  set(aof, "c");
  await aof.close();
  assertEquals(files.openFiles, 0);
  assertEquals(files.readDirSync(DIR).length, 3);
  assertEquals(await listing(files), ["0:a=1", "0:b=1", "0:c=1"]);
});

Deno.test("AppendOnlyFile goes on with the next incremental file when a rewrite is given up", async () => {
  const files = disk(), host = new TestHost(files);
  const { aof } = await startAof(host);
  for (const key of ["a", "b", "c"]) {
    set(aof, key);
    const rewrite = aof.beginRewrite();
    rewrite.writer.advance(Infinity);
    rewrite.writer.end();
    rewrite.file.close();
    aof.abandonRewrite();
  }
  await aof.close();
  assertEquals(files.readDirSync(DIR).length, 6);
  assertEquals(await listing(files), ["0:a=1", "0:b=1", "0:c=1"]);
});

Deno.test("AppendOnlyFile is in force after enable when the first rewrite has finished", async () => {
  const files = disk(), host = new TestHost(files);
  host.data.database(0).set("a", "1");
  host.data.database(5).set("b", "x".repeat(3_000_000));
  const aof = new AppendOnlyFile(host);
  aof.enable();
  set(aof, "nowhere");
  const rewrite = aof.beginRewrite();
  set(aof, "c");
  assertEquals(aof.state, "waiting");
  assertEquals(files.text(MANIFEST), null);
  rewrite.writer.advance(Infinity);
  await rewrite.file.syncData();
  rewrite.file.close();
  aof.finishRewrite(rewrite);
  assertEquals(aof.state, "on");
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
  set(aof, "d");
  aof.disable();
  set(aof, "lost");
  host.data.database(0).set("e", "1");
  host.data.databases.delete(5);
  // Without commands to keep, a base is all that is left.
  await rewriteAof(aof);
  assertEquals(files.text(MANIFEST), "file appendonly.aof.2.base.aof seq 2 type b\n");
  aof.enable();
  await rewriteAof(aof);
  assertEquals(
    files.text(MANIFEST),
    "file appendonly.aof.3.base.aof seq 3 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  await aof.close();
  assertEquals(files.openFiles, 0);
  assertEquals(files.readDirSync(DIR).length, 3);
  assertEquals(await listing(files), ["0:a=1", "0:e=1"]);
});

Deno.test("AppendOnlyFile is off, and the old files are as they were, when it is disabled before it is on", async () => {
  const files = disk(), host = new TestHost(files);
  const first = await startAof(host);
  set(first.aof, "old");
  await first.aof.close();
  const names = files.readDirSync(DIR);
  const aof = new AppendOnlyFile(host);
  aof.enable();
  const { file } = aof.beginRewrite();
  set(aof, "a");
  file.close();
  aof.abandonRewrite();
  aof.disable();
  assertEquals([aof.state, aof.writer.active, files.openFiles], ["off", false, 0]);
  assertEquals(files.readDirSync(DIR), names);
  assertEquals(await listing(files), ["0:old=1"]);
});

Deno.test("AppendOnlyFile does not begin a rewrite while commands can't be written", async () => {
  const files = disk(), host = new TestHost(files);
  const { aof } = await startAof(host);
  files.free = 10;
  set(aof, "a");
  assertThrows(() => aof.beginRewrite(), PersistenceError, "No space left on device");
  // Else they would be both in the base and behind it.
  assertEquals(files.readDirSync(DIR).length, 3);
  files.free = Infinity;
  host.data.database(0).set("a", "1");
  await rewriteAof(aof);
  await aof.close();
  assertEquals(files.text(`${DIR}/appendonly.aof.2.incr.aof`), "");
  assertEquals(await listing(files), ["0:a=1"]);
});

/** Faults that a rewrite can meet, each at any of its first steps. */
const FAULTS = ["create", "write", "sync", "rename", "syncDir", "remove"] as const;

for (const start of ["on", "waiting"] as const) {
  Deno.test(`AppendOnlyFile loses nothing and heals when a rewrite fails while it is ${start}`, async () => {
    for (const fault of FAULTS) {
      for (let skip = 0; skip < 8; skip++) {
        const files = disk(), host = new TestHost(files);
        const first = await startAof(host);
        set(first.aof, "a");
        if (start === "waiting") await first.aof.close();
        const aof = start === "on" ? first.aof : new AppendOnlyFile(host);
        aof.enable();
        host.data.database(0).set("a", "1");
        files.fail(fault, ENOSPC, 1, skip);
        let failed = false;
        try {
          await rewriteAof(aof);
        } catch (error) {
          failed = true;
          const expected = error instanceof PersistenceError ||
            String(error).includes("No space left");
          assert(expected, String(error));
        }
        if (skip === 0 && fault !== "remove") assert(failed, fault);
        const label = `${fault} ${skip}`;
        // What is on disk is whole, whoever looks.
        assertEquals(await listing(files), ["0:a=1"], label);
        files.heal(fault);
        // A write or sync that failed is tried again.
        host.clock.advance(1000);
        await settle();
        set(aof, "b");
        if (aof.state === "on") assertEquals(await listing(files), ["0:a=1", "0:b=1"], label);
        host.data.database(0).set("b", "1");
        await rewriteAof(aof);
        set(aof, "c");
        assertEquals(aof.state, "on");
        await aof.close();
        assertEquals(files.openFiles, 0, label);
        assertEquals(await listing(files), ["0:a=1", "0:b=1", "0:c=1"], label);
        files.powerCycle();
        assertEquals(await listing(files), ["0:a=1", "0:b=1", "0:c=1"], label);
      }
    }
  });
}

Deno.test("AppendOnlyFile keeps the old AOF or has the new one when the power fails at any step of turning it on", async () => {
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
      const host = new TestHost(files, { fsyncPolicy: "always" });
      for (const key of ["x", "y"]) host.data.database(0).set(key, "1");
      const aof = new AppendOnlyFile(host);
      aof.enable();
      await rewriteAof(aof);
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

Deno.test("AppendOnlyFile has all that was acknowledged under always when the power fails at any step of a rewrite", async () => {
  const acknowledged: string[] = [];
  await cutPowerEverywhere(
    disk,
    async (files) => {
      acknowledged.length = 0;
      const host = new TestHost(files, { fsyncPolicy: "always" });
      const { aof } = await startAof(host);
      const write = async (key: string): Promise<void> => {
        set(aof, key);
        const ticket = aof.writer.appended;
        await settle();
        if (ticket > aof.writer.safe) throw new PowerLoss();
        acknowledged.push(`0:${key}=1`);
      };
      await write("a");
      // Not known to be safe when the rewrite begins.
      aof.writer.appendCommand(0, ["SET", "b", "1"]);
      for (const key of ["a", "b"]) host.data.database(0).set(key, "1");
      const rewrite = aof.beginRewrite();
      try {
        acknowledged.push("0:b=1");
        await write("c");
        rewrite.writer.advance(Infinity);
        await write("d");
        await rewrite.file.syncData();
        await write("e");
      } finally {
        rewrite.file.close();
      }
      aof.finishRewrite(rewrite);
      await write("f");
      await settle();
      await write("g");
      await finish(aof);
    },
    async (files, steps, finished) => {
      const left = await listing(files);
      assertEquals(left.slice(0, acknowledged.length), acknowledged, `step ${steps}`);
      if (finished) assertEquals(acknowledged.length, 7);
      // A second start finds the same.
      assertEquals(await listing(files), left);
    },
  );
});
