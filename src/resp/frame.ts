/**
 * A command as the bytes it came in: argument positions over a buffer, decoded only when asked for.
 *
 * ```ts
 * const frame = Frame.fromStrings(["SET", "key", "value"]);
 * frame.is(0, "SET"); // true
 * frame.string(1); // "key"
 * frame.encoded(); // *3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n
 * ```
 */

import { untilNul } from "../base/c_string.ts";
import { formatInteger, integerLength } from "../base/numbers.ts";
import { bytesOf, byteString, copyBytes, EMPTY, Span } from "../base/span.ts";

const CR = 13, LF = 10, STAR = 42, DOLLAR = 36;

/** Arguments that a fresh frame has room for. */
const INITIAL_ARGUMENTS = 16;
/** Spans that a frame keeps; for later positions each request makes a short-lived one. */
const KEPT_SPANS = 64;

/** Something that bytes can be added to; it takes what it needs of `buffer` before it returns. */
export interface ByteSink {
  append(buffer: Uint8Array, start: number, end: number): void;
}

/**
 * One command: its name is argument 0. A frame which a decoder filled is valid until that decoder's
 * `writable()` is called, as it lies in the read buffer; what must live longer is taken by `copy`,
 * `string` or `detach`.
 */
export class Frame {
  /** The bytes that the positions refer to. */
  buffer: Uint8Array = EMPTY;
  /** Number of arguments, the command's name included; 0 for a frame that holds nothing. */
  argc = 0;
  /** The whole command is bytes `[start, end)` of `buffer`. */
  start = 0;
  end = 0;
  /**
   * Whether `[start, end)` is exactly what encoding the arguments as a RESP array of bulk strings
   * gives, so that it may be propagated as it stands.
   */
  canonical = true;
  /**
   * Start and end of each argument, in pairs: for the decoder, which fills them in. 32 bits are
   * enough because a query buffer never passes 2^31 bytes.
   */
  offsets: Int32Array = new Int32Array(2 * INITIAL_ARGUMENTS);

  #spans: Span[] = [];

  /** A frame of its own over byte strings, in canonical encoding. */
  static fromStrings(args: readonly string[]): Frame {
    return Frame.fromBytes(args.map(bytesOf));
  }

  /** A frame of its own over copies of the given arguments, in canonical encoding. */
  static fromBytes(args: readonly Uint8Array[]): Frame {
    const frame = new Frame();
    frame.setBytes(args);
    return frame;
  }

  /** Makes this frame a canonical one over a fresh buffer that holds copies of `args`. */
  setBytes(args: readonly Uint8Array[]): void {
    let size = headerLength(args.length);
    for (const argument of args) size += headerLength(argument.length) + argument.length + 2;
    const buffer = new Uint8Array(size);
    this.reserve(args.length);
    let at = writeHeader(buffer, 0, STAR, args.length);
    for (let i = 0; i < args.length; i++) {
      const argument = args[i];
      at = writeHeader(buffer, at, DOLLAR, argument.length);
      buffer.set(argument, at);
      this.offsets[2 * i] = at;
      at += argument.length;
      this.offsets[2 * i + 1] = at;
      buffer[at++] = CR;
      buffer[at++] = LF;
    }
    this.buffer = buffer;
    this.argc = args.length;
    this.start = 0;
    this.end = size;
    this.canonical = true;
  }

  /** Makes room for the positions of `count` arguments; those that are there are kept. */
  reserve(count: number): void {
    if (2 * count <= this.offsets.length) return;
    const larger = new Int32Array(
      Math.max(2 * count, 2 * this.offsets.length, 2 * INITIAL_ARGUMENTS),
    );
    larger.set(this.offsets);
    this.offsets = larger;
  }

  /** Lets go of the buffer and of room that only an unusual command needs. */
  clear(): void {
    this.buffer = EMPTY;
    this.argc = this.start = this.end = 0;
    this.canonical = true;
    if (this.offsets.length > 2 * INITIAL_ARGUMENTS) {
      this.offsets = new Int32Array(2 * INITIAL_ARGUMENTS);
    }
    this.#spans = [];
  }

  /** Where argument `i` starts in `buffer`. */
  argStart(i: number): number {
    return this.offsets[2 * i];
  }

  /** Where argument `i` ends in `buffer` (exclusive). */
  argEnd(i: number): number {
    return this.offsets[2 * i + 1];
  }

  /** Length of argument `i` in bytes. */
  argLength(i: number): number {
    return this.offsets[2 * i + 1] - this.offsets[2 * i];
  }

