/**
 * Bytes → commands: RESP arrays of bulk strings and inline commands, in any split across reads.
 *
 * ```ts
 * const decoder = new CommandDecoder();
 * const frame = new Frame();
 * for (;;) {
 *   const count = await connection.read(decoder.writable());
 *   if (count === null) break;
 *   decoder.commit(count);
 *   while (decoder.next(frame)) console.log(frame.strings());
 * }
 * ```
 *
 * The format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

import { parseInteger } from "../base/numbers.ts";
import { bytesOf, byteString } from "../base/span.ts";
import { splitArguments } from "../base/split_arguments.ts";
import { ChunkPool, LARGE_CHUNK, SMALL_CHUNK } from "./chunk_pool.ts";
import type { Frame } from "./frame.ts";
import { ProtocolError, QueryBufferLimitError } from "./protocol_error.ts";

const NUL = 0, LF = 10, CR = 13, DOLLAR = 36, STAR = 42, ZERO = 48;

/** What a decoder accepts. It reads the values when it needs them, so changing them takes effect. */
export interface DecoderLimits {
  /** Longest argument in bytes (`proto-max-bulk-len`). */
  maxBulkLength: number;
  /** Most undecoded bytes (`client-query-buffer-limit`). */
  maxQueryBuffer: number;
  /** Most arguments of one command. */
  maxMultibulk: number;
  /** Longest inline command, and longest line with a count or a length, in bytes. */
  inlineLimit: number;
  /** Whether the peer has given its password, if one is asked for: before that it may send little. */
  authenticated: boolean;
}

/** The limits of a server with its default configuration and no password. */
export function defaultLimits(): DecoderLimits {
  return {
    maxBulkLength: 512 * 1024 * 1024,
    maxQueryBuffer: 1024 * 1024 * 1024,
    maxMultibulk: 0x7fffffff,
    inlineLimit: 64 * 1024,
    authenticated: true,
  };
}

const UNAUTHENTICATED_MAX_MULTIBULK = 10;
const UNAUTHENTICATED_MAX_BULK = 16384;

// A buffer grows through these sizes when reads fill it; more only for a command that really arrives.
const SMALLEST_BUFFER = 1024;
const LARGEST_IDLE_BUFFER = SMALL_CHUNK;
const LARGEST_SHARED_BUFFER = LARGE_CHUNK;
const GROWTH = 4;
/** After so many reads in a row that would have fitted a buffer of the size below, it shrinks. */
const SMALL_READS_BEFORE_SHRINKING = 64;
/** Positions are 32-bit. */
const LARGEST_BUFFER = 0x7fffffff;

// What an unusual command needed is not kept: a buffer above LARGEST_SHARED_BUFFER, which a frame must not
// keep alive either, and the room for more positions than this.
const KEPT_ARGUMENTS = 4096;

// What a header can be besides a number; any valid negative number counts as NEGATIVE.
const NEGATIVE = -1;
const INVALID = -2;
const INCOMPLETE = -3;

/**
 * The query buffer of a connection, and the commands in it. Bytes come in through `writable` and
 * `commit`, commands go out through `next`; frames stay valid until `writable` is called again, which
 * moves what is left or gives the buffer away.
 *
 * A connection that has nothing to say holds between 1 and 16 KiB, as its traffic asked for. No length
 * that a peer claims is allocated: the buffer doubles each time that real bytes have filled it. An
 * unfinished command lies in it as a whole, so that one of more than 2 GiB is refused, as a query buffer
 * over its limit is.
 */
export class CommandDecoder {
  /** Read at every use: the owner may change them between two commands. */
  readonly limits: DecoderLimits;

  readonly #pool: ChunkPool;
  #buffer: Uint8Array = new Uint8Array(SMALLEST_BUFFER);
  /** Bytes `[#start, #filled)` are not decoded yet; `#start` is where a command begins. */
  #start = 0;
  #filled = 0;
  /** How many bytes there were before those in the buffer. */
  #discarded = 0;
  #readWasFull = false;
  #smallReads = 0;

  // The command that is being decoded. Where it isn't complete yet, decoding goes on from here.
  /** Where decoding goes on. */
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

