import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { renameLarge, replaceFileSync } from "../../src/persistence/replace_file.ts";
import { EIO, FaultyFileSystem } from "../support/faulty_file_system.ts";

function diskWith(...names: string[]): FaultyFileSystem {
  const files = new FaultyFileSystem();
  for (const name of names) files.put(`dir/${name}`, `content of ${name}`);
  return files;
}

Deno.test("renameLarge puts the file in its place at once, and the old one is gone in the end", async () => {
  for (const there of [["new"], ["new", "name"]]) {
    const files = diskWith(...there);
    const done = renameLarge(files, "dir", "new", "name");
    assertEquals(files.text("dir/name"), "content of new");
    await done;
    assertEquals(files.readDirSync("dir"), ["name"]);
    files.powerCycle();
    assertEquals(files.text("dir/name"), "content of new");
  }
});

Deno.test("renameLarge works where files can't have two names", async () => {
  const files = diskWith("new", "name");
  files.fail("link", EIO);
  await renameLarge(files, "dir", "new", "name");
  assertEquals(files.readDirSync("dir"), ["name"]);
  assertEquals(files.text("dir/name"), "content of new");
});

Deno.test("renameLarge leaves what was there when the system refuses", async () => {
  const files = diskWith("new", "name");
  files.fail("rename", EIO, 1);
  assertThrows(() => void renameLarge(files, "dir", "new", "name"), Error, EIO);
  assertEquals(files.readDirSync("dir").sort(), ["name", "new"]);
  assertEquals(files.text("dir/name"), "content of name");

  files.fail("syncDir", EIO, 1);
  await assertRejects(() => renameLarge(files, "dir", "new", "name"), Error, EIO);
  assertEquals(files.readDirSync("dir"), ["name"]);
});

Deno.test("renameLarge leaves the old file or the new one when the power fails at any step", async () => {
  for (let step = 0; step < 5; step++) {
    const files = diskWith("new", "name");
    files.cutPowerAt(step);
    try {
      await renameLarge(files, "dir", "new", "name");
    } catch {
      // The power is off.
    }
    files.powerCycle();
    const text = files.text("dir/name");
    assertEquals(text === "content of name" || text === "content of new", true, `step ${step}`);
  }
});

Deno.test("replaceFileSync leaves the old content when the system refuses", () => {
  for (const operation of ["create", "write", "sync", "rename"] as const) {
    const files = diskWith("name");
    files.fail(operation, EIO, 1);
    assertThrows(() => replaceFileSync(files, "dir/name", "other"), Error, EIO);
    assertEquals(files.text("dir/name"), "content of name");
  }
  const files = diskWith("name");
  replaceFileSync(files, "dir/name", "other");
  files.powerCycle();
  assertEquals(files.text("dir/name"), "other");
});
