/** Values that are written into an RDB file bit by bit. */

import { type ByteRange, copySpan, EMPTY } from "../base/span.ts";
import { LzfCompressor } from "../data/lzf.ts";
import type { Consumer, PendingEntry } from "../data/stream_group.ts";
import type { StreamNode } from "../data/stream_node.ts";
import type { GroupSnapshot, StreamSnapshot } from "../data/stream_snapshot.ts";
import type { SnapshotRow } from "../keyspace/snapshot.ts";
import { LEAST_SAVING, type RdbOutput } from "./rdb_output.ts";
import {
  writeConsumerHead,
  writeGroupHead,
  writeNode,
  writePending,
  writeRawId,
  writeStreamState,
} from "./rdb_stream_writer.ts";
import { rdbTypeOf, writeListNode } from "./rdb_value_writer.ts";
import type { LargeValueForm } from "./data_set_form.ts";

/** So many bytes are compressed or copied at a time. */
const PIECE = 1 << 16;
/** A string of which so many bytes did not become fewer is not compressed any further. */
const TRIED = 1 << 20;

/** A value whose bytes have to be together: what is given before its turn waits. */
export class LargeRdbValue implements LargeValueForm {
  readonly #file: RdbOutput;
  readonly #key: Uint8Array;
  readonly #type: number;
  readonly #parts: number;
  readonly #writeHead: () => void;
  /** Where parts go to: an output of its own until its turn has come. */
  #output: RdbOutput;
  #hasBegun = false;
  /** How far what was given before its turn is written. */
  readonly #early = new Pieces();
  /** The IDs of what is pending for each consumer of a group. */
  #pending: Map<Consumer, RdbOutput> = new Map();
  /** How many consumers of the group are written, and what is written of the last one. */
  #consumers = 0;
  #consumerPending: { readonly bytes: Uint8Array; readonly pieces: Pieces } | null = null;
  #text: TextWriter | null = null;
  readonly #compress: boolean;

  /** `writeHead` writes into `file` what comes before the type. */
  constructor(
    file: RdbOutput,
    row: SnapshotRow,
    parts: number,
    writeHead: () => void,
    compress: boolean,
  ) {
    this.#file = file;
    this.#output = file.another();
    this.#key = copySpan(row.key);
    this.#type = rdbTypeOf(row.value);
    this.#parts = parts;
    this.#writeHead = writeHead;
    this.#compress = compress;
  }

  begin(): boolean {
    if (!this.#hasBegun) {
      this.#beginValue();
      this.#file.unsigned(this.#parts);
    }
    this.#hasBegun = true;
    if (!this.#early.write(this.#output.bytes, this.#file)) return false;
    // A piece may have ended within a part; from now on whole parts follow each other.
    this.#output = this.#file;
    return true;
  }

  member({ buffer, start, end }: ByteRange): void {
    this.#output.string(buffer, start, end);
  }

  field(field: ByteRange, value: ByteRange): void {
    this.#output.string(field.buffer, field.start, field.end);
    this.#output.string(value.buffer, value.start, value.end);
  }

  scored({ buffer, start, end }: ByteRange, score: number): void {
    this.#output.string(buffer, start, end);
    this.#output.double(score);
  }

  listNode(node: ByteRange, isPlain: boolean): void {
    writeListNode(this.#output, node, isPlain);
  }

  streamNode(node: StreamNode): void {
    writeNode(this.#output, node);
  }

  streamState(stream: StreamSnapshot): void {
    writeStreamState(this.#file, stream, stream.groups.length);
  }

  beginGroup(group: GroupSnapshot): void {
    writeGroupHead(this.#file, group);
    this.#file.unsigned(group.pendingCount);
    this.#pending = new Map(
      group.consumers.map(({ consumer }) => [consumer, this.#file.another()]),
    );
    this.#consumers = 0;
    this.#consumerPending = null;
  }

  pending(entry: PendingEntry): void {
    writePending(this.#file, entry);
    const ids = this.#pending.get(entry.consumer);
    if (ids === undefined) throw new Error("a pending entry belongs to no consumer");
    writeRawId(ids, entry);
  }

  endGroup({ consumers }: GroupSnapshot): boolean {
    const file = this.#file;
    if (this.#consumers === 0) file.unsigned(consumers.length);
    if (this.#consumerPending === null) {
      if (this.#consumers === consumers.length) return true;
      const { consumer, name, seenTime, pendingCount } = consumers[this.#consumers++];
      writeConsumerHead(file, name, seenTime);
      file.unsigned(pendingCount);
      const bytes = this.#pending.get(consumer)?.bytes ?? EMPTY;
      this.#consumerPending = { bytes, pieces: new Pieces() };
    }
    const { bytes, pieces } = this.#consumerPending;
    if (pieces.write(bytes, file)) this.#consumerPending = null;
    return false;
  }

  continueText(text: ByteRange): boolean {
    if (this.#text === null) {
      this.#beginValue();
      this.#text = new TextWriter(this.#file, this.#parts, this.#compress);
    }
    return this.#text.advance(text);
  }

  end(): void {}

  #beginValue(): void {
    this.#writeHead();
    this.#file.byte(this.#type);
    this.#file.string(this.#key, 0, this.#key.length);
  }
}

/** Writes a long string piece by piece. It is compressed as a whole first, where that helps. */
class TextWriter {
  readonly #file: RdbOutput;
  readonly #length: number;
  #compressor: LzfCompressor | null;
  #compressed: Uint8Array = EMPTY;
  /** What the string has become, once its length is written. */
  #pieces: Pieces | null = null;

  constructor(file: RdbOutput, length: number, compress: boolean) {
    this.#file = file;
    this.#length = length;
    this.#compressor = compress ? new LzfCompressor() : null;
    if (this.#compressor === null) return;
    this.#compressor.begin(length);
    this.#compressed = new Uint8Array(length - LEAST_SAVING);
  }

  /** Goes on with the string, which is `text` each time; false when it is written. */
  advance(text: ByteRange): boolean {
    const compressor = this.#compressor;
    if (this.#pieces !== null) {
      const bytes = compressor === null
        ? text.buffer.subarray(text.start, text.end)
        : this.#compressed.subarray(0, compressor.writtenBytes);
      return !this.#pieces.write(bytes, this.#file);
    }
    if (compressor === null) {
      this.#file.unsigned(this.#length);
      this.#pieces = new Pieces();
    } else if (compressor.readBytes === this.#length) {
      this.#file.compressedLength(compressor.writtenBytes, this.#length);
      this.#pieces = new Pieces();
    } else if (!this.#compressPiece(compressor, text)) {
      this.#compressor = null;
      this.#compressed = EMPTY;
    }
    return true;
  }

  /** Says whether it helps. */
  #compressPiece(compressor: LzfCompressor, { buffer, start, end }: ByteRange): boolean {
    const until = Math.min(end, start + compressor.readBytes + PIECE);
    if (!compressor.advance(buffer, start, end, until, this.#compressed)) return false;
    const { readBytes, writtenBytes } = compressor;
    return readBytes < TRIED || readBytes === this.#length || writtenBytes < readBytes;
  }
}

/** How far bytes are copied that are copied a piece at a time. */
class Pieces {
  #written = 0;

  /** Copies the next piece of `bytes`, which may be more by now; true when that was the last one. */
  write(bytes: Uint8Array, file: RdbOutput): boolean {
    const to = Math.min(bytes.length, this.#written + PIECE);
    file.raw(bytes, this.#written, to);
    this.#written = to;
    return to === bytes.length;
  }
}
