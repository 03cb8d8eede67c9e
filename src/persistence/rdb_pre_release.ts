/** Function libraries as release candidates of Redis 7.0 wrote them. */

import { bytesOf, spanString } from "../base/span.ts";
import type { RdbInput } from "./rdb_input.ts";

/**
 * Reads a library whose name and engine stand beside its text; returns a text that begins with the line which
 * names them, as libraries do since. A description, which they have no more, is dropped.
 */
export function readPreReleaseLibrary(input: RdbInput): Uint8Array {
  const name = spanString(input.string()), engine = spanString(input.string());
  if (input.unsigned() !== 0) input.string();
  return bytesOf(`#!${engine} name=${name}\n${spanString(input.string())}`);
}
