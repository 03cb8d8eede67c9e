/**
 * Bytes → replies, for those who talk to a server: a client's side of the protocol, RESP2 and RESP3.
 *
 * ```ts
 * await connection.write(encodeCommand(["INCR", "visits"]));
 * for await (const reply of connection.readable.pipeThrough(replyStream())) {
 *   console.log(reply); // 1
 * }
 * ```
 *
 * The format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

// @std/streams, named in full: a program that imports src/mod.ts needs no import map for it.
// deno-lint-ignore no-import-prefix
import { toTransformStream } from "npm:deno-std@1.4.0/streams/mod.js";
import { ReplyError } from "../base/errors.ts";
import { parseInteger } from "../base/numbers.ts";
import { bytesOf, byteString, EMPTY } from "../base/span.ts";
import { Frame } from "./frame.ts";
import { ProtocolError } from "./protocol_error.ts";

const CR = 13, LF = 10;

/**
 * A reply as a value. Simple strings are byte strings, bulk strings byte strings or bytes as the decoder
 * was told, integers numbers as long as those are exact, doubles numbers, big numbers bigints. An error
 * is a value too, as it may lie within an array.
 */
export type Reply =
  | string
  | Uint8Array
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | Reply[]
  | Map<Reply, Reply>
  | Set<Reply>
  | Push
  | Verbatim
  | Attributed;

/** Something that the server tells without being asked, such as a message of a channel. */
export class Push {
  constructor(readonly items: Reply[]) {}
}

/** Text for people; `format` is `txt` or `mkd`. */
export class Verbatim {
  constructor(readonly format: string, readonly text: string) {}
}

/** A reply about which the server tells more. */
export class Attributed {
  constructor(readonly attributes: Map<Reply, Reply>, readonly reply: Reply) {}
}

/** What the other side may make a decoder keep. Whoever says more than that says no reply. */
export interface ReplyLimits {
  /** Bytes of a line: a simple string, an error, a number or the header of something longer. */
  readonly line: number;
  /** Bytes of a whole reply; for each value in it `VALUE_COST` more are counted. */
  readonly size: number;
  /** How many arrays, maps, sets, pushes and attributes may lie within each other. */
  readonly depth: number;
}

/** What a value takes here beside its bytes, roughly: a map of nothing is sent as four bytes. */
const VALUE_COST = 64;

/** Enough for every answer that a server gives which is what it should be. */
const USUAL_LIMITS: ReplyLimits = { line: 64 * 1024, size: 1024 ** 3, depth: 1000 };

/** The runtime has no longer strings. */
const LONGEST_STRING = 2 ** 29 - 24;

/** A buffer is not kept for the next reply when it is larger. */
const LARGEST_KEPT_BUFFER = 64 * 1024;

/** How replies are decoded. */
export interface ReplyOptions {
  /** What bulk strings become: byte strings, which is the default, or bytes that the caller owns. */
  bulk?: "string" | "bytes";
  /** What is refused; by default what no server says: lines of 64 KB, replies of 1 GB, 1000 levels. */
  limits?: ReplyLimits;
}

/** An array, map, set, push or attribute whose elements are still being read. */
interface OpenReply {
  readonly type: string;
  /** How many elements it takes; an attribute's last one is the reply that it belongs to. */
  readonly count: number;
  readonly items: Reply[];
}

/** What `#element` gives when it has begun a reply that has elements. */
const BEGUN: unique symbol = Symbol("begun");

/**
 * Decodes replies from bytes that come in pieces of any size. What was decoded is not looked at again
 * when more comes, and nothing is allocated for a length that is merely announced. What must be kept until
 * a reply is complete is bounded, as long as all replies are taken before more is fed. Streamed strings and
 * aggregates, which Redis never sends, are not understood.
 */
export class ReplyDecoder {
  readonly #asBytes: boolean;
  readonly #limits: ReplyLimits;
  readonly #longestPayload: number;
  #buffer: Uint8Array = EMPTY;
  /** Bytes `[#start, #filled)` are not decoded yet. */
  #start = 0;
  #filled = 0;
  /** No end of the line that starts at `#start` lies before here. */
  #searched = 0;
  #open: OpenReply[] = [];
  /** What the reply that has begun costs so far. */
  #size = 0;

  constructor({ bulk, limits = USUAL_LIMITS }: ReplyOptions = {}) {
    this.#asBytes = bulk === "bytes";
    this.#limits = limits;
    this.#longestPayload = Math.min(limits.size, this.#asBytes ? Infinity : LONGEST_STRING);
  }

  /** Whether a reply has begun to arrive and is not complete. */
  get incomplete(): boolean {
    return this.#filled > this.#start || this.#open.length > 0;
  }

