/** The file that tells supervisors which process the server is (`pidfile`). */

import { bytesOf } from "../base/span.ts";
import type { Log } from "../observe/log.ts";
import { fileErrorText, type FileSystem, writeAllSync } from "../persistence/file.ts";

/** Writes the process' id to a file. As in Redis, the server goes on where that can't be done. */
export function writePidFile(files: FileSystem, path: string, log: Log): void {
  try {
    const file = files.openSync(path, "create");
    try {
      writeAllSync(file, bytesOf(`${Deno.pid}\n`));
    } finally {
      file.close();
    }
  } catch (error) {
    log.warning(`Failed to write PID file: ${fileErrorText(error)}`);
  }
}

/** Removes the file when the server ends. */
export function removePidFile(files: FileSystem, path: string, log: Log): void {
  log.notice("Removing the pid file.");
  try {
    files.removeSync(path);
  } catch (error) {
    log.warning(`Failed to remove PID file: ${fileErrorText(error)}`);
  }
}
