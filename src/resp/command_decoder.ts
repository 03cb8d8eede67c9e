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

import { ChunkPool } from "./chunk_pool.ts";
import { CommandParser } from "./command_parser.ts";
import type { CommandsAhead } from "./commands_ahead.ts";
import { type DecoderLimits, defaultLimits } from "./decoder_limits.ts";
import type { Frame } from "./frame.ts";
import { QueryBufferLimitError } from "./protocol_error.ts";
import { QueryBuffer } from "./query_buffer.ts";

/**
 * Decodes the commands in a connection's query buffer. Bytes come in through `writable` and `commit`,
 * commands go out through `next`; frames stay valid until `writable` is called again, which moves what is
 * left or gives the buffer away. Commands that nobody takes wait in the buffer as they came.
 *
 * An unfinished command lies in the buffer as a whole, so that one of more than 2 GiB is refused, as a
 * query buffer over its limit is.
 */
export class CommandDecoder {
  /** Read at every use: they may change between two commands. */
  readonly limits: DecoderLimits;
  readonly #query: QueryBuffer;
  readonly #parser: CommandParser;

  constructor(limits: DecoderLimits = defaultLimits(), pool: ChunkPool = new ChunkPool()) {
    this.limits = limits;
    this.#query = new QueryBuffer(pool);
    this.#parser = new CommandParser(this.#query, limits);
  }

  /** How many bytes have come in since the connection began. */
  get received(): number {
    return this.#query.received;
  }

  /** How many bytes came in and are not part of a command that was given out. */
  get pending(): number {
    return this.#query.filled - this.#query.start;
  }

  /** How many bytes are in the query buffer, those of commands included that were given out since the last read. */
  get held(): number {
    return this.#query.filled;
  }

  /** How many bytes came in and are not part of a finished argument (`qbuf` of CLIENT LIST). */
  get unparsed(): number {
    return this.#query.filled - Math.max(this.#query.start, this.#parser.scan);
  }

  /** Bytes in the finished arguments of an unfinished command. */
  get argumentBytes(): number {
    return this.#parser.argumentBytes;
  }

  /** Bytes that the query buffer occupies (`qbuf` and `qbuf-free` of CLIENT LIST together). */
  get capacity(): number {
    return this.#query.bytes.length;
  }

  /**
   * Where the next bytes of the connection are to be put; never empty. Valid until the next call, and
   * ends the life of all frames from before.
   */
  writable(): Uint8Array {
    const query = this.#query;
    const places = query.makeRoom(this.#parser.needed);
    if (places > 0) this.#parser.moved(places);
    return query.room;
  }

  /**
   * Tells that `count` bytes were put at the beginning of what `writable` returned.
   *
   * @throws QueryBufferLimitError when more bytes wait than the limit allows
   */
  commit(count: number): void {
    const query = this.#query;
    query.commit(count);
    // As in Redis, the finished arguments of an unfinished command don't count.
    if (query.filled - this.#parser.scan > this.limits.maxQueryBuffer) {
      throw new QueryBufferLimitError();
    }
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
    return this.#parser.next(frame);
  }

  /**
   * Decodes the next commands without giving them out: only such as `next` would give out whatever happens
   * until then. Each can be given out by `take` when its turn comes, unless `next` or `putBack` was called
   * since.
   */
  ahead(commands: CommandsAhead): void {
    this.#parser.ahead(commands);
  }

  /** Gives out the next command in `frame`: number `i` of those that `ahead` has decoded. */
  take(commands: CommandsAhead, i: number, frame: Frame): void {
    this.#parser.take(commands, i, frame);
  }

  /** Has `next` give out once more the command that it gave out last; before `writable` is called. */
  putBack(): void {
    this.#parser.putBack();
  }

  /** Drops what is not decoded, as nobody will take it. */
  discard(): void {
    this.#parser.discard();
  }

  /** Gives back what is borrowed, when nothing reads into it; the decoder is of no use afterwards. */
  close(): void {
    this.#parser.discard();
    this.#query.close();
  }
}
