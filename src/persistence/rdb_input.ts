/** Reads the primitives of the RDB format: lengths, strings, numbers. Nothing in it is trusted. */

import { Crc64 } from "../base/crc64.ts";
import { formatInteger, INTEGER_TEXT_MAX, normalizeInteger } from "../base/numbers.ts";
import { EMPTY, Span } from "../base/span.ts";
import { readInt32, readInt64 } from "../data/int64.ts";
import { decompress, decompressedLength } from "../data/lzf.ts";
import { fileErrorText, type OpenFile } from "./file.ts";
import { internalErrorLine, RdbError, RdbStringForm } from "./rdb_format.ts";

/** What Redis' log says of a file that is cut off. */
const SHORT_READ = "Short read or OOM loading DB. Unrecoverable error, aborting now.";
const UNEXPECTED_END = "Unexpected EOF reading RDB file";

/** A file is read in parts of so many bytes, unless a string is longer. */
const READ_AHEAD = 1 << 18;
/** More bytes than this in one piece come from nobody who means it: the runtime has no longer buffers. */
const LONGEST_PIECE = 2 ** 32;
/** Strings of up to so many bytes are decompressed in the same memory, one after the other. */
const PLAIN_KEPT = 1 << 16;

/** Readers of many things give way after so many of them, or so many bytes. */
const PART_STEPS = 128;
const PART_BYTES = 1 << 18;

/**
 * Thrown where bytes of a stream are missing that are still to come. What was read since `markItem` is to be
 * read again, from there, when they are there.
 */
export const MORE_IS_NEEDED: unique symbol = Symbol("more is needed");

/**
 * The bytes of an RDB as they are read, from a buffer, from a file, or from a stream. No more is ever allocated than the
 * bytes that are there call for. Everything throws an `RdbError` where bytes are missing or wrong.
 */
export class RdbInput {
  #buffer: Uint8Array;
  #position: number;
  #end: number;
  readonly #file: OpenFile | null;
  /** Bytes of the file, or of the stream, that are not in the buffer yet. */
  #unread: number;
  /** Where what is read again would begin in the buffer; -1: not a stream. */
  #item = -1;
  /** How many bytes have to be there for the item to be read again; 0: reading goes on. */
  #wanted = 0;
  /** The offset of the buffer's first byte. */
  #base: number;
  /** What the checksum covers ends here in the buffer. */
  #summed: number;
  /** Null where nobody asks for it. */
  readonly #checksum: Crc64 | null;
  readonly #mends: boolean;
  #mended: string | null = null;
  /** Where strings are decompressed. */
  #plain: Uint8Array = EMPTY;
  #stepsLeft = PART_STEPS;
  #partEnd = PART_BYTES;
  readonly #string = new Span();
  readonly #text = new Uint8Array(INTEGER_TEXT_MAX);
  readonly #double = new DataView(new ArrayBuffer(8));

  private constructor(
    buffer: Uint8Array,
    start: number,
    end: number,
    file: OpenFile | null,
    size: number,
    checksum: Crc64 | null,
    mends: boolean,
  ) {
    this.#buffer = buffer;
    this.#position = this.#summed = start;
    this.#end = end;
    this.#base = -start;
    this.#file = file;
    this.#unread = size;
    this.#checksum = checksum;
    this.#mends = mends;
  }

  /** Reads bytes `[start, end)` of `buffer`; `mends`: see `mend`. */
  static ofBytes(buffer: Uint8Array, start: number, end: number, mends = false): RdbInput {
    return new RdbInput(buffer, start, end, null, 0, null, mends);
  }

  /**
   * Reads a file from where it stands, which is its beginning; it has `size` bytes. With `summed` all that
   * is read goes into `checksum`; `mends`: see `mend`.
   */
  static ofFile(file: OpenFile, size: number, summed = false, mends = false): RdbInput {
    const buffer = new Uint8Array(Math.min(READ_AHEAD, size));
    return new RdbInput(buffer, 0, 0, file, size, summed ? new Crc64() : null, mends);
  }

  /**
   * Reads a stream, of which `feed` gives what has come; `size` is how many bytes there are, `Infinity` where
   * that is not known. What is read is what lies between two calls of `markItem`.
   */
  static ofStream(size: number, summed: boolean, mends: boolean): RdbInput {
    const input = new RdbInput(EMPTY, 0, 0, null, size, summed ? new Crc64() : null, mends);
    input.#item = 0;
    return input;
  }

