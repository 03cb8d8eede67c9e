/**
 * Values → bytes: the replies to one client, in RESP2 or RESP3.
 *
 * ```ts
 * const reply = new ReplyWriter();
 * reply.resp = 3;
 * reply.map(1);
 * reply.bulkString("answer");
 * reply.integer(42);
 * reply.bytes(); // %1\r\n$6\r\nanswer\r\n:42\r\n
 * ```
 *
 * The format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

import { formatDouble17g } from "../base/float_format.ts";
import { formatInteger, INTEGER_TEXT_MAX, integerLength } from "../base/numbers.ts";
import { type ByteRange, bytesOf, byteString, copyBytes, EMPTY } from "../base/span.ts";
import { ChunkPool, LARGE_CHUNK, SMALL_CHUNK } from "./chunk_pool.ts";

const CR = 13, LF = 10;
// The first bytes of the types, by their names in the protocol's specification.
const SIMPLE = 43, ERROR = 45, INTEGER = 58, BULK = 36, ARRAY = 42;
const NULL = 95, DOUBLE = 44, BOOLEAN = 35, BIG_NUMBER = 40, VERBATIM = 61;
const MAP = 37, SET = 126, PUSH = 62, ATTRIBUTE = 124;

/** Room for a type, the longest integer and the end of the line. */
const LONGEST_HEADER = 1 + INTEGER_TEXT_MAX + 2;
/** Longer strings are copied as bytes. */
const STRING_BY_LOOP_UP_TO = 256;
/** Payloads from this length on get a chunk of their own, of exactly their size. */
const OWN_CHUNK_FROM = 64 * 1024;
/**
 * No chunk is larger: longer payloads take several. Each goes back to the system when it is written, and a write
 * that its peer never takes keeps no more than one (Deno 2.7 does not end such a write with its connection).
 */
const LARGEST_CHUNK = 1024 * 1024;

/** Ends a command that only reads, when nobody is going to get its reply. */
export const REPLY_CUT = new Error("the reply is cut off");

/** Stands for the chunk of a header that was dropped. */
const DROPPED = -1;

/** A header whose count is told later: see `ReplyWriter.deferArray`. */
interface DeferredHeader {
  readonly type: number;
  /** Index of the chunk it is in: that of a full one, or `full.length` for the current one; or `DROPPED`. */
  chunk: number;
  /** Where the room for it begins. */
  readonly at: number;
}

/** Who looks after how long replies become. */
export interface ReplyWatcher {
  /**
   * Called before another chunk is taken, with the bytes that are known to come then: may call `cut`, or end
   * what runs by throwing `REPLY_CUT` unless `isMessageBegun`.
   */
  replyGrows(bytes: number): void;
}

/**
 * Gathers replies as bytes until they are taken away to be written. Between `take` and the next reply a
 * writer holds no memory. Every array, map or set is followed by as many replies as was announced.
 */
export class ReplyWriter {
  /** The protocol that the client speaks. */
  resp: 2 | 3 = 2;
  /** Bytes of the chunk that replies begin in: one of the pool's sizes, up to `SMALL_CHUNK`. */
  bufferSize = SMALL_CHUNK;
  /** How much of that was filled at most; who resizes it sets this back now and then. */
  bufferPeak = SMALL_CHUNK;
  /**
   * Is told of what comes. An object and not a function, as there is one for each connection: the engine keeps
   * what a function in a field of an object refers to until it looks through the whole heap.
   */
  watcher: ReplyWatcher | null = null;

  readonly #pool: ChunkPool;
  /** Where replies are written; EMPTY before the first. */
  #chunk: Uint8Array = EMPTY;
  /** Bytes written to `#chunk`. */
  #at = 0;
  /** Earlier chunks, whole, and how much of each is used. */
  #full: Uint8Array[] = [];
  #fullLengths: number[] = [];
  #fullSize = 0;
  #deferred: DeferredHeader[] = [];
  /** What was gathered when the writer was muted; negative when it is not. */
  #mutedAt = -1;
  #isCut = false;
  #isMessageBegun = false;

  constructor(pool: ChunkPool = new ChunkPool()) {
    this.#pool = pool;
  }

