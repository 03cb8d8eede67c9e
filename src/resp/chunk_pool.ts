/** Byte buffers that are used again and again, so that idle connections need none. */

import { freeBuffer } from "../base/free_buffer.ts";

/** Bytes in the smallest chunk: where the replies of a client begin that is told little. */
export const SMALLEST_CHUNK: number = 1024;
/** Bytes in a small chunk: where a client's replies begin. */
export const SMALL_CHUNK: number = 16 * 1024;
/** Bytes in a large chunk: for replies and requests that come in bulk. */
export const LARGE_CHUNK: number = 64 * 1024;

/** What a pool keeps of each size by default; more than that goes back to the system. */
const KEPT_CHUNKS = 128;

/**
 * A pool of byte buffers, shared by the connections of a server. Their sizes are the powers of two from
 * `SMALLEST_CHUNK` to `LARGE_CHUNK`. Chunks come with whatever their last user left in them.
 */
export class ChunkPool {
  /** Unused chunks by their size's number (see `sizeNumber`). */
  readonly #unused: Uint8Array[][] = Array.from({ length: sizeNumber(LARGE_CHUNK) + 1 }, () => []);
  readonly #kept: number;

  /** @param kept how many unused chunks of each size are kept at most */
  constructor(kept = KEPT_CHUNKS) {
    this.#kept = kept;
  }

  /** Bytes in the chunks that wait for use. */
  get unusedBytes(): number {
    return this.#unused.reduce((sum, { length }, i) => sum + length * (SMALLEST_CHUNK << i), 0);
  }

  /** Forgets the chunks that wait for use. */
  clear(): void {
    for (const chunks of this.#unused) chunks.length = 0;
  }

  /** A chunk of one of the pool's sizes that is the caller's until it is given back. */
  acquire(size: number): Uint8Array {
    return this.#unused[sizeNumber(size)].pop() ?? new Uint8Array(size);
  }

  /**
   * Takes back the chunk that `view` is a view of, when nothing refers to it any more. Buffers of other
   * sizes can be given back the same way: small ones are left to the garbage collector, large ones are
   * emptied. Their memory is free at once then, which the collector may not see to for long while the
   * heap itself hardly grows.
   */
  release(view: Uint8Array): void {
    const { buffer } = view, size = buffer.byteLength;
    if (size < SMALLEST_CHUNK) return;
    if (size <= LARGE_CHUNK) {
      if ((size & (size - 1)) !== 0) return;
      const unused = this.#unused[sizeNumber(size)];
      if (unused.length < this.#kept) {
        unused.push(view.length === size ? view : new Uint8Array(buffer));
        return;
      }
    }
    freeBuffer(buffer);
  }
}

/** 0 for the smallest chunks' size, one more for each that is twice as large. */
function sizeNumber(size: number): number {
  return Math.clz32(SMALLEST_CHUNK) - Math.clz32(size);
}
