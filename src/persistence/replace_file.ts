/** Replacing a file as a whole: who reads it finds the old content or the new one. */

import { bytesOf } from "../base/span.ts";
import { type FileSystem, writeAllSync } from "./file.ts";

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
