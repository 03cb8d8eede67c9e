/** A snapshot as the commands that build it up. */

import { formatDouble17g } from "../base/float_format.ts";
import { formatInteger, INTEGER_TEXT_MAX } from "../base/numbers.ts";
import { type ByteRange, bytesOf, copyBytes, copySpan, Span } from "../base/span.ts";
import { type ElementSink, sendEntry } from "../data/element_sink.ts";
import * as listpack from "../data/listpack.ts";
import type { PendingEntry } from "../data/stream_group.ts";
import type { StreamNode } from "../data/stream_node.ts";
import type { GroupSnapshot, StreamSnapshot } from "../data/stream_snapshot.ts";
import { ValueType } from "../data/value.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { KeyspaceSnapshot, SnapshotRow } from "../keyspace/snapshot.ts";
import { SelectTracker } from "../resp/select_tracker.ts";
import { AofBuffer } from "./aof_buffer.ts";
import {
  type Argument,
  dumpConsumer,
  dumpExpiry,
  dumpGroupHead,
  dumpPending,
  dumpRow,
  dumpStreamNode,
  dumpStreamState,
  ELEMENTS_PER_COMMAND,
} from "./dump.ts";
import type { ByteTaker, DataSetForm, LargeValueForm } from "./data_set_form.ts";

/** So many bytes of a long string are copied at a time. */
const PIECE = 1 << 16;

/** Rows as commands. */
export class AofForm implements DataSetForm {
  /** Whether a command is written only in part. */
  isWithinCommand = false;
  readonly #buffer = new AofBuffer();
  readonly #selected = new SelectTracker();

  constructor({ libraries }: KeyspaceSnapshot) {
    // They belong to no database, so there is no SELECT before them.
    for (const { text } of libraries) {
      this.#buffer.appendCommand(["FUNCTION", "LOAD", Span.of(text)]);
    }
  }

  get length(): number {
    return this.#buffer.length;
  }

  writeRow(row: SnapshotRow): void {
    for (const args of dumpRow(row)) this.append(row.database, args);
  }

  /** Writes a command. */
  append(database: number, args: readonly Argument[]): void {
    this.#select(database);
    this.#buffer.appendCommand(args);
  }

  /** Writes a part of a command. */
  appendEncoded(database: number, buffer: Uint8Array, start: number, end: number): void {
    this.#select(database);
    this.#buffer.appendEncoded(buffer, start, end);
  }

  #select(database: number): void {
    const select = this.#selected.select(database);
    if (select !== null) this.#buffer.appendEncoded(select, 0, select.length);
  }

  openLarge(row: SnapshotRow): LargeValueForm {
    return new LargeAofValue(this, row);
  }

  flush(take: ByteTaker): void {
    take(this.#buffer.pending);
    this.#buffer.consume(this.#buffer.length);
  }

  finish(take: ByteTaker): void {
    this.flush(take);
  }
}

/** How the elements of a type are added, and how many arguments each is. */
const ADDING: Partial<Record<ValueType, readonly [command: string, width: number]>> = {
  [ValueType.List]: ["RPUSH", 1],
  [ValueType.Set]: ["SADD", 1],
  [ValueType.SortedSet]: ["ZADD", 2],
  [ValueType.Hash]: ["HMSET", 2],
};

/** A value whose commands may stand among those of others. */
class LargeAofValue implements LargeValueForm {
  readonly #form: AofForm;
  readonly #database: number;
  readonly #key: Span;
  readonly #expiry: number | bigint;
  readonly #batch: Batch;
  /** The name of the group that is written. */
  #group = "";
  /** How many entries of a stream are written. */
  #liveEntries = 0;
  /** How many bytes of a string are written; -1 before its length is. */
  #written = -1;

