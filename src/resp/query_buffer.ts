/** The bytes of a connection that are still to be decoded, in a buffer that follows its traffic. */

import { type Giver, offer } from "../base/adoption.ts";
import { type ChunkPool, LARGE_CHUNK, SMALL_CHUNK, SMALLEST_CHUNK } from "./chunk_pool.ts";
import { QueryBufferLimitError } from "./protocol_error.ts";

// A buffer grows through these sizes when reads fill it; more only for a command that really arrives.
const SMALLEST_BUFFER = SMALLEST_CHUNK;
const LARGEST_IDLE_BUFFER = SMALL_CHUNK;
/** A larger one is what an unusual command needed, and is not kept. */
export const LARGEST_SHARED_BUFFER: number = LARGE_CHUNK;
const GROWTH = 4;
/** Where twice as much as there is will not do, room for all is made if there is this part of it already. */
const KNOWN_ENOUGH = 1 / 4;
/** A buffer is given away if at most this part of it is something else. */
const WASTE = 1 / 32;
/** After so many reads in a row that would have fitted a buffer of the size below, it shrinks. */
const SMALL_READS_BEFORE_SHRINKING = 64;
/** Positions are 32-bit. */
const LARGEST_BUFFER = 0x7fffffff;

/**
 * The query buffer of a connection. A connection that has nothing to say holds between 1 and 16 KiB, as
 * its traffic asked for. No length that a peer claims is allocated: the buffer grows each time that real
 * bytes have filled it, to four times as much at most. It stays below 2 GiB.
 *
 * A buffer that hardly holds more than one large value is that value's, when it is stored.
 */
export class QueryBuffer implements Giver {
  /** What was read, and room behind it. */
  bytes: Uint8Array = new Uint8Array(SMALLEST_BUFFER);
  /** Bytes `[start, filled)` are not decoded yet; whoever decodes them moves `start`. */
  start = 0;
  filled = 0;
  readonly #pool: ChunkPool;
  /** How many bytes there were before those in the buffer. */
  #discarded = 0;
  #readWasFull = false;
  #smallReads = 0;
  /** Whether the buffer belongs to somebody else, once the commands in it have run. */
  #isGiven = false;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** How many bytes have come since the connection began. */
  get received(): number {
    return this.#discarded + this.filled;
  }

  /**
   * Makes room for the next read behind the bytes that are left; `needed` is what these will at least
   * grow to, or 0. Tells how far they have moved towards the front.
   */
  makeRoom(needed: number): number {
    const start = this.start, live = this.filled - start;
    if (this.#isGiven) {
      this.#replace(this.#allocate(LARGEST_IDLE_BUFFER));
      this.start = this.filled = 0;
    } else if (live === 0) {
      this.#fit(this.filled);
      this.start = this.filled = 0;
    } else {
      const capacity = this.bytes.length;
      if (this.#readWasFull && capacity < LARGEST_SHARED_BUFFER) {
        this.#moveTo(this.#allocate(capacity * GROWTH));
      } else if (start >= live) {
        // Never moves more bytes than were decoded: linear on the whole.
        const oversized = capacity > LARGEST_SHARED_BUFFER && live <= LARGEST_SHARED_BUFFER / 2;
        this.#moveTo(oversized ? this.#allocate(LARGEST_SHARED_BUFFER) : this.bytes);
      } else if (this.filled === capacity) {
        this.#grow(needed);
      } else {
        return 0;
      }
    }
    this.#discarded += start;
    return start;
  }

  /** Where the next bytes are to be put, after `makeRoom`; never empty. */
  get room(): Uint8Array {
    return this.filled === 0 ? this.bytes : this.bytes.subarray(this.filled);
  }

  /** Tells that `count` bytes were put at the beginning of `room`. */
  commit(count: number): void {
    this.filled += count;
    this.#readWasFull = this.filled === this.bytes.length;
  }

  give(start: number, end: number): boolean {
    const { length } = this.bytes;
    // Nothing may be read into it, nor moved in it.
    if (this.start !== this.filled || length - (end - start) > length * WASTE) return false;
    return this.#isGiven = true;
  }

  /** Gives back what is borrowed; nothing may be read into it any more. */
  close(): void {
    this.#replace(new Uint8Array(0));
    this.start = this.filled = 0;
  }

  /** Gives the empty buffer, which `used` bytes passed through, the size that its traffic asks for. */
  #fit(used: number): void {
    const capacity = this.bytes.length;
    if (this.#readWasFull && capacity < LARGEST_SHARED_BUFFER) {
      this.#replace(this.#allocate(capacity * GROWTH));
    } else if (capacity > LARGEST_IDLE_BUFFER) {
      // The connection may now be idle for ever, and a buffer that a read waits on can't be shrunk.
      if (!this.#readWasFull) this.#replace(this.#allocate(LARGEST_IDLE_BUFFER));
      else if (capacity > LARGEST_SHARED_BUFFER) {
        this.#replace(this.#allocate(LARGEST_SHARED_BUFFER));
      }
    } else if (capacity > SMALLEST_BUFFER) {
      if (used > capacity / GROWTH) this.#smallReads = 0;
      else if (++this.#smallReads === SMALL_READS_BEFORE_SHRINKING) {
        this.#smallReads = 0;
        this.#replace(this.#allocate(capacity / GROWTH));
      }
    }
  }

  #allocate(size: number): Uint8Array {
    return size <= LARGE_CHUNK ? this.#pool.acquire(size) : new Uint8Array(size);
  }

  #replace(bytes: Uint8Array): void {
    if (!this.#isGiven) this.#pool.release(this.bytes);
    this.#isGiven = false;
    this.bytes = bytes;
  }

  #grow(needed: number): void {
    this.#moveTo(new Uint8Array(this.#larger(needed)));
    offer(this.bytes, this);
  }

  /**
   * The next size of a full buffer: twice as much, or all that is needed. That is taken before half of it has
   * come: the system gives no memory before it is written to, and what has come is there twice for a moment.
   */
  #larger(needed: number): number {
    const capacity = this.bytes.length;
    const isKnown = needed > capacity && capacity >= needed * KNOWN_ENOUGH;
    const size = isKnown ? needed : 2 * capacity;
    if (size <= LARGEST_BUFFER) return size;
    if (capacity >= LARGEST_BUFFER) throw new QueryBufferLimitError();
    return LARGEST_BUFFER;
  }

  /** Moves what is left to the front of `target`, which may be the buffer itself. */
  #moveTo(target: Uint8Array): void {
    const { bytes, start, filled } = this;
    if (target === bytes) target.copyWithin(0, start, filled);
    else {
      target.set(bytes.subarray(start, filled));
      this.#replace(target);
    }
    this.start = 0;
    this.filled = filled - start;
  }
}
