/** Which names a connection may have. */

import { ReplyError } from "../../base/errors.ts";

const INVALID_NAME = new ReplyError(
  "ERR Client names cannot contain spaces, newlines or special characters.",
);

/** The name itself, if CLIENT LIST can show it on one line; throws otherwise. */
export function requireClientName(name: string): string {
  if (!/^[!-~]*$/.test(name)) throw INVALID_NAME;
  return name;
}
