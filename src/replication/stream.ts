/**
 * The stream of changes that replicas are sent. Its bytes are numbered by the history's offset: the first
 * one has the number 1. The newest of them are kept as the backlog, from which a replica that comes back
 * is given what it missed, and those that a replica has not been sent yet stay until it was.
 *
 * The bytes are in blocks, which all replicas read from: none has a copy of its own.
 */

import { copyBytes } from "../base/span.ts";
import type { ReplicationHistory } from "./history.ts";

/** The smallest block, in bytes. */
const BLOCK_MIN = 16 * 1024;
/** Each block is twice as large as the last one, up to this: fewer are made, and written one by one. */
const BLOCK_GROWN = 128 * 1024;
/** What a block takes beside its bytes. */
const BLOCK_COST = 64;

interface Block {
  readonly bytes: Uint8Array;
  /** How many of them are written; those are never changed. */
  used: number;
  /** The number of the first one. */
  readonly first: number;
}

/** Reads the stream from some place on; what it has not read yet is kept. */
export class StreamReader {
  /** The number of the next byte. */
  position: number;
  readonly #stream: ReplicationStream;

  constructor(stream: ReplicationStream, position: number) {
    this.#stream = stream;
    this.position = position;
  }

  /** How many bytes there are to be read. */
  get available(): number {
    return this.#stream.end - this.position;
  }

  /** Bytes that come next, at most up to the number `limit`; empty: none. They are never changed, nor copied. */
  peek(limit: number): Uint8Array {
    return this.#stream.bytesAt(this.position, limit);
  }

  /** So many bytes were read. */
  advance(count: number): void {
    this.position += count;
    this.#stream.trim();
  }

  /** Reads nothing more. */
  close(): void {
    this.#stream.forget(this);
  }
}

/** The stream of a server, primary or replica. */
export class ReplicationStream {
  readonly history: ReplicationHistory;
  readonly #backlogSize: () => number;
  readonly #readers = new Set<StreamReader>();
  #blocks: Block[] = [];
  /** The memory of a block that was dropped, for the next one: a busy stream makes no garbage. */
  #spare: Uint8Array | null = null;
  #isActive = false;
  /** The number of the backlog's first byte. */
  #first = 1;
  /** Is told when a backlog is begun or dropped. */
  onChange: (isActive: boolean) => void = () => {};

  constructor(history: ReplicationHistory, backlogSize: () => number) {
    this.history = history;
    this.#backlogSize = backlogSize;
  }

  /** Whether there is a backlog; without one nothing is kept, nor counted. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** The number that the next byte will have. */
  get end(): number {
    return this.history.offset + 1;
  }

  /** The number of the backlog's first byte (`repl_backlog_first_byte_offset`). */
  get first(): number {
    return this.#isActive ? this.#first : 0;
  }

  /** How many bytes the backlog has (`repl_backlog_histlen`). */
  get length(): number {
    return this.#isActive ? this.end - this.#first : 0;
  }

  /** What the blocks take, in bytes. */
  get memoryBytes(): number {
    let bytes = this.#spare?.length ?? 0;
    for (const block of this.#blocks) bytes += block.bytes.length + BLOCK_COST;
    return bytes;
  }

  /** Begins a backlog, with nothing in it, if there is none. */
  activate(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    // As in Redis, nobody is given what was there before; the number of the last byte is used up.
    this.restart();
    this.onChange(true);
  }

  /** Drops the backlog; nobody may be reading. */
  deactivate(): void {
    this.#isActive = false;
    this.#blocks = [];
    this.#spare = null;
    this.onChange(false);
  }

  /** The backlog is empty, and begins behind the history's offset. Nobody may be reading. */
  restart(): void {
    this.#blocks = [];
    this.#first = this.end;
  }

  /** Adds bytes, which are copied. */
  append(buffer: Uint8Array, start: number, end: number): void {
    if (!this.#isActive) return;
    const blocks = this.#blocks.length;
    for (let at = start; at < end;) {
      const block = this.#roomFor(end - at);
      const count = Math.min(end - at, block.bytes.length - block.used);
      copyBytes(buffer, at, at + count, block.bytes, block.used);
      block.used += count;
      this.history.offset += count;
      at += count;
    }
    if (this.#blocks.length > blocks) this.trim();
  }

  /** Whether the bytes from a number on are still there, be there any yet or not. */
  has(position: number): boolean {
    return this.#isActive && position >= this.#first && position <= this.end;
  }

  /** Begins to read at a number that the backlog has. */
  read(position: number): StreamReader {
    const reader = new StreamReader(this, position);
    this.#readers.add(reader);
    return reader;
  }

  /** A reader has ended: what was kept for it alone goes. */
  forget(reader: StreamReader): void {
    this.#readers.delete(reader);
    this.trim();
  }

  /** Bytes from a number on, up to the end of their block and not beyond the number `limit`. */
  bytesAt(position: number, limit: number): Uint8Array {
    const block = this.#blockAt(position);
    if (block === undefined) return NOTHING;
    const from = position - block.first;
    return block.bytes.subarray(from, Math.min(block.used, limit - block.first + 1));
  }

  /** Drops what the backlog need not have any more, and nobody is still to read. */
  trim(): void {
    const blocks = this.#blocks;
    if (blocks.length < 2) return;
    // Whole blocks, and only as long as enough of the history is left behind them.
    const wanted = this.#backlogSize();
    if (this.end - blocks[1].first < wanted) return;
    let needed = Infinity;
    for (const reader of this.#readers) needed = Math.min(needed, reader.position);
    let dropped = 0;
    for (; dropped < blocks.length - 1; dropped++) {
      const next = blocks[dropped + 1].first;
      if (this.end - next < wanted || needed < next) break;
    }
    if (dropped === 0) return;
    // Those who read it have sent it; who was given up sends nothing more.
    const { bytes } = blocks[dropped - 1];
    if (bytes.length <= BLOCK_GROWN) this.#spare = bytes;
    blocks.splice(0, dropped);
    this.#first = Math.max(this.#first, blocks[0].first);
  }

  /** The block that new bytes go into. */
  #roomFor(wanted: number): Block {
    const blocks = this.#blocks, last = blocks.at(-1);
    if (last !== undefined && last.used < last.bytes.length) return last;
    const grown = last === undefined ? 0 : Math.min(2 * last.bytes.length, BLOCK_GROWN);
    // As in Redis, no larger than a sixteenth of the backlog, within bounds.
    const most = Math.max(Math.floor(this.#backlogSize() / 16), 1);
    const size = Math.max(BLOCK_MIN, Math.min(Math.max(wanted, grown), most));
    const bytes = this.#spare?.length === size ? this.#spare : new Uint8Array(size);
    this.#spare = null;
    const block: Block = { bytes, used: 0, first: this.end };
    blocks.push(block);
    return block;
  }

  #blockAt(position: number): Block | undefined {
    const blocks = this.#blocks;
    let low = 0, high = blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, block = blocks[middle];
      if (position < block.first) high = middle - 1;
      else if (position >= block.first + block.used) low = middle + 1;
      else return block;
    }
    return undefined;
  }
}

const NOTHING = new Uint8Array(0);