  /** Bytes gathered and not yet taken. */
  get size(): number {
    return this.#mutedAt >= 0 ? this.#mutedAt : this.#fullSize + this.#at;
  }

  /**
   * The small chunk whose first `size` bytes are all that was gathered, or null where there is none such. It may
   * be read until the next reply begins; `truncate(0)` has the writer begin it in the same chunk.
   */
  get onlyChunk(): Uint8Array | null {
    const isOnly = this.#full.length === 0 && this.#deferred.length === 0 && this.#mutedAt < 0;
    return isOnly && this.#chunk.length <= SMALL_CHUNK ? this.#chunk : null;
  }

  /** Bytes of the chunks that it holds. */
  get capacity(): number {
    return this.#full.reduce((sum, { length }) => sum + length, this.#chunk.length);
  }

  /** While true, what is written is dropped (`CLIENT REPLY OFF` and `SKIP`). */
  get muted(): boolean {
    return this.#mutedAt >= 0;
  }

  set muted(muted: boolean) {
    if (muted === this.muted || this.#isCut) return;
    if (muted) this.#mutedAt = this.size;
    else this.#dropMuted();
  }

  /** Whether the replies were cut off: what was gathered is gone, and nothing is gathered any more. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Drops what was gathered and whatever comes, for a client that is not going to get it. */
  cut(): void {
    this.#isCut = true;
    this.#mutedAt = 0;
    this.#dropFrom(0);
  }

  /** Whether what is written is a message rather than a part of a reply. */
  get isMessageBegun(): boolean {
    return this.#isMessageBegun;
  }

  /**
   * To be called before a message is written, which is kept even while the writer is muted: messages are no
   * replies. What this returns is for `endMessage`.
   */
  beginMessage(): boolean {
    const { muted } = this;
    this.muted = false;
    this.#isMessageBegun = true;
    return muted;
  }

  /** Ends what `beginMessage` began. */
  endMessage(muted: boolean): void {
    this.#isMessageBegun = false;
    this.muted = muted;
  }

  /** `+text`; the text is short and has neither CR nor LF. */
  simple(text: string): void {
    this.#line(SIMPLE, text);
  }

  /** `+OK` */
  ok(): void {
    const at = this.#room(5), chunk = this.#chunk;
    chunk[at] = SIMPLE;
    chunk[at + 1] = 79;
    chunk[at + 2] = 75;
    chunk[at + 3] = CR;
    chunk[at + 4] = LF;
    this.#at = at + 5;
  }

  /**
   * An error: `message` begins with its code, as in `ERR syntax error`. CR and LF become spaces, those at
   * the end nothing.
   */
  error(message: string): void {
    let end = message.length;
    while (end > 0 && "\r\n".includes(message[end - 1])) end--;
    this.#line(ERROR, message.slice(0, end).replace(/[\r\n]/g, " "));
  }

  /** A 64-bit integer. */
  integer(value: number | bigint): void {
    this.#header(INTEGER, value);
  }

  /** A bulk string of the bytes in `range`. */
  bulk(range: ByteRange): void {
    this.bulkBytes(range.buffer, range.start, range.end);
  }

  /** A bulk string of bytes `[start, end)`, which are copied. */
  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length >= OWN_CHUNK_FROM && length <= LARGEST_CHUNK) {
      if (!this.#mayGrow(length)) return;
      this.#closeChunk();
      this.#chunk = new Uint8Array(1 + integerLength(length) + length + 4);
    }
    this.#header(BULK, length);
    const at = this.#at, chunk = this.#chunk;
    if (at + length + 2 > chunk.length) {
      this.append(buffer, start, end);
      this.#endLine();
      return;
    }
    copyBytes(buffer, start, end, chunk, at);
    chunk[at + length] = CR;
    chunk[at + length + 1] = LF;
    this.#at = at + length + 2;
  }

  /** A bulk string of the bytes of a byte string. */
  bulkString(text: string): void {
    this.#header(BULK, text.length);
    this.#text(text);
    this.#endLine();
  }