  /** What is read from here on is the next item. */
  markItem(): void {
    if (this.#item >= 0) this.#item = this.#position;
  }

  /** Goes back to the beginning of the item. */
  rewind(): void {
    const had = this.#end - this.#item;
    // Twice as much, so that reading it again and again takes no more time than reading it.
    this.#wanted = Math.min(2 * had + 1, had + this.#unread);
    this.#position = this.#item;
  }

  /** Whether more has to come before there is anything to read. */
  get isStarved(): boolean {
    return this.#end - this.#position < this.#wanted;
  }

  /** Adds what has come of a stream; the bytes are copied. */
  feed(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
    this.#unread -= bytes.length;
    if (!this.isStarved) this.#wanted = 0;
  }

  /** Drops what lies before the item, and makes room for more behind it. */
  #makeRoom(count: number): void {
    const item = this.#item, kept = this.#end - item, needed = kept + count;
    const summed = Math.max(this.#summed, item);
    this.#checksum?.update(this.#buffer, this.#summed, summed);
    const size = this.#buffer.length;
    // What is moved has to be less than what is dropped, or moving would take more time than reading.
    const isKept = needed <= size && item >= kept && size <= 8 * Math.max(needed, READ_AHEAD);
    const target = isKept ? this.#buffer : new Uint8Array(Math.max(2 * needed, READ_AHEAD));
    if (isKept) target.copyWithin(0, item, this.#end);
    else target.set(this.#buffer.subarray(item, this.#end));
    this.#buffer = target;
    this.#base += item;
    this.#position -= item;
    this.#summed = summed - item;
    this.#item = 0;
    this.#end = kept;
  }

  /** Nothing more comes of a stream. */
  endStream(): void {
    this.#unread = this.#wanted = 0;
  }

  /** What of a stream has come and was not read, behind its end. */
  get rest(): Uint8Array {
    return this.#buffer.subarray(this.#position, this.#end);
  }

  /** Sees to it that so many bytes are there. */
  expect(count: number): void {
    this.#need(count);
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.#base + this.#position;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#position + this.#unread;
  }

  /** The checksum of all that was read; null for a file that was not to be summed, and for bytes. */
  checksum(): Crc64 | null {
    this.#checksum?.update(this.#buffer, this.#summed, this.#position);
    this.#summed = this.#position;
    return this.#checksum;
  }

  /**
   * For readers of many things, to be asked before each of them: whether so much was read since this was
   * last true that others should have a turn.
   */
  partIsRead(): boolean {
    if (--this.#stepsLeft > 0 && this.offset < this.#partEnd) return false;
    this.#stepsLeft = PART_STEPS;
    this.#partEnd = this.offset + PART_BYTES;
    return true;
  }

  /** Fails at this place. */
  fail(problem: string): never {
    throw new RdbError(problem, this.offset);
  }

  /** Throws `RdbError` for a file that ends, or can't be read on, in the middle. */
  #cutOff(problem: string): never {
    const { offset } = this;
    const lines = [SHORT_READ, internalErrorLine(offset, UNEXPECTED_END)];
    throw new RdbError(problem, offset, lines, true);
  }

  /**
   * Says that something is wrong that its reader goes on to put right, as it is clear what is meant. Fails
   * where everything has to be right.
   */
  mend(problem: string): void {
    if (!this.#mends) this.fail(problem);
    this.#mended ??= `${problem} (at offset ${this.offset})`;
  }

  /** The first thing that was put right since this was last asked; null: nothing. */
  takeMended(): string | null {
    const mended = this.#mended;
    this.#mended = null;
    return mended;
  }

  /** Reads a byte. */
  byte(): number {
    this.#need(1);
    return this.#buffer[this.#position++];
  }

  /** Reads `count` bytes; the span is valid until more is read. */
  bytes(count: number): Span {
    this.#need(count);
    const start = this.#position;
    this.#position += count;
    return this.#string.set(this.#buffer, start, this.#position);
  }

  /** Reads a length or another unsigned 64-bit integer. */
  unsigned(): number | bigint {
    const first = this.byte();
    if (first >= 0xc0) this.fail("A length was expected, not a string in another form");
    return this.#unsignedFrom(first);
  }

  /** Reads a signed 64-bit integer that was written as a length. */
  signed(): number | bigint {
    const value = this.unsigned();
    return typeof value === "number" ? value : normalizeInteger(BigInt.asIntN(64, value));
  }

  /** Reads how many of something come, each of which takes a byte or more. */
  count(): number {
    const value = this.unsigned();
    if (value > this.remaining) this.#cutOff("More was announced than there is");
    if (value > LONGEST_PIECE) this.fail("More was announced than there can be");
    return Number(value);
  }

  /** Reads 8 bytes, the low one first, as a signed integer. */
  int64(): number | bigint {
    const { buffer, start } = this.bytes(8);
    return readInt64(buffer, start);
  }

  /** Reads 4 bytes, the low one first, as a signed integer. */
  int32(): number {
    const { buffer, start } = this.bytes(4);
    return readInt32(buffer, start);
  }

  /** Reads a double's 8 bytes. */
  double(): number {
    const { buffer, start } = this.bytes(8);
    for (let i = 0; i < 8; i++) this.#double.setUint8(i, buffer[start + i]);
    return this.#double.getFloat64(0, true);
  }

  /** Reads a string in any form; the span is valid until more is read. */
  string(): Span {
    const first = this.byte();
    if (first < 0xc0) return this.bytes(this.#lengthFrom(first));
    switch (first & 0x3f) {
      case RdbStringForm.Int8:
        return this.#integerText(this.byte() << 24 >> 24);
      case RdbStringForm.Int16: {
        const { buffer, start } = this.bytes(2);
        return this.#integerText((buffer[start] | buffer[start + 1] << 8) << 16 >> 16);
      }
      case RdbStringForm.Int32:
        return this.#integerText(this.int32());
      case RdbStringForm.Lzf:
        return this.#compressedString();
      default:
        return this.fail(`A string in an unknown form (${first & 0x3f})`);
    }
  }

  #unsignedFrom(first: number): number | bigint {
    if (first < 0x40) return first;
    if (first < 0x80) return (first & 0x3f) << 8 | this.byte();
    if (first === 0x80) {
      const { buffer, start } = this.bytes(4);
      return bigEndian32(buffer, start);
    }
    if (first === 0x81) {
      const { buffer, start } = this.bytes(8);
      return bigEndian64(buffer, start);
    }
    return this.fail("A length in an unknown form");
  }

  #lengthFrom(first: number): number {
    const length = this.#unsignedFrom(first);
    if (length > this.remaining) this.#cutOff("A string is longer than what is left");
    return Number(length);
  }

  #integerText(value: number): Span {
    return this.#string.set(this.#text, 0, formatInteger(value, this.#text, 0));
  }

  #compressedString(): Span {
    const length = this.count();
    const plain = this.unsigned();
    const { buffer, start, end } = this.bytes(length);
    // Counted before it is allocated: a claim alone gets no memory.
    if (decompressedLength(buffer, start, end) !== plain) {
      this.fail("Invalid LZF compressed string");
    }
    const size = Number(plain);
    let bytes = this.#plain;
    if (bytes.length < size) {
      bytes = new Uint8Array(size);
      if (size <= PLAIN_KEPT) this.#plain = bytes;
    }
    decompress(buffer, start, end, bytes);
    return this.#string.set(bytes, 0, size);
  }

  /** Makes sure that `count` bytes are in the buffer. */
  #need(count: number): void {
    if (this.#end - this.#position >= count) return;
    if (count > this.remaining) this.#cutOff("Unexpected end");
    if (count > LONGEST_PIECE) this.fail("A string is longer than any can be");
    if (this.#item >= 0) throw MORE_IS_NEEDED;
    this.checksum();
    const kept = this.#end - this.#position;
    const room = Math.max(count, READ_AHEAD);
    const target = this.#buffer.length >= count && this.#buffer.length <= 4 * room
      ? this.#buffer
      : new Uint8Array(room);
    if (target === this.#buffer) target.copyWithin(0, this.#position, this.#end);
    else target.set(this.#buffer.subarray(this.#position, this.#end));
    this.#buffer = target;
    this.#base += this.#position;
    this.#position = this.#summed = 0;
    this.#end = kept;
    while (this.#end < count) this.#fill();
  }

  #fill(): void {
    const most = Math.min(this.#buffer.length - this.#end, this.#unread);
    const into = this.#buffer.subarray(this.#end, this.#end + most);
    let count = 0;
    try {
      if (this.#file !== null) count = this.#file.readSync(into);
    } catch (error) {
      this.#cutOff(`Reading failed: ${fileErrorText(error)}`);
    }
    if (count === 0) this.#cutOff("The file became shorter while it was read");
    this.#end += count;
    this.#unread -= count;
  }
}

function bigEndian32(buffer: Uint8Array, at: number): number {
  return (buffer[at] << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]) >>> 0;
}

/** The 8 bytes at `at`, the high one first, as an unsigned integer: a half of a stream ID. */
export function bigEndian64(buffer: Uint8Array, at: number): number | bigint {
  const high = bigEndian32(buffer, at), low = bigEndian32(buffer, at + 4);
  if (high < 1 << 21) return high * 2 ** 32 + low;
  return BigInt(high) << 32n | BigInt(low);
}
