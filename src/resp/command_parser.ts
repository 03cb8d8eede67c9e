/** The grammar of commands: RESP arrays of bulk strings and inline commands. */

import { parseInteger } from "../base/numbers.ts";
import { bytesOf, byteString } from "../base/span.ts";
import { splitArguments } from "../base/split_arguments.ts";
import type { CommandsAhead } from "./commands_ahead.ts";
import {
  type DecoderLimits,
  UNAUTHENTICATED_MAX_BULK,
  UNAUTHENTICATED_MAX_MULTIBULK,
} from "./decoder_limits.ts";
import type { Frame } from "./frame.ts";
import { ProtocolError } from "./protocol_error.ts";
import { LARGEST_SHARED_BUFFER, type QueryBuffer } from "./query_buffer.ts";

const NUL = 0, LF = 10, CR = 13, DOLLAR = 36, STAR = 42, ZERO = 48;

// What an unusual command needed is not kept: a buffer above LARGEST_SHARED_BUFFER, which a frame must not
// keep alive either, and the room for more positions than this.
const KEPT_ARGUMENTS = 4096;

// What a header can be besides a number; any valid negative number counts as NEGATIVE.
const NEGATIVE = -1;
const INVALID = -2;
const INCOMPLETE = -3;

/** Reads commands from a query buffer, as far as their bytes are there. */
export class CommandParser {
  readonly #query: QueryBuffer;
  readonly #limits: DecoderLimits;

  // The command that is being read. Where it isn't complete yet, reading goes on from here.
  /** Where reading goes on. */
  #scan = 0;
  /** The end of the line that is being read does not lie before here. */
  #searched = 0;
  /** Arguments still to come; 0 before the command's first line is complete. */
  #remaining = 0;
  /** Length of the argument whose bytes start at `#scan`; negative before its line is complete. */
  #bulkLength = -1;
  #argc = 0;
  #canonical = true;
  /** Positions of the arguments so far, exchanged with the frame's so that nothing is copied. */
  #offsets: Int32Array = new Int32Array(0);
  #failure: ProtocolError | null = null;
  /** Where the command that was given out last begins. */
  #given = 0;

  constructor(query: QueryBuffer, limits: DecoderLimits) {
    this.#query = query;
    this.#limits = limits;
  }

  /** Where the first byte stands that is not part of a finished argument. */
  get scan(): number {
    return this.#scan;
  }

