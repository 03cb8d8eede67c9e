/** Memory of a size that somebody from outside has chosen. */

import { OutOfMemory } from "./errors.ts";

/** No process has so much memory, in bytes. */
export const ADDRESS_SPACE: number = 2 ** 47;

/** Zeroed bytes. Throws `OutOfMemory` where there is no memory for so many. */
export function allocateBytes(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    if ((error as Error).name !== "RangeError") throw error;
    throw new OutOfMemory(`OOM there is no memory for ${length} bytes`);
  }
}
