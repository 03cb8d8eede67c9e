/** Whether a server has a place for its data: one inside of another program has none unless it is given one. */

import { ReplyError } from "../base/errors.ts";

/** Why nothing can be written or read; to be said as it is, or in an error reply. */
export const NO_DIRECTORY =
  "this server has no files: it was started without the option 'directory'";

const REFUSED = new ReplyError(`ERR ${NO_DIRECTORY}`);

/** The directive that says where the files are. */
interface Place {
  readonly dir: string;
}

/** The `dir` of a server that has no files. */
export const NOWHERE = "";

/** Whether there is a directory for files. */
export function hasDirectory({ dir }: Place): boolean {
  return dir !== NOWHERE;
}

/** Throws a `ReplyError` that names the option where there is no directory for files. */
export function requireDirectory(place: Place): void {
  if (!hasDirectory(place)) throw REFUSED;
}