  /** Bytes in the finished arguments of the command that is being read. */
  get argumentBytes(): number {
    if (this.#remaining === 0) return 0;
    let bytes = 0;
    for (let i = 0; i < this.#argc; i++) bytes += this.#offsets[2 * i + 1] - this.#offsets[2 * i];
    return bytes;
  }

  /** What the bytes of the command that is being read come to, as far as that is known; 0: it is not. */
  get needed(): number {
    if (this.#remaining !== 1 || this.#bulkLength < 0) return 0;
    return this.#scan - this.#query.start + this.#bulkLength + 2;
  }

  /** Reads the next command into `frame`; false: it is not complete. Throws `ProtocolError`. */
  next(frame: Frame): boolean {
    if (this.#failure !== null) throw this.#failure;
    if (this.#remaining !== 0) this.#exchangeOffsets(frame);
    else {
      const begun = this.#begin(frame);
      if (begun !== ARRAY) return begun === INLINE;
    }
    return this.#bulks(frame);
  }

  /** Reads the plain ones of the commands that come next, and takes none. */
  ahead(commands: CommandsAhead): void {
    const { bytes, filled, start } = this.#query;
    // What was begun goes its own way; and large buffers are not held on to.
    const isPlain = this.#remaining === 0 && this.#failure === null &&
      bytes.length <= LARGEST_SHARED_BUFFER;
    if (isPlain) commands.decode(bytes, start, filled);
    else commands.clear();
  }

  /** Takes the next command, which is number `i` of those that `ahead` has read. */
  take(commands: CommandsAhead, i: number, frame: Frame): void {
    commands.fill(frame, i);
    this.#given = frame.start;
    this.#query.start = this.#scan = frame.end;
  }

  /** Goes back to the beginning of the command that was given out last. */
  putBack(): void {
    this.#query.start = this.#scan = this.#searched = this.#given;
  }

  /** Passes over all that is there. */
  discard(): void {
    const query = this.#query;
    query.start = this.#scan = this.#searched = query.filled;
    this.#remaining = 0;
  }

  /** The bytes were moved by so many places towards the front. */
  moved(places: number): void {
    this.#scan -= places;
    this.#searched -= places;
    if (this.#remaining === 0) return;
    const offsets = this.#offsets;
    for (let i = 0; i < 2 * this.#argc; i++) offsets[i] -= places;
  }

  /** Reads up to the arguments of the next command, passing over empty ones. */
  #begin(frame: Frame): Beginning {
    const query = this.#query;
    for (;;) {
      const { start, bytes } = query;
      if (start === query.filled) {
        if (bytes.length > LARGEST_SHARED_BUFFER) frame.clear();
        return NOTHING;
      }
      this.#canonical = true;
      if (bytes[start] !== STAR) {
        const begun = this.#inline(frame);
        if (begun !== EMPTY_COMMAND) return begun;
        continue;
      }
      const count = this.#header(start, STAR);
      if (count === INCOMPLETE) return NOTHING;
      if (count === INVALID || count > this.#limits.maxMultibulk) {
        throw this.#fail("invalid multibulk length");
      }
      if (count > UNAUTHENTICATED_MAX_MULTIBULK && !this.#limits.authenticated) {
        throw this.#fail("unauthenticated multibulk length");
      }
      if (count > 0) {
        if (frame.offsets.length > 2 * KEPT_ARGUMENTS) frame.clear();
        this.#remaining = count;
        this.#bulkLength = -1;
        this.#argc = 0;
        return ARRAY;
      }
      query.start = this.#scan;
    }
  }

  /** Reads the arguments of an array. */
  #bulks(frame: Frame): boolean {
    const query = this.#query, buffer = query.bytes, filled = query.filled;
    let argc = this.#argc, length = this.#bulkLength;
    let offsets = frame.offsets;
    const last = argc + this.#remaining;
    while (argc < last) {
      if (length < 0) {
        if (this.#scan < filled) length = this.#bulkHeader();
        if (length < 0) break;
      }
      const start = this.#scan, end = start + length;
      if (end + 2 > filled) break;
      if (2 * argc === offsets.length) {
        frame.reserve(argc + 1);
        offsets = frame.offsets;
      }
      offsets[2 * argc] = start;
      offsets[2 * argc + 1] = end;
      argc++;
      // Redis takes any two bytes for the end of an argument.
      if (buffer[end] !== CR || buffer[end + 1] !== LF) this.#canonical = false;
      this.#scan = end + 2;
      length = -1;
    }
    this.#remaining = last - argc;
    if (argc < last) {
      this.#argc = argc;
      this.#bulkLength = length;
      this.#exchangeOffsets(frame);
      frame.argc = 0;
      if (buffer.length > LARGEST_SHARED_BUFFER) frame.clear();
      return false;
    }
    frame.buffer = buffer;
    frame.argc = argc;
    frame.start = this.#given = query.start;
    frame.end = query.start = this.#scan;
    frame.canonical = this.#canonical;
    return true;
  }

  /** The length in the line at `#scan`, which then is after it; negative when the line is incomplete. */
  #bulkHeader(): number {
    const length = this.#header(this.#scan, DOLLAR);
    if (length >= 0 && length <= UNAUTHENTICATED_MAX_BULK) return length;
    if (length === INCOMPLETE) return length;
    if (length < 0 || length > this.#limits.maxBulkLength) throw this.#fail("invalid bulk length");
    if (!this.#limits.authenticated) throw this.#fail("unauthenticated bulk length");
    return length;
  }

  /** The number in the line at `at`, which must begin with `type`; `#scan` is then after the line. */
  #header(at: number, type: number): number {
    const { bytes: buffer, filled } = this.#query;
    // The shortest line has four bytes. Up to nine digits are read here, all else by the slow way.
    if (at + 4 <= filled && buffer[at] === type) {
      let value = buffer[at + 1] - ZERO;
      if (value >= 0 && value <= 9) {
        let p = at + 2;
        if (value !== 0) {
          const limit = at + 10 < filled ? at + 10 : filled;
          for (; p < limit; p++) {
            const digit = buffer[p] - ZERO;
            if (digit < 0 || digit > 9) break;
            value = value * 10 + digit;
          }
        }
        if (p + 1 < filled && buffer[p] === CR) {
          if (buffer[p + 1] !== LF) this.#canonical = false;
          this.#scan = p + 2;
          return value;
        }
      }
    }
    return this.#slowHeader(at, type);
  }

  #slowHeader(at: number, type: number): number {
    const { bytes: buffer, filled } = this.#query;
    const end = this.#find(CR, at);
    if (end < 0) {
      if (filled - at > this.#limits.inlineLimit) {
        throw this.#fail(`too big ${type === STAR ? "mbulk" : "bulk"} count string`);
      }
      return INCOMPLETE;
    }
    if (end + 1 >= filled) return INCOMPLETE;
    if (buffer[at] !== type) {
      const got = buffer[at] === CR || buffer[at] === LF ? " " : byteString(buffer, at, at + 1);
      throw this.#fail(`expected '$', got '${got}'`);
    }
    if (buffer[end + 1] !== LF) this.#canonical = false;
    this.#scan = end + 2;
    const value = parseInteger(buffer, at + 1, end);
    if (value === undefined) return INVALID;
    return value < 0 ? NEGATIVE : Number(value);
  }

  /** Reads an inline command: a line of words, as a person types them. */
  #inline(frame: Frame): Beginning {
    const { bytes, start, filled } = this.#query;
    const newline = this.#find(LF, start);
    if (newline < 0) {
      if (filled - start > this.#limits.inlineLimit) {
        throw this.#fail("too big inline request");
      }
      return NOTHING;
    }
    const end = newline > start && bytes[newline - 1] === CR ? newline - 1 : newline;
    const args = splitArguments(byteString(bytes, start, end));
    if (args === null) throw this.#fail("unbalanced quotes in request");
    this.#given = start;
    this.#query.start = this.#scan = newline + 1;
    if (args.length === 0) return EMPTY_COMMAND;
    const { inlineRefusal } = this.#limits;
    if (inlineRefusal !== undefined) throw this.#fail(inlineRefusal);
    frame.setBytes(args.map(bytesOf));
    return INLINE;
  }

  /**
   * Where `byte` is first, from `from` on; -1 when it has not arrived. As in Redis nothing is found
   * behind a NUL byte: such a line is never complete and runs into the limit.
   */
  #find(byte: number, from: number): number {
    const { bytes: buffer, filled } = this.#query;
    let p = this.#searched > from ? this.#searched : from;
    while (p < filled && buffer[p] !== byte && buffer[p] !== NUL) p++;
    this.#searched = p;
    return p < filled && buffer[p] === byte ? p : -1;
  }

  #fail(message: string): ProtocolError {
    this.#failure = new ProtocolError(message);
    return this.#failure;
  }

  #exchangeOffsets(frame: Frame): void {
    const own = this.#offsets;
    this.#offsets = frame.offsets;
    frame.offsets = own;
  }
}

// What the parser found where a command begins.
type Beginning = 0 | 1 | 2 | 3;
const NOTHING = 0;
const EMPTY_COMMAND = 1;
const INLINE = 2;
const ARRAY = 3;