  constructor(form: AofForm, row: SnapshotRow) {
    this.#form = form;
    this.#database = row.database;
    this.#key = Span.of(copySpan(row.key));
    this.#expiry = row.expiry;
    const [command, width] = ADDING[row.value.type] ?? ["", 1];
    this.#batch = new Batch(width * ELEMENTS_PER_COMMAND, (args) => {
      this.#append([command, this.#key, ...args]);
    });
  }

  begin(): boolean {
    return true;
  }

  member({ buffer, start, end }: ByteRange): void {
    this.#batch.bulkBytes(buffer, start, end);
    this.#sendBatch();
  }

  field(field: ByteRange, value: ByteRange): void {
    this.#batch.bulkBytes(field.buffer, field.start, field.end);
    this.member(value);
  }

  scored(member: ByteRange, score: number): void {
    const text = bytesOf(formatDouble17g(score));
    this.#batch.bulkBytes(text, 0, text.length);
    this.member(member);
  }

  listNode({ buffer, start }: ByteRange): void {
    for (
      let at = listpack.FIRST_POSITION;
      !listpack.atEnd(buffer, start, at);
      at = listpack.nextPosition(buffer, start, at)
    ) {
      sendEntry(buffer, start + at, this.#batch);
      this.#sendBatch();
    }
  }

  streamNode(node: StreamNode): void {
    for (const args of dumpStreamNode(node, this.#key)) this.#append(args);
    this.#liveEntries += node.live;
  }

  streamState(stream: StreamSnapshot): void {
    for (const args of dumpStreamState(stream, this.#liveEntries, this.#key)) this.#append(args);
  }

  beginGroup(group: GroupSnapshot): void {
    this.#group = group.name;
    this.#append(dumpGroupHead(group, this.#key));
  }

  pending(entry: PendingEntry): void {
    this.#append(dumpPending(this.#group, entry, this.#key));
  }

  endGroup({ consumers }: GroupSnapshot): boolean {
    for (const { name, pendingCount } of consumers) {
      if (pendingCount === 0) this.#append(dumpConsumer(this.#group, name, this.#key));
    }
    return true;
  }

  continueText({ buffer, start, end }: ByteRange): boolean {
    const form = this.#form, key = this.#key;
    if (this.#written < 0) {
      form.isWithinCommand = true;
      this.#write(bytesOf(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n`));
      this.#write(key.buffer);
      this.#write(bytesOf(`\r\n$${end - start}\r\n`));
      this.#written = 0;
    }
    const from = start + this.#written, to = Math.min(end, from + PIECE);
    form.appendEncoded(this.#database, buffer, from, to);
    this.#written += to - from;
    if (to < end) return true;
    this.#write(bytesOf("\r\n"));
    form.isWithinCommand = false;
    this.end();
    return false;
  }

  end(): void {
    this.#batch.send(0);
    if (this.#expiry !== NO_EXPIRY) this.#append(dumpExpiry(this.#key, this.#expiry));
  }

  #append(args: Argument[]): void {
    this.#form.append(this.#database, args);
  }

  #write(bytes: Uint8Array): void {
    this.#form.appendEncoded(this.#database, bytes, 0, bytes.length);
  }

  #sendBatch(): void {
    if (!this.#form.isWithinCommand) this.#batch.send(this.#batch.full);
  }
}

/** Copies of elements that become arguments of commands. */
class Batch implements ElementSink {
  /** So many arguments make a command. */
  readonly full: number;
  readonly #send: (args: Span[]) => void;
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Where each argument ends. */
  #ends: number[] = [];
  readonly #text = new Uint8Array(INTEGER_TEXT_MAX);

  /** `send` takes the arguments of a command during the call. */
  constructor(full: number, send: (args: Span[]) => void) {
    this.full = full;
    this.#send = send;
  }

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    copyBytes(buffer, start, end, this.#bytes, this.#length);
    this.#length = length;
    this.#ends.push(length);
  }

  bulkInteger(value: number | bigint): void {
    this.bulkBytes(this.#text, 0, formatInteger(value, this.#text, 0));
  }

  /** Makes commands of what is there, if it is `least` arguments or more. */
  send(least: number): void {
    const ends = this.#ends;
    if (ends.length < least || ends.length === 0) return;
    let start = 0;
    for (let i = 0; i < ends.length; i += this.full) {
      const args = ends.slice(i, i + this.full).map((end) => {
        const arg = new Span().set(this.#bytes, start, end);
        start = end;
        return arg;
      });
      this.#send(args);
    }
    this.#ends = [];
    this.#length = 0;
  }
}
