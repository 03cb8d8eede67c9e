/**
 * Keys that commands are about to look up. Their hashes, and what these lead to, are read for several of them
 * at a time: a processor waits for many places in memory at once, but for each step from one place to the
 * next by itself. Nothing but the hash is handed on, so whatever commands do, they find what there is.
 */

import { hashBytes } from "../base/hash.ts";
import { type ByteRange, EMPTY } from "../base/span.ts";
import type { Contents } from "./contents.ts";

/** So many keys are looked at together. */
export const KEYS_AHEAD = 16;
/** A longer argument is hardly a key, and takes its time to be hashed. */
const LONGEST_KEY = 128;
/** No key starts here. */
const NOWHERE = -1;

/** The keys of the next commands of a batch, and the hash of the one that the running command has first. */
export class LookAhead {
  readonly #seed: number;
  readonly #starts = new Int32Array(KEYS_AHEAD);
  readonly #ends = new Int32Array(KEYS_AHEAD);
  readonly #hashes = new Int32Array(KEYS_AHEAD);
  readonly #rows = new Int32Array(KEYS_AHEAD);
  readonly #keyRefs = new Uint32Array(KEYS_AHEAD);
  readonly #valueRefs = new Uint32Array(KEYS_AHEAD);
  /** The bytes of all of them. */
  #buffer: Uint8Array = EMPTY;
  /** The key whose hash is known. */
  #start = NOWHERE;
  #end = NOWHERE;
  #hash = 0;
  /** Made of all that was read: the engine leaves out what is used for nothing. */
  #seen = 0;

  /** `seed` is that of the keys' hashes. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Says where key number `i` of those that come together is in their buffer. */
  note(i: number, start: number, end: number): void {
    this.#starts[i] = end - start <= LONGEST_KEY ? start : NOWHERE;
    this.#ends[i] = end;
  }

  /** Looks at keys 0 to `count - 1`, whose bytes must stay as they are until `end`. */
  look(buffer: Uint8Array, count: number, contents: Contents): void {
    const starts = this.#starts, ends = this.#ends, hashes = this.#hashes, rows = this.#rows;
    const keyRefs = this.#keyRefs, valueRefs = this.#valueRefs;
    const { table, store } = contents;
    this.#buffer = buffer;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i];
      hashes[i] = start === NOWHERE ? 0 : hashBytes(buffer, start, ends[i], this.#seed);
    }
    for (let i = 0; i < count; i++) seen += table.homeEntry(hashes[i]);
    for (let i = 0; i < count; i++) rows[i] = table.likelyRow(hashes[i]);
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      keyRefs[i] = row < 0 ? 0 : table.keyRef(row);
      valueRefs[i] = row < 0 ? 0 : contents.refOf(row);
    }
    for (let i = 0; i < count; i++) seen += store.touch(keyRefs[i]) + store.touch(valueRefs[i]);
    this.#seen = (this.#seen + seen) | 0;
  }

  /** The command runs whose key is number `i`. */
  use(i: number): void {
    this.#start = this.#starts[i];
    this.#end = this.#ends[i];
    this.#hash = this.#hashes[i];
  }

  /** The bytes may change from now on. */
  end(): void {
    this.#start = NOWHERE;
    this.#buffer = EMPTY;
  }

  /** The hash of a key, the running command's or any other. */
  hashOf({ buffer, start, end }: ByteRange): number {
    const isKnown = start === this.#start && end === this.#end && buffer === this.#buffer;
    return isKnown ? this.#hash : hashBytes(buffer, start, end, this.#seed);
  }
}
