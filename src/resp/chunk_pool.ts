/** Byte buffers that are used again and again, so that idle connections need none. */

/** Bytes in a small chunk: where a client's replies begin. */
export const SMALL_CHUNK: number = 16 * 1024;
/** Bytes in a large chunk: for replies and requests that come in bulk. */
export const LARGE_CHUNK: number = 64 * 1024;

/** What a pool keeps of each kind by default; more than that is left to the garbage collector. */
const KEPT_CHUNKS = 128;

/**
 * A pool of byte buffers of two sizes, shared by the connections of a server. Chunks come with whatever
 * their last user left in them.
 */
export class ChunkPool {
  readonly #small: Uint8Array[] = [];
  readonly #large: Uint8Array[] = [];
  readonly #kept: number;

  /** @param kept how many unused chunks of each size are kept at most */
  constructor(kept = KEPT_CHUNKS) {
    this.#kept = kept;
  }

  /** Bytes in the chunks that wait for use. */
  get unusedBytes(): number {
    return this.#small.length * SMALL_CHUNK + this.#large.length * LARGE_CHUNK;
  }

  /** Forgets the chunks that wait for use. */
  clear(): void {
    this.#small.length = this.#large.length = 0;
  }

  /** A chunk of `SMALL_CHUNK` bytes that is the caller's until it is given back. */
  acquireSmall(): Uint8Array {
    return this.#small.pop() ?? new Uint8Array(SMALL_CHUNK);
  }

  /** A chunk of `LARGE_CHUNK` bytes that is the caller's until it is given back. */
  acquireLarge(): Uint8Array {
    return this.#large.pop() ?? new Uint8Array(LARGE_CHUNK);
  }

  /**
   * Takes back the chunk that `view` is a view of, when nothing refers to it any more. Buffers of other
   * sizes are ignored, so that whatever was taken for a connection can be given back the same way.
   */
  release(view: Uint8Array): void {
    const size = view.buffer.byteLength;
    const free = size === SMALL_CHUNK ? this.#small : size === LARGE_CHUNK ? this.#large : null;
    if (free === null || free.length >= this.#kept) return;
    free.push(view.length === size ? view : new Uint8Array(view.buffer));
  }
}
