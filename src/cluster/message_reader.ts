/** Messages out of a connection's bytes, which come in any pieces. */

import { claimedLength, peekMessage } from "./message_decoder.ts";
import { HEADER_SIZE, PREFIX_SIZE } from "./message_format.ts";

/** What a message claims to be, of which no more than the header has come. */
export interface MessageClaim {
  readonly type: number;
  readonly sender: string;
  /** In bytes, with the header. */
  readonly length: number;
}

/** Enough for a message without much gossip. */
const USUAL_ROOM = 4096;

/**
 * Puts messages together. Room is made for bytes that have come, not for those that are announced; and the bytes of
 * messages that nobody wants are dropped as they come.
 */
export class MessageReader {
  #buffer = new Uint8Array(USUAL_ROOM);
  #length = 0;
  /** So many bytes to come are those of a message that nobody wants. */
  #unwanted = 0;
  readonly #isWanted: (claim: MessageClaim) => boolean;

  /** `isWanted` is asked when a message's header has come. */
  constructor(isWanted: (claim: MessageClaim) => boolean) {
    this.#isWanted = isWanted;
  }

  /** How many bytes are kept for messages that have not come as a whole. */
  get keptBytes(): number {
    return this.#length;
  }

  /**
   * Takes bytes in and gives out the messages that they complete, each as bytes that are valid until the next one is
   * asked for. Throws `BadMessage` where there are bytes with which no message begins: nothing can be read after that.
   */
  *read(bytes: Uint8Array): Generator<Uint8Array> {
    this.#append(bytes.subarray(this.#drop(bytes.length)));
    let start = 0;
    for (let end = this.#endOf(start); end !== undefined; end = this.#endOf(start)) {
      if (end > start) yield this.#buffer.subarray(start, end);
      start = end;
    }
    this.#keepFrom(start);
  }

  /** Of so many bytes that have come, how many belong to what nobody wants. */
  #drop(count: number): number {
    const dropped = Math.min(count, this.#unwanted);
    this.#unwanted -= dropped;
    return dropped;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Where the next message that is wanted begins, or the one that begins at `start` ends; undefined: not here yet. */
  #endOf(start: number): number | undefined {
    const here = this.#buffer.subarray(start, this.#length);
    if (here.length < PREFIX_SIZE) return undefined;
    const length = claimedLength(here);
    if (here.length < HEADER_SIZE) return undefined;
    if (!this.#isWanted({ ...peekMessage(here), length })) {
      this.#unwanted = Math.max(0, length - here.length);
      this.#buffer.copyWithin(start, Math.min(start + length, this.#length), this.#length);
      this.#length -= Math.min(length, here.length);
      return start;
    }
    return here.length < length ? undefined : start + length;
  }

  #keepFrom(start: number): void {
    const left = this.#length - start;
    if (left === 0 && this.#buffer.length > USUAL_ROOM) this.#buffer = new Uint8Array(USUAL_ROOM);
    else if (start > 0) this.#buffer.copyWithin(0, start, this.#length);
    this.#length = left;
  }
}
