/** Writes the primitives of the RDB format: lengths, strings, numbers. */

import { formatInteger, INTEGER_TEXT_MAX, parseInteger } from "../base/numbers.ts";
import { bytesOf, copyBytes } from "../base/span.ts";
import type { ElementSink } from "../data/element_sink.ts";
import { writeInt32, writeInt64 } from "../data/int64.ts";
import { LzfCompressor } from "../data/lzf.ts";
import { RdbStringForm } from "./rdb_format.ts";

/** A string of so many bytes or fewer may be an integer of 32 bits. */
const INTEGER_TEXT_UP_TO = 11;
/** A string of so many bytes or fewer is not worth compressing. */
const PLAIN_UP_TO = 20;
/** Compression has to save so many bytes or more. */
export const LEAST_SAVING = 4;

const FIRST_CAPACITY = 256;
/** From here on the memory grows in smaller steps: copying costs less than what would lie unused. */
const LARGE_CAPACITY = 1 << 20;
const TWO_32 = 2 ** 32;

/** Bytes of an RDB as they are written. As an `ElementSink` it takes elements as strings. */
export class RdbOutput implements ElementSink {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  readonly #compressor: LzfCompressor | null;
  #compressed = new Uint8Array(0);
  readonly #text = new Uint8Array(INTEGER_TEXT_MAX);
  readonly #double = new Float64Array(1);
  readonly #doubleBytes = new Uint8Array(this.#double.buffer);

  /**
   * `compress`: whether strings are compressed where that helps (`rdbcompression`), or by what they are;
   * null: not at all.
   */
  constructor(compress: boolean | LzfCompressor | null) {
    this.#compressor = compress === true ? new LzfCompressor() : compress || null;
  }

  /** An output of the same kind for bytes that are put in later. */
  another(): RdbOutput {
    return new RdbOutput(this.#compressor);
  }

  /** How many bytes were written since `clear`. */
  get length(): number {
    return this.#length;
  }

  /** The bytes written since `clear`: a view, valid until more are written. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Begins again with no bytes; the memory is kept. */
  clear(): void {
    this.#length = 0;
  }

  /** Writes a byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Writes bytes as they are. */
  raw(buffer: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    copyBytes(buffer, start, end, this.#buffer, this.#length);
    this.#length += end - start;
  }

  /** Writes a length, or any other unsigned 64-bit integer; of a negative one, its two's complement. */
  unsigned(value: number | bigint): void {
    if (value >= TWO_32 || value < 0) {
      this.byte(0x81);
      this.bigEndian64(value);
      return;
    }
    const word = Number(value);
    if (word < 0x40) this.byte(word);
    else if (word < 0x4000) {
      this.byte(0x40 | word >> 8);
      this.byte(word);
    } else {
      this.byte(0x80);
      for (let shift = 24; shift >= 0; shift -= 8) this.byte(word >>> shift);
    }
  }

  /** Writes 8 bytes, the low one first. */
  int64(value: number | bigint): void {
    this.#reserve(8);
    writeInt64(value, this.#buffer, this.#length);
    this.#length += 8;
  }

  /** Writes 8 bytes, the high one first: a half of a stream ID. */
  bigEndian64(value: number | bigint): void {
    this.int64(value);
    this.#buffer.subarray(this.#length - 8, this.#length).reverse();
  }

  /** Writes a double's 8 bytes, the low one first. */
  double(value: number): void {
    // In the order of the machine's bytes, which is that of the format on all that Deno runs on.
    this.#double[0] = value;
    this.raw(this.#doubleBytes, 0, 8);
  }

  /** Writes a string: as an integer, compressed, or as it is. */
  string(buffer: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length <= INTEGER_TEXT_UP_TO) {
      const integer = parseInteger(buffer, start, end);
      if (integer !== undefined && this.#shortInteger(integer)) return;
    } else if (length > PLAIN_UP_TO && this.#compressedString(buffer, start, end)) {
      return;
    }
    this.unsigned(length);
    this.raw(buffer, start, end);
  }

  /** Writes a byte string as a string. */
  text(text: string): void {
    const bytes = bytesOf(text);
    this.string(bytes, 0, bytes.length);
  }

  /** Writes what comes before the `compressed` bytes that a string of `length` bytes has become. */
  compressedLength(compressed: number, length: number): void {
    this.byte(0xc0 | RdbStringForm.Lzf);
    this.unsigned(compressed);
    this.unsigned(length);
  }

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.string(buffer, start, end);
  }

  bulkInteger(value: number | bigint): void {
    if (this.#shortInteger(value)) return;
    const length = formatInteger(value, this.#text, 0);
    this.unsigned(length);
    this.raw(this.#text, 0, length);
  }

  /** Writes an integer of up to 32 bits as a string; false for others. */
  #shortInteger(value: number | bigint): boolean {
    if (typeof value === "bigint" || value !== (value | 0)) return false;
    const form = value >= -0x80 && value <= 0x7f
      ? RdbStringForm.Int8
      : value >= -0x8000 && value <= 0x7fff
      ? RdbStringForm.Int16
      : RdbStringForm.Int32;
    this.#reserve(5);
    this.#buffer[this.#length] = 0xc0 | form;
    writeInt32(value, this.#buffer, this.#length + 1);
    this.#length += 1 + (1 << form);
    return true;
  }

  #compressedString(buffer: Uint8Array, start: number, end: number): boolean {
    if (this.#compressor === null) return false;
    const room = end - start - LEAST_SAVING;
    if (this.#compressed.length < room) this.#compressed = new Uint8Array(room);
    const target = this.#compressed.subarray(0, room);
    const length = this.#compressor.compress(buffer, start, end, target);
    if (length === 0) return false;
    this.compressedLength(length, end - start);
    this.raw(target, 0, length);
    return true;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const { length } = this.#buffer;
    const grown = length < LARGE_CAPACITY ? 2 * length : Math.ceil(1.25 * length);
    const larger = new Uint8Array(Math.max(needed, grown));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
