/**
 * The stream of changes that replicas are sent. Its bytes are numbered by the history's offset: the first
 * one has the number 1. The newest of them are kept as the backlog, from which a replica that comes back
 * is given what it missed, and those that a replica has not been sent yet stay until it was.
 *
 * The bytes are in blocks, which all replicas read from: none has a copy of its own. Where a slow replica keeps
 * more than the backlog does, the oldest blocks go into a temporary file.
 */

import { copyBytes, EMPTY } from "../base/span.ts";
import type { ReplicationHistory } from "./history.ts";
import { OverflowFile, type OverflowPlace, type OverflowReader } from "./overflow_file.ts";

/** The smallest block, in bytes. */
const BLOCK_MIN = 16 * 1024;
/** Each block is twice as large as the last one, up to this: fewer are made, and written one by one. */
const BLOCK_GROWN = 128 * 1024;
/** So much beyond the backlog's size is kept in memory for slow replicas, in bytes. */
export const STREAM_MEMORY: number = 16 * 1024 * 1024;
/** What a block takes beside its bytes. */
const BLOCK_COST = 64;

interface Block {
  /** Null: they are in the file. */
  bytes: Uint8Array | null;
  /** How many of them are written; those are never changed. */
  used: number;
  /** Whether a reader has ended that may still be sending them. */
  isLent: boolean;
  /** The number of the first one. */
  readonly first: number;
}

/** Reads the stream from some place on; what it has not read yet is kept. */
export class StreamReader implements OverflowReader {
  /** The number of the next byte. */
  position: number;
  buffer: Uint8Array | null = null;
  readonly #stream: ReplicationStream;

  constructor(stream: ReplicationStream, position: number) {
    this.#stream = stream;
    this.position = position;
  }

  /** How many bytes there are to be read. */
  get available(): number {
    return this.#stream.end - this.position;
  }