  constructor(limits: DecoderLimits = defaultLimits(), pool: ChunkPool = new ChunkPool()) {
    this.limits = limits;
    this.#pool = pool;
  }

  /** How many bytes belong to the commands which `next` has given out, since the connection began. */
  get consumed(): number {
    return this.#discarded + this.#start;
  }

  /** How many bytes came in and are not part of a command that was given out. */
  get pending(): number {
    return this.#filled - this.#start;
  }

  /** Bytes that the query buffer occupies (`qbuf` and `qbuf-free` of CLIENT LIST together). */
  get capacity(): number {
    return this.#buffer.length;
  }

  /**
   * Where the next bytes of the connection are to be put; never empty. Valid until the next call, and
   * ends the life of all frames from before.
   */
  writable(): Uint8Array {
    if (this.#start === this.#filled) {
      this.#discarded += this.#start;
      this.#start = this.#scan = this.#searched = 0;
      this.#fit(this.#filled);
      this.#filled = 0;
      return this.#buffer;
    }
    const live = this.#filled - this.#start;
    const capacity = this.#buffer.length;
    if (this.#readWasFull && capacity < LARGEST_SHARED_BUFFER) {
      this.#moveTo(this.#allocate(capacity * GROWTH));
    } else if (this.#start >= live) {
      // Never moves more bytes than were decoded: linear on the whole.
      const oversized = capacity > LARGEST_SHARED_BUFFER && live <= LARGEST_SHARED_BUFFER / 2;
      this.#moveTo(oversized ? this.#allocate(LARGEST_SHARED_BUFFER) : this.#buffer);
    } else if (this.#filled === capacity) {
      this.#moveTo(new Uint8Array(this.#doubled()));
    }
    return this.#buffer.subarray(this.#filled);
  }

