/** Writes the whole data set as an RDB file. */

import type { Keyspace } from "../keyspace/keyspace.ts";
import type { FileSystem } from "./file.ts";
import { beginRdbSnapshot, type RdbSaveOptions } from "./snapshot_writer.ts";

export type { RdbSaveOptions } from "./snapshot_writer.ts";

/**
 * Writes all databases into a file in one go, and puts it in the place of `name` in `directory`, so that a
 * crash leaves the old file or the new one. `temporary`: its name until then. Returns how many keys
 * there are in it. Throws what the file system throws; `name` is as it was then.
 */
export function saveRdb(
  files: FileSystem,
  directory: string,
  name: string,
  temporary: string,
  keyspace: Keyspace,
  options: RdbSaveOptions,
): number {
  const path = `${directory}/${temporary}`;
  const file = files.openSync(path, "create");
  let keys: number;
  try {
    try {
      const snapshot = beginRdbSnapshot(file, keyspace, options);
      try {
        snapshot.advance(Infinity);
      } finally {
        snapshot.end();
      }
      keys = snapshot.writtenKeys;
      file.syncDataSync();
    } finally {
      file.close();
    }
    files.renameSync(path, `${directory}/${name}`);
  } catch (error) {
    files.removeSync(path);
    throw error;
  }
  files.syncDirSync(directory);
  return keys;
}