  /**
   * Bytes that come next, at most up to the number `limit`; empty: none. They stay as they are until the next
   * call.
   */
  peek(limit: number): Uint8Array {
    return this.#stream.bytesAt(this.position, limit, this);
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
  /** What the first `#inFile` blocks have. */
  readonly #file: OverflowFile;
  #inFile = 0;
  /** Whether the file could not be written: everything stays in memory until nobody lags behind any more. */
  #hasFailed = false;
  #blocks: Block[] = [];
  /** What they take in memory, in bytes. */
  #held = 0;
  /** The memory of a block that was dropped, for the next one: a busy stream makes no garbage. */
  #spare: Uint8Array | null = null;
  #isActive = false;
  /** The number of the backlog's first byte. */
  #first = 1;
  /** Is told when a backlog is begun or dropped. */
  onChange: (isActive: boolean) => void = () => {};
  /** Is told why bytes can't be put into a file. */
  onFailure: (error: unknown) => void = () => {};

  constructor(
    history: ReplicationHistory,
    backlogSize: () => number,
    place: () => OverflowPlace,
  ) {
    this.history = history;
    this.#backlogSize = backlogSize;
    this.#file = new OverflowFile(place);
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

  /** What the blocks take in memory, in bytes (`mem_total_replication_buffers`). */
  get memoryBytes(): number {
    return this.#held + (this.#spare?.length ?? 0);
  }

  /** How much of that is the backlog's: the rest is kept for replicas. */
  get backlogMemory(): number {
    return this.#readers.size > 0
      ? Math.min(this.memoryBytes, this.#backlogSize())
      : this.memoryBytes;
  }

  /** Whether bytes had to be put into a file. */
  get usesFile(): boolean {
    return this.#inFile > 0;
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
    this.#dropAll();
    this.#spare = null;
    this.onChange(false);
  }

  /** The backlog is empty, and begins behind the history's offset. Nobody may be reading. */
  restart(): void {
    this.#dropAll();
    this.#first = this.end;
  }

  #dropAll(): void {
    this.#blocks = [];
    this.#held = 0;
    this.#inFile = 0;
    this.#closeFile();
  }

  /** Adds bytes, which are copied. */
  append(buffer: Uint8Array, start: number, end: number): void {
    if (!this.#isActive) return;
    const blocks = this.#blocks.length;
    for (let at = start; at < end;) {
      const block = this.#roomFor(end - at), bytes = block.bytes ?? EMPTY;
      const count = Math.min(end - at, bytes.length - block.used);
      copyBytes(buffer, at, at + count, bytes, block.used);
      block.used += count;
      this.history.offset += count;
      at += count;
    }
    if (this.#blocks.length === blocks) return;
    this.trim();
    this.#spill();
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
    const block = this.#blockAt(reader.position);
    if (block !== undefined) block.isLent = true;
    this.trim();
  }

  /** Bytes from a number on, up to the end of their block and not beyond the number `limit`. */
  bytesAt(position: number, limit: number, reader: OverflowReader): Uint8Array {
    const block = this.#blockAt(position);
    if (block === undefined) return EMPTY;
    const from = position - block.first, to = Math.min(block.used, limit - block.first + 1);
    return block.bytes?.subarray(from, to) ?? this.#file.read(position, to - from, reader);
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
    // Those who read it have sent it, but for those who were given up on the way.
    const { bytes, isLent } = blocks[dropped - 1];
    if (!isLent) this.#keepSpare(bytes);
    for (const { bytes } of blocks.splice(0, dropped)) this.#held -= costOf(bytes);
    this.#first = Math.max(this.#first, blocks[0].first);
    this.#inFile = Math.max(0, this.#inFile - dropped);
    if (this.#inFile === 0) this.#closeFile();
  }

  #keepSpare(bytes: Uint8Array | null): void {
    if (bytes !== null && bytes.length <= BLOCK_GROWN) this.#spare = bytes;
  }

  /** Puts into the file what is too much for memory: it is kept for slow readers alone. */
  #spill(): void {
    const blocks = this.#blocks, most = this.#backlogSize() + STREAM_MEMORY;
    while (!this.#hasFailed && this.#inFile < blocks.length - 1) {
      if (this.end - blocks[this.#inFile + 1].first < most) return;
      const block = blocks[this.#inFile];
      if (!this.#put(block)) return;
      this.#inFile++;
      if (!this.#isBeingSent(block)) this.#keepSpare(block.bytes);
      this.#held -= costOf(block.bytes) - costOf(null);
      block.bytes = null;
    }
  }

  /** Whether a reader has been shown bytes of a block that it has not sent, as far as is known. */
  #isBeingSent({ first, used, isLent }: Block): boolean {
    if (isLent) return true;
    for (const { position } of this.#readers) {
      if (position >= first && position < first + used) return true;
    }
    return false;
  }

  /** False: it stays in memory. */
  #put({ bytes, used, first }: Block): boolean {
    if (bytes === null) throw new Error("the block is in the file");
    try {
      return this.#file.put(bytes.subarray(0, used), first);
    } catch (error) {
      this.#hasFailed = true;
      this.onFailure(error);
      return false;
    }
  }

  #closeFile(): void {
    this.#hasFailed = false;
    this.#file.close();
  }

  /** The block that new bytes go into. */
  #roomFor(wanted: number): Block {
    // The last one is never in the file.
    const blocks = this.#blocks, last = blocks.at(-1), lastSize = last?.bytes?.length ?? 0;
    if (last !== undefined && last.used < lastSize) return last;
    const grown = Math.min(2 * lastSize, BLOCK_GROWN);
    // As in Redis, no larger than a sixteenth of the backlog, within bounds.
    const most = Math.max(Math.floor(this.#backlogSize() / 16), 1);
    const size = Math.max(BLOCK_MIN, Math.min(Math.max(wanted, grown), most));
    const bytes = this.#spare?.length === size ? this.#spare : new Uint8Array(size);
    this.#spare = null;
    const block: Block = { bytes, used: 0, isLent: false, first: this.end };
    blocks.push(block);
    this.#held += costOf(bytes);
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

/** What a block takes with its bytes, or without those that are in the file. */
function costOf(bytes: Uint8Array | null): number {
  return (bytes?.length ?? 0) + BLOCK_COST;
}
