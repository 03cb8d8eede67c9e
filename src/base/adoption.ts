/** Buffers whose bytes can be kept where they are instead of being copied, by whoever takes the buffer over. */

/** Who fills a buffer, and would give it away. */
export interface Giver {
  /** Gives the buffer away if it holds hardly more than bytes `[start, end)`; false: they are to be copied. */
  give(start: number, end: number): boolean;
}

/** Found by the buffer, so that what lies between both need not know: a lookup for large values only. */
const givers = new WeakMap<Uint8Array, Giver>();

/** From now on bytes of `buffer` can be adopted, if `giver` agrees. */
export function offer(buffer: Uint8Array, giver: Giver): void {
  givers.set(buffer, giver);
}

/** Bytes `[start, end)` as the caller's own, or null: they are to be copied. */
export function adopt(buffer: Uint8Array, start: number, end: number): Uint8Array | null {
  if (givers.get(buffer)?.give(start, end) !== true) return null;
  givers.delete(buffer);
  return buffer.subarray(start, end);
}