  /**
   * Argument `i` as a span, valid as long as the frame is. Two positions have two spans, so a handler
   * may hold several at once; those of the first positions are used again by the next command.
   */
  span(i: number): Span {
    if (i >= KEPT_SPANS) return this.spanInto(i, new Span());
    while (this.#spans.length <= i) this.#spans.push(new Span());
    return this.spanInto(i, this.#spans[i]);
  }

  /** Points `span` at argument `i` and returns it: for walks over very many arguments. */
  spanInto(i: number, span: Span): Span {
    return span.set(this.buffer, this.offsets[2 * i], this.offsets[2 * i + 1]);
  }

  /** Argument `i` as a byte string. */
  string(i: number): string {
    return byteString(this.buffer, this.offsets[2 * i], this.offsets[2 * i + 1]);
  }

  /** Argument `i` as error texts show it: Redis prints it as a C string, which a NUL byte ends. */
  shownText(i: number): string {
    return untilNul(this.string(i));
  }

  /** All arguments as byte strings. */
  strings(): string[] {
    return Array.from({ length: this.argc }, (_, i) => this.string(i));
  }

  /** A copy of argument `i` that the caller owns. */
  copy(i: number): Uint8Array {
    return this.buffer.slice(this.offsets[2 * i], this.offsets[2 * i + 1]);
  }

  /**
   * Whether argument `i` is `token`, ASCII letters in any case; `token` is given in upper case. As Redis
   * compares C strings, a NUL byte ends the argument.
   */
  is(i: number, token: string): boolean {
    const start = this.offsets[2 * i], length = token.length;
    const longer = this.offsets[2 * i + 1] - start - length;
    const buffer = this.buffer;
    if (longer < 0 || (longer > 0 && buffer[start + length] !== 0)) return false;
    for (let k = 0; k < length; k++) {
      let c = buffer[start + k];
      if (c >= 97 && c <= 122) c -= 32;
      if (c !== token.charCodeAt(k)) return false;
    }
    return true;
  }

  /** Whether argument `i` is exactly this byte string. */
  equals(i: number, text: string): boolean {
    const start = this.offsets[2 * i], { length } = text, { buffer } = this;
    if (this.offsets[2 * i + 1] - start !== length) return false;
    // Keys that differ mostly do so at their ends.
    for (let k = length - 1; k >= 0; k--) {
      if (buffer[start + k] !== text.charCodeAt(k)) return false;
    }
    return true;
  }

  /** A frame with the same arguments which owns its bytes, in canonical encoding. */
  detach(): Frame {
    const copy = new Frame();
    const size = this.encodedLength;
    const buffer = new Uint8Array(size);
    this.encodeInto(buffer, 0);
    copy.reserve(this.argc);
    let at = headerLength(this.argc);
    for (let i = 0; i < this.argc; i++) {
      const length = this.argLength(i);
      at += headerLength(length);
      copy.offsets[2 * i] = at;
      at += length;
      copy.offsets[2 * i + 1] = at;
      at += 2;
    }
    copy.buffer = buffer;
    copy.argc = this.argc;
    copy.end = size;
    return copy;
  }

  /** Length of all arguments together in bytes. */
  get argumentBytes(): number {
    let bytes = 0;
    for (let i = 0; i < this.argc; i++) bytes += this.argLength(i);
    return bytes;
  }

  /** Length of the canonical encoding in bytes. */
  get encodedLength(): number {
    if (this.canonical) return this.end - this.start;
    let size = headerLength(this.argc);
    for (let i = 0; i < this.argc; i++) {
      const length = this.argLength(i);
      size += headerLength(length) + length + 2;
    }
    return size;
  }

  /** Writes the canonical encoding to `target` at `at` and returns where it ends. */
  encodeInto(target: Uint8Array, at: number): number {
    if (this.canonical) {
      copyBytes(this.buffer, this.start, this.end, target, at);
      return at + this.end - this.start;
    }
    at = writeHeader(target, at, STAR, this.argc);
    for (let i = 0; i < this.argc; i++) {
      const start = this.offsets[2 * i], end = this.offsets[2 * i + 1];
      at = writeHeader(target, at, DOLLAR, end - start);
      copyBytes(this.buffer, start, end, target, at);
      at += end - start;
      target[at++] = CR;
      target[at++] = LF;
    }
    return at;
  }

  /** The canonical encoding, in bytes that the caller owns. */
  encoded(): Uint8Array {
    const bytes = new Uint8Array(this.encodedLength);
    this.encodeInto(bytes, 0);
    return bytes;
  }

  /** Appends the canonical encoding to `sink`, straight from the read buffer where that holds it. */
  appendTo(sink: ByteSink): void {
    if (this.canonical) sink.append(this.buffer, this.start, this.end);
    else sink.append(this.encoded(), 0, this.encodedLength);
  }
}

/** Length of a header such as `$12\r\n`. */
function headerLength(count: number): number {
  return 3 + integerLength(count);
}

/** Writes a header such as `$12\r\n` at `at` and returns where it ends. */
function writeHeader(target: Uint8Array, at: number, type: number, count: number): number {
  target[at] = type;
  at = formatInteger(count, target, at + 1);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}