  /** A bulk string that holds an integer in decimal. */
  bulkInteger(value: number | bigint): void {
    this.#header(BULK, integerLength(value));
    const at = this.#room(LONGEST_HEADER);
    this.#at = formatInteger(value, this.#chunk, at);
    this.#endLine();
  }

  /** Nothing, where a value would be. */
  null(): void {
    if (this.resp === 2) this.#header(BULK, -1);
    else this.#null();
  }

  /** Nothing, where an array would be. */
  nullArray(): void {
    if (this.resp === 2) this.#header(ARRAY, -1);
    else this.#null();
  }

  /** The beginning of an array of `count` replies. */
  array(count: number): void {
    this.#header(ARRAY, count);
  }

  /** The beginning of a map of `count` keys, each followed by its value; in RESP2 an array of both. */
  map(count: number): void {
    if (this.resp === 2) this.#header(ARRAY, 2 * count);
    else this.#header(MAP, count);
  }

  /** The beginning of a set of `count` replies; in RESP2 an array. */
  set(count: number): void {
    this.#header(this.resp === 2 ? ARRAY : SET, count);
  }

  /** The beginning of `count` replies that nobody asked for; in RESP2 an array. */
  push(count: number): void {
    this.#header(this.resp === 2 ? ARRAY : PUSH, count);
  }

  /** The beginning of `count` pairs which tell more about the reply that follows; only in RESP3. */
  attribute(count: number): void {
    if (this.resp === 2) throw new Error("RESP2 has no attributes");
    this.#header(ATTRIBUTE, count);
  }

  /** A double with 17 significant digits; in RESP2 a bulk string. */
  double(value: number): void {
    this.doubleText(formatDouble17g(value));
  }

  /** A double whose text is given, for those that Redis prints in another way. */
  doubleText(text: string): void {
    if (this.resp === 2) this.bulkString(text);
    else this.#line(DOUBLE, text);
  }

  /** True or false; in RESP2 1 or 0. */
  boolean(value: boolean): void {
    if (this.resp === 2) this.#header(INTEGER, value ? 1 : 0);
    else this.#line(BOOLEAN, value ? "t" : "f");
  }

  /** An integer of any size in decimal; in RESP2 a bulk string. */
  bigNumber(text: string): void {
    if (this.resp === 2) this.bulkString(text);
    else this.#line(BIG_NUMBER, text);
  }

  /** Text for people, `format` being `txt` or `mkd`; in RESP2 a bulk string. */
  verbatim(text: string, format: string): void {
    if (this.resp === 2) {
      this.bulkString(text);
      return;
    }
    this.#header(VERBATIM, text.length + format.length + 1);
    this.#text(format);
    this.#text(":");
    this.#text(text);
    this.#endLine();
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.append(bytes, 0, bytes.length);
  }

