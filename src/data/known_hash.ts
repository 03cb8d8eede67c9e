/** The hash of bytes that somebody has hashed before. */

import { hashBytes } from "../base/hash.ts";
import { type ByteRange, EMPTY } from "../base/span.ts";

/** No bytes begin here. */
const NOWHERE = -1;

/** Knows the hash of one range of bytes under a seed, as long as these stay as they are, and computes others. */
export class KnownHash {
  readonly #seed: number;
  #buffer: Uint8Array = EMPTY;
  #start = NOWHERE;
  #end = NOWHERE;
  #hash = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Takes note of a hash, of no other one from now on. */
  set(buffer: Uint8Array, start: number, end: number, hash: number): void {
    this.#buffer = buffer;
    this.#start = start;
    this.#end = end;
    this.#hash = hash;
  }

  /** The bytes may change from now on. */
  forget(): void {
    this.#buffer = EMPTY;
    this.#start = NOWHERE;
  }

  /** The hash of the known bytes, or of any others. */
  of(buffer: Uint8Array, start: number, end: number): number {
    const isKnown = start === this.#start && end === this.#end && buffer === this.#buffer;
    return isKnown ? this.#hash : hashBytes(buffer, start, end, this.#seed);
  }

  /** As `of`. */
  ofSpan({ buffer, start, end }: ByteRange): number {
    return this.of(buffer, start, end);
  }
}
