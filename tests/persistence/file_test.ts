import { assertEquals, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { bytesOf, byteString } from "../../src/base/span.ts";
import {
  DenoFileSystem,
  fileErrorText,
  readAllSync,
  writeAllSync,
} from "../../src/persistence/file.ts";
import { TempDir } from "../support/temp_dir.ts";

const files = new DenoFileSystem();

Deno.test("DenoFileSystem writes at the end of a file also after it was truncated", async () => {
  using dir = TempDir.createSync();
  const path = `${dir.path}/x`;
  for (const mode of ["create", "append"] as const) {
    const file = files.openSync(path, mode);
    writeAllSync(file, bytesOf("abcdef"));
    file.truncateSync(2);
    writeAllSync(file, bytesOf("XY"));
    assertEquals(file.sizeSync(), 4);
    await file.syncData();
    file.syncDataSync();
    file.close();
    assertEquals(byteString(readAllSync(files, path)), "abXY");
    Deno.writeTextFileSync(path, "");
  }
  Deno.writeTextFileSync(path, "old content");
  files.openSync(path, "create").close();
  assertEquals(files.statSync(path), { size: 0, isDirectory: false });
});

Deno.test("DenoFileSystem takes and gives names as byte strings of UTF-8", () => {
  using dir = TempDir.createSync();
  const name = byteString(new TextEncoder().encode("größe"));
  files.mkdirSync(`${dir.path}/${name}`);
  files.openSync(`${dir.path}/${name}/${name}`, "create").close();
  files.renameSync(`${dir.path}/${name}/${name}`, `${dir.path}/${name}/x${name}`);
  files.syncDirSync(`${dir.path}/${name}`);
  assertEquals(files.readDirSync(dir.path), [name]);
  assertEquals(Deno.statSync(`${dir.path}/größe/xgröße`).isFile, true);
  files.removeSync(`${dir.path}/${name}/x${name}`);
  assertEquals(files.readDirSync(`${dir.path}/${name}`), []);
});

Deno.test("DenoFileSystem says null for what is not there and throws the system's words otherwise", () => {
  using dir = TempDir.createSync();
  assertEquals(files.statSync(`${dir.path}/none`), null);
  const error = assertThrows(() => files.openSync(`${dir.path}/none`, "read"));
  assertEquals(fileErrorText(error), "No such file or directory");
  assertEquals(fileErrorText(new Error("something else")), "something else");
  assertThrows(() => files.openSync(`${dir.path}/none/x`, "append"));
});

Deno.test("readAllSync reads files of any length", () => {
  using dir = TempDir.createSync();
  for (const length of [0, 1, 100_000]) {
    Deno.writeFileSync(`${dir.path}/x`, new Uint8Array(length).fill(7));
    assertEquals(readAllSync(files, `${dir.path}/x`), new Uint8Array(length).fill(7));
  }
});

Deno.test("files are opened with the descriptors in reserve when there are no others", async () => {
  await using dir = await TempDir.create("file-");
  const program = fileURLToPath(new URL("crowded_process.ts", import.meta.url));
  const shell = 'ulimit -n 100 && exec "$@"';
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", shell, "sh", Deno.execPath(), "run", "-A", "--no-check", program, dir.path],
  }).output();
  const said = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(said, [
    ...["create: given up", "append: given up", "read: given up", "list: given up", "true"],
    ...["sync: given up", "sync later: given up", "log: given up"],
  ], new TextDecoder().decode(stderr));
  assertEquals(await Deno.readTextFile(`${dir.path}/log`), "a line\n");
});