  /** Adds bytes, which are copied. */
  feed(bytes: Uint8Array): void {
    const live = this.#filled - this.#start;
    const needed = live + bytes.length;
    if (this.#filled + bytes.length > this.#buffer.length) {
      // Moving is worth it only when no more bytes stay than were decoded.
      const target = needed <= this.#buffer.length && this.#start >= live
        ? this.#buffer
        : new Uint8Array(Math.max(2 * needed, 1024));
      target.set(this.#buffer.subarray(this.#start, this.#filled));
      this.#buffer = target;
      this.#searched -= this.#start;
      this.#start = 0;
      this.#filled = live;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /**
   * The next reply; undefined when it has not arrived in full.
   *
   * @throws ProtocolError on bytes that are no reply, or more than the limits allow
   */
  next(): Reply | undefined {
    for (;;) {
      let value = this.#element();
      if (value === undefined) return undefined;
      if (value === BEGUN) continue;
      for (;;) {
        const parent = this.#open.at(-1);
        if (parent === undefined) {
          this.#size = 0;
          return value;
        }
        parent.items.push(value);
        if (parent.items.length < parent.count) break;
        this.#open.pop();
        value = finished(parent);
      }
    }
  }

  /** All replies that have arrived in full. */
  *replies(): Generator<Reply, void> {
    for (let reply = this.next(); reply !== undefined; reply = this.next()) yield reply;
  }

  #element(): Reply | typeof BEGUN | undefined {
    const buffer = this.#buffer, start = this.#start;
    const lineEnd = findLineEnd(buffer, Math.max(start, this.#searched), this.#filled);
    if (lineEnd < 0 || lineEnd - start > this.#limits.line) {
      this.#searched = Math.max(start, this.#filled - 1);
      if (this.#filled - start > this.#limits.line) throw new ProtocolError("a line is too long");
      if (this.#filled === start) this.#dropBuffer();
      return undefined;
    }
    const afterLine = lineEnd + 2;
    const type = String.fromCharCode(buffer[start]);
    const bodyLength = payloadLength(buffer, start, lineEnd);
    if (bodyLength >= 0) {
      if (bodyLength > this.#longestPayload) throw new ProtocolError("a reply is too long");
      this.#checkSize(this.#size + afterLine - start + bodyLength);
      const end = afterLine + bodyLength;
      if (end + 2 > this.#filled) {
        this.#searched = lineEnd;
        return undefined;
      }
      if (buffer[end] !== CR || buffer[end + 1] !== LF) {
        throw new ProtocolError("a reply's payload is longer than its length");
      }
      this.#start = end + 2;
      this.#size += end + 2 - start + VALUE_COST;
      return this.#payload(type, afterLine, end);
    }
    this.#start = afterLine;
    this.#checkSize(this.#size += afterLine - start + VALUE_COST);
    const count = elementCount(buffer, start, lineEnd);
    if (count >= 0 && this.#open.length >= this.#limits.depth) {
      throw new ProtocolError("replies lie too deep within each other");
    }
    if (count > 0) {
      this.#open.push({ type, count, items: [] });
      return BEGUN;
    }
    if (count === 0) return finished({ type, count, items: [] });
    return lineValue(type, buffer, start + 1, lineEnd);
  }

  #checkSize(size: number): void {
    if (size > this.#limits.size) throw new ProtocolError("a reply is too long");
  }

  /** Nothing is in the buffer: it is given back where a long reply has made it long. */
  #dropBuffer(): void {
    this.#start = this.#filled = this.#searched = 0;
    if (this.#buffer.length > LARGEST_KEPT_BUFFER) this.#buffer = EMPTY;
  }

  #payload(type: string, start: number, end: number): Reply {
    if (type === "$" && this.#asBytes) return this.#buffer.slice(start, end);
    const text = byteString(this.#buffer, start, end);
    if (type === "!") return new ReplyError(text);
    if (type === "=") return new Verbatim(text.slice(0, 3), text.slice(4));
    return text;
  }
}

/**
 * A transform from a connection's bytes to its replies. It errors with a ProtocolError when the bytes are
 * no replies or end within one.
 */
export function replyStream(options: ReplyOptions = {}): TransformStream<Uint8Array, Reply> {
  return toTransformStream(async function* (chunks: ReadableStream<Uint8Array>) {
    const decoder = new ReplyDecoder(options);
    for await (const chunk of chunks) {
      decoder.feed(chunk);
      yield* decoder.replies();
    }
    if (decoder.incomplete) throw new ProtocolError("the connection ended within a reply");
  });
}

/**
 * A command as the bytes to send. Strings are byte strings; other text is given as UTF-8 bytes, with
 * `new TextEncoder().encode(text)`.
 *
 * @throws RangeError when a string has characters beyond U+00FF, or a number has no exact value
 */
export function encodeCommand(
  args: readonly (string | Uint8Array | number | bigint)[],
): Uint8Array {
  return Frame.fromBytes(args.map((argument) => {
    if (argument instanceof Uint8Array) return argument;
    if (typeof argument === "number" && !Number.isFinite(argument)) {
      throw new RangeError(`${argument} is no argument`);
    }
    const text = String(argument);
    // deno-lint-ignore no-control-regex -- all bytes, those of control characters too
    if (!/^[\x00-\xff]*$/.test(text)) throw new RangeError("an argument is not a byte string");
    return bytesOf(text);
  })).encoded();
}

/**
 * The length in bytes of the reply that begins at `offset`, as it stands on the wire; -1 when it is not
 * complete. Each call starts at the reply's beginning: for bytes that are compared, not for a client.
 *
 * @throws ProtocolError on bytes that are no reply
 */
export function completeReplyLength(bytes: Uint8Array, offset = 0): number {
  let at = offset;
  for (let missing = 1; missing > 0; missing--) {
    const lineEnd = findLineEnd(bytes, at, bytes.length);
    if (lineEnd < 0) return -1;
    const payload = payloadLength(bytes, at, lineEnd);
    const elements = elementCount(bytes, at, lineEnd);
    if (elements > 0) missing += elements;
    else if (elements < 0 && payload < 0) {
      lineValue(String.fromCharCode(bytes[at]), bytes, at + 1, lineEnd); // throws when it is none
    }
    at = lineEnd + 2 + (payload < 0 ? 0 : payload + 2);
    if (at > bytes.length) return -1;
  }
  return at - offset;
}

/** Where the first CR LF in `[start, end)` begins; -1 when there is none. */
function findLineEnd(buffer: Uint8Array, start: number, end: number): number {
  for (let p = start; p + 1 < end; p++) {
    if (buffer[p] === CR && buffer[p + 1] === LF) return p;
  }
  return -1;
}

/** The number in a line whose type is at `start`. */
function lineNumber(buffer: Uint8Array, start: number, lineEnd: number): number | bigint {
  const value = parseInteger(buffer, start + 1, lineEnd);
  if (value === undefined) {
    throw new ProtocolError(`no number in reply: ${byteString(buffer, start, lineEnd)}`);
  }
  return value;
}

/** Length of the payload that follows the line at `start`; -1 when none does. */
function payloadLength(buffer: Uint8Array, start: number, lineEnd: number): number {
  const type = String.fromCharCode(buffer[start]);
  return type === "$" || type === "!" || type === "="
    ? Number(lineNumber(buffer, start, lineEnd))
    : -1;
}

/** How many elements follow the line at `start`; -1 when it is not that of an aggregate. */
function elementCount(buffer: Uint8Array, start: number, lineEnd: number): number {
  switch (String.fromCharCode(buffer[start])) {
    case "*":
    case "~":
    case ">":
      return Number(lineNumber(buffer, start, lineEnd));
    case "%":
      return 2 * Number(lineNumber(buffer, start, lineEnd));
    case "|":
      return 2 * Number(lineNumber(buffer, start, lineEnd)) + 1;
    default:
      return -1;
  }
}

/** The value of a reply that is one line. */
function lineValue(type: string, buffer: Uint8Array, start: number, end: number): Reply {
  const text = byteString(buffer, start, end);
  switch (type) {
    case "+":
      return text;
    case "-":
      return new ReplyError(text);
    case ":":
      return lineNumber(buffer, start - 1, end);
    case "_":
      return null;
    case "$":
    case "*":
      if (text === "-1") return null;
      break;
    case "#":
      if (text === "t" || text === "f") return text === "t";
      break;
    case ",":
      if (/^-?inf$/.test(text)) return text === "inf" ? Infinity : -Infinity;
      if (/^-?nan$/.test(text)) return NaN;
      if (/^[-+]?\d+(\.\d*)?(e[-+]?\d+)?$/i.test(text)) return Number(text);
      break;
    case "(":
      if (/^[-+]?\d+$/.test(text)) return BigInt(text.replace("+", ""));
      break;
  }
  throw new ProtocolError(`not a reply: ${type}${text}`);
}

/** The value of an aggregate whose elements are complete. */
function finished({ type, items }: OpenReply): Reply {
  switch (type) {
    case "~":
      return new Set(items);
    case ">":
      return new Push(items);
    case "%":
      return pairs(items);
    case "|": {
      const reply = items.pop() as Reply;
      return new Attributed(pairs(items), reply);
    }
    default:
      return items;
  }
}

function pairs(items: Reply[]): Map<Reply, Reply> {
  const map = new Map<Reply, Reply>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return map;
}