  /**
   * Tells that `count` bytes were put at the beginning of what `writable` returned.
   *
   * @throws QueryBufferLimitError when more bytes wait than the limit allows
   */
  commit(count: number): void {
    this.#filled += count;
    this.#readWasFull = this.#filled === this.#buffer.length;
    // As in Redis, the finished arguments of an unfinished command don't count.
    if (this.#filled - this.#scan > this.limits.maxQueryBuffer) throw new QueryBufferLimitError();
  }

  /** Adds bytes by copying them: for those that were not read straight into `writable()`. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const target = this.writable();
      const part = bytes.subarray(at, at + target.length);
      target.set(part);
      this.commit(part.length);
      at += part.length;
    }
  }

  /**
   * Decodes the next command into `frame` and tells whether there was a complete one.
   *
   * @throws ProtocolError on bytes that are no command; each further call throws it again
   */
  next(frame: Frame): boolean {
    if (this.#failure !== null) throw this.#failure;
    if (this.#remaining !== 0) this.#exchangeOffsets(frame);
    else {
      const begun = this.#begin(frame);
      if (begun !== ARRAY) return begun === INLINE;
    }
    return this.#bulks(frame);
  }

  /** Gives back what is borrowed; the decoder is of no use afterwards. */
  close(): void {
    this.#replace(new Uint8Array(0));
    this.#start = this.#filled = this.#scan = 0;
    this.#remaining = 0;
  }

  /** Reads up to the arguments of the next command, passing over empty ones. */
  #begin(frame: Frame): Beginning {
    for (;;) {
      const start = this.#start;
      if (start === this.#filled) {
        if (this.#buffer.length > LARGEST_SHARED_BUFFER) frame.clear();
        return NOTHING;
      }
      this.#canonical = true;
      if (this.#buffer[start] !== STAR) {
        const begun = this.#inline(frame);
        if (begun !== EMPTY_COMMAND) return begun;
        continue;
      }
      const count = this.#header(start, STAR);
      if (count === INCOMPLETE) return NOTHING;
      if (count === INVALID || count > this.limits.maxMultibulk) {
        throw this.#fail("invalid multibulk length");
      }
      if (count > UNAUTHENTICATED_MAX_MULTIBULK && !this.limits.authenticated) {
        throw this.#fail("unauthenticated multibulk length");
      }
      if (count > 0) {
        if (frame.offsets.length > 2 * KEPT_ARGUMENTS) frame.clear();
        this.#remaining = count;
        this.#bulkLength = -1;
        this.#argc = 0;
        return ARRAY;
      }
      this.#start = this.#scan;
    }
  }

  /** Reads the arguments of an array. */
  #bulks(frame: Frame): boolean {
    const buffer = this.#buffer, filled = this.#filled;
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
    frame.start = this.#start;
    frame.end = this.#start = this.#scan;
    frame.canonical = this.#canonical;
    return true;
  }

  /** The length in the line at `#scan`, which then is after it; negative when the line is incomplete. */
  #bulkHeader(): number {
    const length = this.#header(this.#scan, DOLLAR);
    if (length >= 0 && length <= UNAUTHENTICATED_MAX_BULK) return length;
    if (length === INCOMPLETE) return length;
    if (length < 0 || length > this.limits.maxBulkLength) throw this.#fail("invalid bulk length");
    if (!this.limits.authenticated) throw this.#fail("unauthenticated bulk length");
    return length;
  }

  /** The number in the line at `at`, which must begin with `type`; `#scan` is then after the line. */
  #header(at: number, type: number): number {
    const buffer = this.#buffer, filled = this.#filled;
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
    const buffer = this.#buffer, filled = this.#filled;
    const end = this.#find(CR, at);
    if (end < 0) {
      if (filled - at > this.limits.inlineLimit) {
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
    const start = this.#start;
    const newline = this.#find(LF, start);
    if (newline < 0) {
      if (this.#filled - start > this.limits.inlineLimit) {
        throw this.#fail("too big inline request");
      }
      return NOTHING;
    }
    const end = newline > start && this.#buffer[newline - 1] === CR ? newline - 1 : newline;
    const args = splitArguments(byteString(this.#buffer, start, end));
    if (args === null) throw this.#fail("unbalanced quotes in request");
    this.#start = this.#scan = newline + 1;
    if (args.length === 0) return EMPTY_COMMAND;
    frame.setBytes(args.map(bytesOf));
    return INLINE;
  }

  /**
   * Where `byte` is first, from `from` on; -1 when it has not arrived. As in Redis nothing is found
   * behind a NUL byte: such a line is never complete and runs into the limit.
   */
  #find(byte: number, from: number): number {
    const buffer = this.#buffer, filled = this.#filled;
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

  /** Gives the empty buffer, which `used` bytes passed through, the size that its traffic asks for. */
  #fit(used: number): void {
    const capacity = this.#buffer.length;
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

  #replace(buffer: Uint8Array): void {
    this.#pool.release(this.#buffer);
    this.#buffer = buffer;
  }

  /** The next size of a full buffer: twice as much, but no more than the last argument needs. */
  #doubled(): number {
    let size = 2 * this.#buffer.length;
    if (this.#remaining === 1 && this.#bulkLength >= 0) {
      const needed = this.#scan - this.#start + this.#bulkLength + 2;
      if (needed > this.#buffer.length) size = Math.min(size, needed);
    }
    if (size > LARGEST_BUFFER) {
      if (this.#buffer.length >= LARGEST_BUFFER) throw new QueryBufferLimitError();
      size = LARGEST_BUFFER;
    }
    return size;
  }

  /** Moves what is not decoded to the front of `target`, which may be the buffer itself. */
  #moveTo(target: Uint8Array): void {
    const by = this.#start;
    if (target === this.#buffer) target.copyWithin(0, by, this.#filled);
    else {
      target.set(this.#buffer.subarray(by, this.#filled));
      this.#replace(target);
    }
    if (this.#remaining !== 0) {
      const offsets = this.#offsets;
      for (let i = 0; i < 2 * this.#argc; i++) offsets[i] -= by;
    }
    this.#start = 0;
    this.#filled -= by;
    this.#scan -= by;
    this.#searched -= by;
    this.#discarded += by;
  }
}

// What the decoder found where a command begins.
type Beginning = 0 | 1 | 2 | 3;
const NOTHING = 0;
const EMPTY_COMMAND = 1;
const INLINE = 2;
const ARRAY = 3;
