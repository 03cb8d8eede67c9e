/** Writes the whole data set as an RDB file. */

import type { Keyspace } from "../keyspace/keyspace.ts";
import type { FileSystem, OpenFile } from "./file.ts";
import type { LargeValueLimits } from "./large_value.ts";
import { beginRdb, type RdbSaveOptions } from "./data_set_writer.ts";

export type { RdbSaveOptions } from "./data_set_writer.ts";

/** No value is large: each is written as a whole, and needs no watcher. */
const WHOLE_VALUES: LargeValueLimits = { elements: Infinity, bytes: Infinity, work: 1 << 16 };

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
      keys = writeAtOnce(file, keyspace, options);
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

/**
 * Writes all data while everybody waits, be there another snapshot under way or not. Returns how many keys there
 * are in it. Throws what the file throws.
 */
export function writeAtOnce(
  file: Pick<OpenFile, "writeSync">,
  keyspace: Keyspace,
  options: RdbSaveOptions,
): number {
  const write = (limits?: LargeValueLimits): number => {
    const writer = beginRdb(file, keyspace, options, limits);
    try {
      writer.advance(Infinity);
    } finally {
      writer.end();
    }
    return writer.writtenKeys;
  };
  const { snapshot } = keyspace;
  return snapshot === null ? write() : snapshot.suspendedWhile(() => write(WHOLE_VALUES));
}
