import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { EIO, FaultyFileSystem, PowerLoss } from "./faulty_file_system.ts";

Deno.test("FaultyFileSystem keeps of a file what was synced, and a part of the rest on demand", () => {
  const files = new FaultyFileSystem();
  files.put("d/x", "");
  const file = files.openSync("d/x", "append");
  file.writeSync(bytesOf("abc"));
  file.syncDataSync();
  file.writeSync(bytesOf("defg"));
  assertEquals(files.text("d/x"), "abcdefg");
  files.powerCycle({ bytes: (unsynced) => unsynced / 2 });
  assertEquals(files.text("d/x"), "abcde");
  const again = files.openSync("d/x", "append");
  again.writeSync(bytesOf("more"));
  files.powerCycle();
  assertEquals(files.text("d/x"), "abcde");
});

Deno.test("FaultyFileSystem undoes new names and renames of a directory that was not synced", () => {
  const files = new FaultyFileSystem();
  files.put("d/old", "1");
  const file = files.openSync("d/new", "create");
  file.writeSync(bytesOf("2"));
  file.syncDataSync();
  files.renameSync("d/new", "d/old");
  files.mkdirSync("d/sub");
  assertEquals([files.text("d/old"), files.readDirSync("d")], ["2", ["old", "sub"]]);
  files.powerCycle();
  assertEquals([files.text("d/old"), files.readDirSync("d")], ["1", ["old"]]);
});

Deno.test("FaultyFileSystem keeps names of a directory that was synced, but not contents with them", () => {
  const files = new FaultyFileSystem();
  files.put("d/old", "1");
  const file = files.openSync("d/new", "create");
  file.writeSync(bytesOf("2"));
  files.syncDirSync("d");
  files.powerCycle();
  assertEquals(files.text("d/new"), "");
});

Deno.test("FaultyFileSystem cuts the power at a step and refuses everything until it is back", () => {
  const files = new FaultyFileSystem();
  files.put("d/x", "");
  files.cutPowerAt(1);
  const file = files.openSync("d/x", "append");
  file.writeSync(bytesOf("a"));
  assertThrows(() => file.syncDataSync(), PowerLoss);
  assertThrows(() => files.statSync("d/x"), PowerLoss);
  files.powerCycle();
  assertEquals(files.text("d/x"), "");
});

Deno.test("FaultyFileSystem fills up, writes short and fails as told", async () => {
  const files = new FaultyFileSystem();
  files.put("d/x", "");
  const file = files.openSync("d/x", "append");
  files.free = 5;
  files.largestWrite = 4;
  assertEquals([file.writeSync(bytesOf("abcdef")), file.writeSync(bytesOf("ef"))], [4, 1]);
  assertThrows(() => file.writeSync(bytesOf("f")), Error, "No space left on device");
  file.truncateSync(3);
  assertEquals([file.writeSync(bytesOf("xyz")), files.text("d/x")], [2, "abcxy"]);
  files.fail("sync", EIO, 1, 1);
  await file.syncData();
  await assertRejects(() => file.syncData(), Error, "Input/output error");
  await file.syncData();
});
