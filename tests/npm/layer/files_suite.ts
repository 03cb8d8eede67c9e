/** Files of the layer, on whatever runs this. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { errors, translate } from "../../../npm/runtime/errors.ts";
import * as files from "../../../npm/runtime/files.ts";

const directory = mkdtempSync(`${tmpdir()}/layer-`);
after(() => rmSync(directory, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

test("a file is appended to, also where somebody has sought, and cut", () => {
  const path = `${directory}/appended`;
  const file = files.openSync(path, { append: true, create: true });
  assert.equal(file.writeSync(bytes("one")), 3);
  assert.equal(file.writeSync(bytes("two")), 3);
  file.truncateSync(4);
  file.writeSync(bytes("three"));
  assert.equal(file.statSync().size, 9);
  file.close();
  assert.equal(files.readTextFileSync(path), "onetthree");
});

test("a lock is refused, as neither runtime has any", () => {
  using file = files.openSync(`${directory}/locked`, { append: true, create: true });
  assert.throws(() => file.tryLockSync(true), errors.NotSupported);
});

test("a file is read from where somebody has sought, and ends with null", () => {
  const path = `${directory}/read`;
  writeFileSync(path, "0123456789");
  using file = files.openSync(path);
  const into = new Uint8Array(4);
  assert.equal(file.readSync(into), 4);
  assert.equal(file.readSync(into), 4);
  assert.equal(new TextDecoder().decode(into), "4567");
  file.seekSync(7, files.SeekMode.Start);
  assert.equal(file.readSync(into), 3);
  assert.equal(new TextDecoder().decode(into.subarray(0, 3)), "789");
  assert.equal(file.readSync(into), null);
  assert.equal(file.readSync(new Uint8Array(0)), 0);
});

test("syncing ends, of files and of directories, now and later", async () => {
  using file = files.openSync(`${directory}/synced`, { append: true, create: true });
  file.writeSync(bytes("data"));
  file.syncDataSync();
  const work = file.syncData();
  // Writing goes on meanwhile.
  file.writeSync(bytes("more"));
  await work;
  const place = await files.open(directory, { read: true });
  await place.sync();
  place.syncSync();
  place.close();
});

test("a closed file is none, whoever has its number by now", async () => {
  const file = files.openSync(`${directory}/closed`, { append: true, create: true });
  file.close();
  using _other = files.openSync(`${directory}/other`, { append: true, create: true });
  assert.throws(() => file.writeSync(bytes("x")), errors.BadResource);
  await assert.rejects(file.syncData(), errors.BadResource);
  assert.throws(() => file.close(), errors.BadResource);
  file[Symbol.dispose]();
  assert.equal(files.statSync(`${directory}/other`).size, 0);
});

test("what the system refuses has the class and the words of Deno", async () => {
  const missing = `${directory}/missing`;
  const cases: [() => unknown, new () => Error, string][] = [
    [() => files.openSync(missing), errors.NotFound, "No such file or directory (os error 2)"],
    [() => files.statSync(missing), errors.NotFound, "(os error 2): stat"],
    [() => files.openSync("/dev/null/x"), errors.NotADirectory, "Not a directory (os error 20)"],
    [() => files.removeSync(missing), errors.NotFound, "(os error 2)"],
    [() => files.renameSync(missing, `${missing}2`), errors.NotFound, "(os error 2)"],
    [() => files.linkSync(`${directory}/read`, directory), errors.AlreadyExists, "(os error 17)"],
    [() => files.readDirSync(missing), errors.NotFound, "(os error 2)"],
    [() => files.readFileSync(directory), errors.IsADirectory, "Is a directory (os error 21)"],
    [() => files.openSync("a\0b"), errors.InvalidData, ""],
  ];
  for (const [act, kind, text] of cases) {
    assert.throws(act, (error: Error) => {
      assert.ok(error instanceof kind && error instanceof Error, String(error));
      assert.equal(error.name, kind.name);
      assert.ok(error.message.includes(text), error.message);
      return true;
    });
  }
  await assert.rejects(files.open(missing), errors.NotFound);
  await assert.rejects(files.remove(missing), errors.NotFound);
  assert.throws(
    () => files.openSync(`${directory}/${"x".repeat(300)}`),
    /^\w*Error: File name too long \(os error 36\)/,
  );
  using full = files.openSync("/dev/full", { append: true });
  assert.throws(() => full.writeSync(bytes("x")), /No space left on device \(os error 28\)/);
});

test("an error of another realm, or one that is none, becomes one of this", () => {
  const foreign = { message: "ECONNRESET", code: "ECONNRESET", syscall: "read" };
  const error = translate(foreign);
  assert.ok(error instanceof errors.ConnectionReset && error instanceof Error);
  assert.equal(error.message, "Connection reset by peer (os error 104)");
  assert.equal(translate("odd").message, "odd");
  assert.equal(translate({ message: "", errors: [foreign] }).message, error.message);
  assert.equal(translate(error), error);
});

test("names are listed, made, moved and removed", async () => {
  const place = `${directory}/place`;
  files.mkdirSync(place, { mode: 0o700 });
  files.mkdirSync(place, { recursive: true });
  assert.equal(files.statSync(place).mode & 0o777, 0o700);
  files.writeTextFileSync(`${place}/file`, "text", {});
  assert.throws(
    () => files.writeTextFileSync(`${place}/none`, "", { create: false }),
    errors.NotFound,
  );
  files.linkSync(`${place}/file`, `${place}/second`);
  symlinkSync("file", `${place}/link`);
  assert.equal(files.readLinkSync(`${place}/link`), "file");
  assert.equal(files.realPathSync(`${place}/link`), files.realPathSync(`${place}/file`));
  assert.equal(files.lstatSync(`${place}/link`).isSymlink, true);
  assert.equal(files.statSync(`${place}/link`).isFile, true);
  files.renameSync(`${place}/second`, `${place}/third`);
  await files.remove(`${place}/link`);
  files.chmodSync(`${place}/file`, 0o600);
  const names = Array.from(files.readDirSync(place), ({ name, isFile }) => `${name} ${isFile}`);
  assert.deepEqual(names.sort(), ["file true", "third true"]);
  assert.throws(() => files.removeSync(place), /Directory not empty/);
  files.removeSync(place, { recursive: true });
  const made = files.makeTempDirSync({ prefix: "layer-" });
  files.removeSync(made);
});