  /** Bytes `[start, end)` that are encoded already; they are copied. */
  append(buffer: Uint8Array, start: number, end: number): void {
    if (end - start >= OWN_CHUNK_FROM) {
      if (!this.#mayGrow(end - start)) return;
      for (; start < end; start += this.#at) {
        this.#closeChunk();
        const part = Math.min(end - start, LARGEST_CHUNK);
        // The end of the line that follows has room behind it.
        this.#chunk = new Uint8Array(part + 2);
        copyBytes(buffer, start, start + part, this.#chunk, 0);
        this.#at = part;
      }
      return;
    }
    while (start < end) {
      const at = this.#room(1);
      const part = Math.min(end - start, this.#chunk.length - at);
      copyBytes(buffer, start, start + part, this.#chunk, at);
      this.#at = at + part;
      start += part;
    }
  }

  /**
   * Begins an array whose length is not known yet; `setDeferred` tells it once the elements are
   * written. Of several that lie within each other the innermost ends first.
   */
  deferArray(): number {
    return this.#defer(ARRAY);
  }

  /** As `deferArray`, for a map: `setDeferred` is given the number of pairs. */
  deferMap(): number {
    return this.#defer(MAP);
  }

  /** As `deferArray`, for a set. */
  deferSet(): number {
    return this.#defer(SET);
  }

  /** Tells the count of the array, map or set that `mark` stands for. */
  setDeferred(mark: number, count: number): void {
    const header = this.#deferred.pop();
    if (header === undefined || this.#deferred.length !== mark) {
      throw new Error("deferred replies must end innermost first");
    }
    if (header.chunk === DROPPED) return;
    const inCurrent = header.chunk === this.#full.length;
    const chunk = inCurrent ? this.#chunk : this.#full[header.chunk];
    const end = inCurrent ? this.#at : this.#fullLengths[header.chunk];
    let { type } = header;
    if (this.resp === 2) {
      if (type === MAP) count *= 2;
      type = ARRAY;
    }
    // The longest header was left room for: what follows in this chunk moves up, other chunks stay.
    const headerEnd = writeHeader(chunk, header.at, type, count);
    const bodyStart = header.at + LONGEST_HEADER;
    chunk.copyWithin(headerEnd, bodyStart, end);
    const saved = bodyStart - headerEnd;
    if (inCurrent) this.#at -= saved;
    else {
      this.#fullLengths[header.chunk] -= saved;
      this.#fullSize -= saved;
    }
  }

  /**
   * Forgets what was written since `size` had the given value: for a command which fails when it has
   * replied in part.
   */
  truncate(size: number): void {
    if (this.#isCut) size = 0;
    this.#dropFrom(size);
    // To set the length of an array costs more than the rest.
    if (this.#deferred.length > 0) this.#deferred.length = 0;
  }

  /**
   * Hands over what was gathered, in order; replies from now on gather elsewhere. Each piece stays
   * untouched until it is given back with `release`.
   */
  take(): Uint8Array[] {
    if (this.#mutedAt >= 0) {
      this.#dropMuted();
      this.#mutedAt = 0;
    }
    if (this.#deferred.length > 0 && !this.#isCut) {
      throw new Error("a deferred reply is still without its count");
    }
    const filled = Math.min(this.#fullSize + this.#at, this.bufferSize);
    if (filled > this.bufferPeak) this.bufferPeak = filled;
    const taken: Uint8Array[] = [];
    for (let i = 0; i < this.#full.length; i++) {
      taken.push(this.#full[i].subarray(0, this.#fullLengths[i]));
    }
    if (this.#at > 0) taken.push(this.#chunk.subarray(0, this.#at));
    else this.#pool.release(this.#chunk);
    if (this.#full.length > 0) {
      this.#full = [];
      this.#fullLengths = [];
      this.#fullSize = 0;
    }
    this.#chunk = EMPTY;
    this.#at = 0;
    return taken;
  }

  /** Gives back pieces that `take` handed over, when they have been written or are not wanted. */
  release(taken: readonly Uint8Array[]): void {
    for (const piece of taken) this.releasePiece(piece);
  }

  /** Gives back one piece: all of it, or the part that was written last. */
  releasePiece(piece: Uint8Array): void {
    this.#pool.release(piece);
  }

  /** Takes what was gathered as one array of bytes, which the caller owns. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.size);
    const taken = this.take();
    let at = 0;
    for (const piece of taken) {
      all.set(piece, at);
      at += piece.length;
    }
    this.release(taken);
    return all;
  }

  /** The line that begins after `position` gathered bytes, or as much of it as there is: a byte string. */
  lineAt(position: number): string {
    let line = "", at = position;
    for (let i = 0; i <= this.#full.length; i++) {
      const isLast = i === this.#full.length;
      const chunk = isLast ? this.#chunk : this.#full[i];
      const length = isLast ? this.#at : this.#fullLengths[i];
      if (at >= length) {
        at -= length;
        continue;
      }
      const end = chunk.indexOf(CR, at);
      if (end >= 0 && end < length) return line + byteString(chunk, at, end);
      line += byteString(chunk, at, length);
      at = 0;
    }
    return line;
  }

  /** Makes sure that `count` bytes, fewer than a chunk has, fit; returns where they start. */
  #room(count: number): number {
    if (this.#at + count > this.#chunk.length) this.#makeRoom();
    return this.#at;
  }

  /**
   * Goes on in another chunk. A small one that turns out too small is exchanged for a larger one: to copy
   * it costs less than the write that each piece needs.
   */
  #makeRoom(): void {
    if (this.#at > 0 && this.#chunk.length >= LARGE_CHUNK) this.#mayGrow(0);
    const chunk = this.#chunk, at = this.#at;
    if (at === 0 || chunk.length >= LARGE_CHUNK) {
      const isFirst = at === 0 && this.#full.length === 0;
      this.#closeChunk();
      this.#chunk = this.#pool.acquire(isFirst ? this.bufferSize : LARGE_CHUNK);
      return;
    }
    const larger = this.#pool.acquire(chunk.length < SMALL_CHUNK ? SMALL_CHUNK : LARGE_CHUNK);
    copyBytes(chunk, 0, at, larger, 0);
    this.#pool.release(chunk);
    this.#chunk = larger;
  }

  /** Whether what is to come, and would take another chunk, is wanted at all. */
  #mayGrow(bytes: number): boolean {
    if (this.#mutedAt < 0 || this.#isCut) this.watcher?.replyGrows(bytes);
    if (this.#mutedAt < 0) return true;
    // So what nobody gets takes no memory, however much it is.
    this.#dropFrom(this.#mutedAt);
    return false;
  }

  /** Puts the current chunk, if anything is in it, among the full ones. */
  #closeChunk(): void {
    if (this.#at > 0) {
      this.#full.push(this.#chunk);
      this.#fullLengths.push(this.#at);
      this.#fullSize += this.#at;
    } else {
      this.#pool.release(this.#chunk);
    }
    this.#chunk = EMPTY;
    this.#at = 0;
  }

  #header(type: number, value: number | bigint): void {
    const at = this.#room(LONGEST_HEADER);
    this.#at = writeHeader(this.#chunk, at, type, value);
  }

  #line(type: number, text: string): void {
    const at = this.#room(1);
    this.#chunk[at] = type;
    this.#at = at + 1;
    this.#text(text);
    this.#endLine();
  }

  #text(text: string): void {
    if (text.length > STRING_BY_LOOP_UP_TO) {
      this.append(bytesOf(text), 0, text.length);
      return;
    }
    const at = this.#room(text.length), chunk = this.#chunk;
    for (let i = 0; i < text.length; i++) chunk[at + i] = text.charCodeAt(i);
    this.#at = at + text.length;
  }

  #endLine(): void {
    const at = this.#room(2);
    this.#chunk[at] = CR;
    this.#chunk[at + 1] = LF;
    this.#at = at + 2;
  }

  #null(): void {
    const at = this.#room(3);
    this.#chunk[at] = NULL;
    this.#at = at + 1;
    this.#endLine();
  }

  #defer(type: number): number {
    const at = this.#room(LONGEST_HEADER);
    this.#at = at + LONGEST_HEADER;
    return this.#deferred.push({ type, chunk: this.#full.length, at }) - 1;
  }

  #dropMuted(): void {
    this.#dropFrom(this.#mutedAt);
    this.#mutedAt = -1;
  }

  /** Drops what was written since `size` had the given value. */
  #dropFrom(size: number): void {
    if (size > this.#fullSize + this.#at) throw new RangeError("nothing that long was written");
    while (this.#fullSize > size) {
      this.#pool.release(this.#chunk);
      this.#chunk = this.#full.pop() as Uint8Array;
      this.#at = this.#fullLengths.pop() as number;
      this.#fullSize -= this.#at;
    }
    this.#at = size - this.#fullSize;
    for (const header of this.#deferred) {
      if (header.chunk > this.#full.length) header.chunk = DROPPED;
      else if (header.chunk === this.#full.length && header.at >= this.#at) header.chunk = DROPPED;
    }
  }
}

/** Writes a header such as `$12\r\n` at `at` and returns where it ends. */
function writeHeader(chunk: Uint8Array, at: number, type: number, value: number | bigint): number {
  chunk[at++] = type;
  if (typeof value === "number" && value >= 0 && value < 10) chunk[at++] = 48 + value;
  else at = formatInteger(value, chunk, at);
  chunk[at] = CR;
  chunk[at + 1] = LF;
  return at + 2;
}
