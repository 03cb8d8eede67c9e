/** SHA-1, at once: scripts and DEBUG DIGEST name things by it. */

import { createHash } from "node:crypto";

/** Length of a digest in bytes. */
export const SHA1_BYTES = 20;

/** The SHA-1 of bytes `[start, end)`. */
export function sha1(buffer: Uint8Array, start = 0, end = buffer.length): Uint8Array {
  return createHash("sha1").update(buffer.subarray(start, end)).digest();
}
