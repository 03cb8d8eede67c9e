/** Commands on their way into an AOF file, encoded one after the other. */

import { formatInteger, integerLength } from "../base/numbers.ts";
import { type ByteRange, copyBytes } from "../base/span.ts";

const CR = 13, LF = 10, STAR = 42, DOLLAR = 36;

const INITIAL_CAPACITY = 64 * 1024;
/** A buffer that grew beyond this is given back once traffic no longer needs it. */
const KEPT_CAPACITY = 1024 * 1024;

/** A command's arguments, its name first: byte strings or bytes. */
export type CommandArguments = readonly (string | ByteRange)[];

/** A growing buffer of commands as they stand in an AOF file. */
export class AofBuffer {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  /** How many bytes are waiting. */
  get length(): number {
    return this.#length;
  }

  /** What is waiting: a view that is valid until the buffer is next changed. */
  get pending(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds a command, or a part of one, that is already encoded in bytes `[start, end)` of `buffer`. */
  appendEncoded(buffer: Uint8Array, start: number, end: number): void {
    const at = this.#length;
    this.#reserve(end - start);
    copyBytes(buffer, start, end, this.#bytes, at);
    this.#length = at + end - start;
  }

  /** Encodes a command and adds it. */
  appendCommand(args: CommandArguments): void {
    let size = 3 + integerLength(args.length);
    for (const argument of args) {
      const length = lengthOf(argument);
      size += 3 + integerLength(length) + length + 2;
    }
    this.#reserve(size);
    this.#writeHeader(STAR, args.length);
    for (const argument of args) {
      this.#writeHeader(DOLLAR, lengthOf(argument));
      if (typeof argument === "string") {
        this.#writeText(argument);
      } else {
        copyBytes(argument.buffer, argument.start, argument.end, this.#bytes, this.#length);
        this.#length += argument.end - argument.start;
      }
      this.#bytes[this.#length++] = CR;
      this.#bytes[this.#length++] = LF;
    }
  }

  /** Adds an annotation that says when what follows was run, in seconds since the epoch. */
  annotate(seconds: number): void {
    const text = `#TS:${seconds}\r\n`;
    this.#reserve(text.length);
    this.#writeText(text);
  }

  /** Drops the first `count` bytes, which have been written. */
  consume(count: number): void {
    const left = this.#length - count;
    const oversized = this.#bytes.length > KEPT_CAPACITY && this.#length < this.#bytes.length / 8;
    if (oversized && left <= INITIAL_CAPACITY) {
      const smaller = new Uint8Array(INITIAL_CAPACITY);
      smaller.set(this.#bytes.subarray(count, this.#length));
      this.#bytes = smaller;
    } else if (left > 0) {
      this.#bytes.copyWithin(0, count, this.#length);
    }
    this.#length = left;
  }

  #writeHeader(type: number, count: number): void {
    const bytes = this.#bytes;
    bytes[this.#length] = type;
    const end = formatInteger(count, bytes, this.#length + 1);
    bytes[end] = CR;
    bytes[end + 1] = LF;
    this.#length = end + 2;
  }

  #writeText(text: string): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, needed));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function lengthOf(argument: string | ByteRange): number {
  return typeof argument === "string" ? argument.length : argument.end - argument.start;
}
