/** Replacing a file as a whole: who reads it finds the old content or the new one. */

import { bytesOf } from "../base/span.ts";
import { type FileSystem, writeAllSync } from "./file.ts";

/**
 * Puts the file `temporary`, which was synced, in the place of `name` in a directory. That is done when
 * the call returns; the promise resolves when it survives a power cut, too. A file that is replaced is
 * removed after that, while others have their turn: with some hundred MB that takes 50 ms and more.
 * Throws, or rejects with, what the file system throws.
 */
export function renameLarge(
  files: FileSystem,
  directory: string,
  temporary: string,
  name: string,
): Promise<void> {
  const path = `${directory}/${name}`, from = `${directory}/${temporary}`, old = `${from}.old`;
  const keepsOld = tryLink(files, path, old);
  try {
    files.renameSync(from, path);
  } catch (error) {
    if (keepsOld) files.removeSync(old);
    throw error;
  }
  return (async () => {
    try {
      await files.syncDir(directory);
    } finally {
      if (keepsOld) await files.remove(old);
    }
  })();
}

/** Gives a file that may be there another name besides. Where that does not work it need not. */
function tryLink(files: FileSystem, path: string, other: string): boolean {
  try {
    files.linkSync(path, other);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts a byte string in place of a file's content, so that a crash or a power cut leaves one or the
 * other. Throws what the file system throws; the file is as it was then.
 */
export function replaceFileSync(files: FileSystem, path: string, text: string): void {
  const slash = path.lastIndexOf("/");
  const temporary = `${path}.tmp`;
  const file = files.openSync(temporary, "create");
  try {
    try {
      writeAllSync(file, bytesOf(text));
      file.syncDataSync();
    } finally {
      file.close();
    }
    files.renameSync(temporary, path);
  } catch (error) {
    files.removeSync(temporary);
    throw error;
  }
  files.syncDirSync(slash <= 0 ? "/" : path.slice(0, slash));
}
