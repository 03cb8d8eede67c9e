/**
 * The data set on its way to several replicas, each of which reads it at its own pace. The fastest one says
 * how fast it is made; what slower ones have still to read is kept in memory up to a bound, and beyond it in a
 * temporary file.
 */

import { EMPTY } from "../base/span.ts";
import type { BackgroundTarget } from "../durability/background_job.ts";
import type { OpenFile } from "../persistence/file.ts";
import { OverflowFile, type OverflowPlace, type OverflowReader } from "./overflow_file.ts";
import type { PayloadReader } from "./replica_output.ts";

/** So much may lie before the fastest reader, in bytes; then the data set is made no further. */
const AHEAD = 4 * 1024 * 1024;
/** So much is kept in memory for all of them. */
export const SPOOL_MEMORY: number = 16 * 1024 * 1024;
/** A piece that is read from the file. */
const PIECE = 256 * 1024;

interface Chunk {
  readonly bytes: Uint8Array;
  /** The number of its first byte; the first of all has 0. */
  readonly first: number;
}

/** Takes the bytes of a data set, and gives them to its readers. */
export class SyncSpool implements BackgroundTarget {
  /** Called when readers may find more. */
  readonly #grew: () => void;
  readonly #readers = new Set<SpoolReader>();
  #chunks: Chunk[] = [];
  #memory = 0;
  #end = 0;
  #isWhole = false;
  /** The older bytes, where they were too many. */
  readonly #file: OverflowFile;
  #room: PromiseWithResolvers<void> | null = null;

  constructor(place: OverflowPlace, grew: () => void) {
    this.#file = new OverflowFile(() => place);
    this.#grew = grew;
  }

  /** Whether all bytes are there that ever will be. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** How many bytes there are so far. */
  get end(): number {
    return this.#end;
  }

  /** Whether bytes had to be put into a file. */
  get usesFile(): boolean {
    return this.#file.isUsed;
  }

  /** Takes bytes, which are copied. Throws what the file system throws. */
  writeSync(bytes: Uint8Array): number {
    if (this.#readers.size === 0) throw new Error("Nobody is left to take the data");
    this.#chunks.push({ bytes: bytes.slice(), first: this.#end });
    this.#memory += bytes.length;
    this.#end += bytes.length;
    this.#trim();
    this.#grew();
    return bytes.length;
  }

  /** Nothing more comes. */
  finish(): void {
    this.#isWhole = true;
    this.#grew();
  }

  waitsForRoom(): Promise<void> | null {
    if (this.#hasRoom()) return null;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  syncData(): Promise<void> {
    return Promise.resolve();
  }

  /** The job has ended; readers read on. */
  close(): void {
    this.#closeIfDone();
  }

  /** Begins to read at the beginning; nothing may have been dropped. */
  read(): PayloadReader {
    const reader = new SpoolReader(this);
    this.#readers.add(reader);
    return reader;
  }

  /** Bytes from a number on; empty: none yet. */
  bytesAt(position: number, reader: SpoolReader): Uint8Array {
    const chunks = this.#chunks;
    const first = chunks.length === 0 ? this.#end : chunks[0].first;
    if (position < first) {
      return this.#file.read(position, first - position, reader);
    }
    // A reader is near the beginning or the end of what is in memory.
    for (const { bytes, first } of chunks) {
      if (position < first + bytes.length) return bytes.subarray(position - first);
    }
    return EMPTY;
  }

  /** A reader has read on. */
  moved(): void {
    this.#trim();
    if (this.#room === null || !this.#hasRoom()) return;
    this.#room.resolve();
    this.#room = null;
  }

  /** A reader is gone. */
  forget(reader: SpoolReader): void {
    this.#readers.delete(reader);
    this.moved();
    this.#closeIfDone();
  }

  #hasRoom(): boolean {
    let fastest = 0;
    for (const { position } of this.#readers) fastest = Math.max(fastest, position);
    return this.#end - fastest < AHEAD || this.#readers.size === 0;
  }

  /** Drops what all have read, and puts into the file what is too much for memory. */
  #trim(): void {
    let slowest = this.#end;
    for (const { position } of this.#readers) slowest = Math.min(slowest, position);
    const chunks = this.#chunks;
    let dropped = 0;
    for (; dropped < chunks.length; dropped++) {
      const { bytes, first } = chunks[dropped];
      const isRead = first + bytes.length <= slowest;
      if (!isRead && (this.#memory <= SPOOL_MEMORY || !this.#file.put(bytes, first))) break;
      this.#memory -= bytes.length;
    }
    if (dropped > 0) chunks.splice(0, dropped);
  }

  #closeIfDone(): void {
    if (this.#readers.size === 0) this.#file.close();
  }
}

/** Reads a spool from its beginning. */
export class SpoolReader implements PayloadReader, OverflowReader {
  position = 0;
  buffer: Uint8Array | null = null;
  readonly #spool: SyncSpool;

  constructor(spool: SyncSpool) {
    this.#spool = spool;
  }

  next(): Uint8Array {
    return this.#spool.bytesAt(this.position, this);
  }

  advance(count: number): void {
    this.position += count;
    this.#spool.moved();
  }

  get isAtEnd(): boolean {
    return this.#spool.isWhole && this.position === this.#spool.end;
  }

  close(): void {
    this.#spool.forget(this);
  }
}

/** Reads a file from its beginning to where it ends now. */
export class FilePayload implements PayloadReader {
  readonly size: number;
  #position = 0;
  readonly #file: OpenFile;
  readonly #buffer = new Uint8Array(PIECE);
  #piece: Uint8Array = EMPTY;

  constructor(file: OpenFile) {
    this.#file = file;
    this.size = file.sizeSync();
  }

  next(): Uint8Array {
    if (this.#piece.length === 0) {
      this.#piece = this.#buffer.subarray(0, this.#file.readSync(this.#buffer));
      if (this.#piece.length === 0) throw new Error("the file became shorter while it was sent");
    }
    return this.#piece;
  }

  advance(count: number): void {
    this.#piece = this.#piece.subarray(count);
    this.#position += count;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.size;
  }

  close(): void {
    this.#file.close();
  }
}
