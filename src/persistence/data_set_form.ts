/** What a snapshot's rows become in a file: RDB or commands. */

import type { ByteRange } from "../base/span.ts";
import type { PendingEntry } from "../data/stream_group.ts";
import type { StreamNode } from "../data/stream_node.ts";
import type { GroupSnapshot, StreamSnapshot } from "../data/stream_snapshot.ts";
import type { SnapshotRow } from "../keyspace/snapshot.ts";

/** Takes bytes, all of them, during the call. */
export type ByteTaker = (bytes: Uint8Array) => void;

/** A form in which rows are written; bytes gather in it until they are flushed. */
export interface DataSetForm {
  /** How many bytes have gathered. */
  readonly length: number;
  /** Writes a row as a whole. */
  writeRow(row: SnapshotRow): void;
  /** Opens the form of a value that is written bit by bit, in so many `parts`: elements, nodes or bytes. */
  openLarge(row: SnapshotRow, parts: number): LargeValueForm;
  /** Hands over the bytes that have gathered. */
  flush(take: ByteTaker): void;
  /** Hands over those, and what stands at the end. */
  finish(take: ByteTaker): void;
}

/**
 * The form of one large value, to which its parts are given. Elements may be given before `begin` has said
 * that its turn has come; nodes come in order and after it. Spans are only valid during the call.
 */
export interface LargeValueForm {
  /**
   * The value's turn has come: until its `end` no row and no other value's `begin` comes. To be called again
   * until it is true; parts may come in between.
   */
  begin(): boolean;
  /** A member of a set. */
  member(member: ByteRange): void;
  /** A field of a hash, and its value. */
  field(field: ByteRange, value: ByteRange): void;
  /** A member of a sorted set. */
  scored(member: ByteRange, score: number): void;
  /** A node of a list; a plain one is a listpack of one entry. */
  listNode(listpack: ByteRange, isPlain: boolean): void;
  /** A node of a stream. */
  streamNode(node: StreamNode): void;
  /** What there is to a stream behind its nodes, but for its groups, which come next. */
  streamState(stream: StreamSnapshot): void;
  /** A group of a stream, whose pending entries come next. */
  beginGroup(group: GroupSnapshot): void;
  /** A pending entry of the group. */
  pending(entry: PendingEntry): void;
  /** All pending entries were given. To be called again until it is true. */
  endGroup(group: GroupSnapshot): boolean;
  /** Goes on writing a string, which is `text` from the first call on; false when it is written. */
  continueText(text: ByteRange): boolean;
  /** All was given. */
  end(): void;
}
