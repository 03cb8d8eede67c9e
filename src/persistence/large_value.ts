/** Values that are too large to be written into a snapshot at once. */

import { type ByteRange, Span } from "../base/span.ts";
import { LONGEST_SMALL_BLOB } from "../data/byte_store.ts";
import type { HashTable } from "../data/hash_table.ts";
import type { MemberTable } from "../data/member_table.ts";
import type { Quicklist } from "../data/quicklist.ts";
import { QuicklistSnapshot } from "../data/quicklist_snapshot.ts";
import type { SortedSetTable } from "../data/sorted_set_table.ts";
import type { Stream } from "../data/stream.ts";
import { StreamSnapshot } from "../data/stream_snapshot.ts";
import { SortedSetSnapshot, TableSnapshot } from "../data/table_snapshot.ts";
import { ValueType } from "../data/value.ts";
import type { SnapshotRow } from "../keyspace/snapshot.ts";
import type { DataSetForm, LargeValueForm } from "./data_set_form.ts";

/** From where on a value is large. */
export interface LargeValueLimits {
  /** More members than that in a hash, a set or a sorted set. */
  readonly elements: number;
  /** A string of more bytes than that; a list or a stream that holds more, or a table four times that. */
  readonly bytes: number;
  /** So much of it is written at a time, in bytes that are looked at. */
  readonly work: number;
}

/** What an element costs beside its bytes, in the same measure. */
const ELEMENT_WORK = 64;

/** A value that is written bit by bit, as it was when this was made. */
export interface LargeValue {
  /** The bytes that it goes on reading where they are, until it is told that they change. */
  readonly bytes: Uint8Array | null;
  /** Writes a little; false when all is written. */
  advance(): boolean;
  /** Nothing more is wanted of it. */
  end(): void;
}

/** What is to be written bit by bit of a row; null for one that is small enough to be written at once. */
export function openLargeValue(
  row: SnapshotRow,
  form: DataSetForm,
  limits: LargeValueLimits,
): LargeValue | null {
  const { value: { type, object, ref }, store } = row;
  if (object === null) {
    if (type !== ValueType.String || store.length(ref) <= limits.bytes) return null;
    // Small blobs share their array with others, which take their place when they are freed.
    if (store.capacity(ref) <= LONGEST_SMALL_BLOB) return null;
    return new LargeString(row, form);
  }
  switch (type) {
    case ValueType.List:
      return object.memoryBytes <= limits.bytes ? null : new LargeList(row, form);
    case ValueType.Stream:
      return object.memoryBytes <= limits.bytes ? null : new LargeStream(row, form, limits.work);
    default:
      // Small slabs and the index take more than the elements themselves.
      return (object as MemberTable).size <= limits.elements &&
          object.memoryBytes <= 4 * limits.bytes
        ? null
        : new LargeTable(row, form, limits.work);
  }
}

/** A string: its bytes are read where they are. */
export class LargeString implements LargeValue {
  readonly #text: Span;
  readonly #form: LargeValueForm;

  constructor(row: SnapshotRow, form: DataSetForm) {
    this.#text = row.store.span(row.value.ref, new Span());
    this.#form = form.openLarge(row, this.#text.length);
  }

  get bytes(): Uint8Array {
    return this.#text.buffer;
  }

  /** Takes a copy, as the bytes are about to change. */
  copy(): void {
    const bytes = this.#text.buffer.slice(0, this.#text.end);
    this.#text.set(bytes, 0, bytes.length);
  }

  advance(): boolean {
    return this.#form.continueText(this.#text);
  }

  end(): void {
    this.#text.set(new Uint8Array(0), 0, 0);
  }
}

class LargeTable implements LargeValue {
  readonly bytes = null;
  readonly #form: LargeValueForm;
  readonly #rows: TableSnapshot | SortedSetSnapshot;
  readonly #member = new Span();
  readonly #content = new Span();
  readonly #work: number;
  #hasBegun = false;

  constructor(row: SnapshotRow, form: DataSetForm, work: number) {
    this.#work = work;
    const table = row.value.object as MemberTable;
    const large = this.#form = form.openLarge(row, table.size);
    this.#rows = this.#watch(row.value.type, table, large);
  }

  advance(): boolean {
    if (!this.#hasBegun) {
      this.#hasBegun = this.#form.begin();
      return true;
    }
    if (this.#rows.advance(this.#work)) return true;
    this.#form.end();
    return false;
  }

  end(): void {
    this.#rows.end();
  }

  #watch(
    type: ValueType,
    table: MemberTable,
    form: LargeValueForm,
  ): TableSnapshot | SortedSetSnapshot {
    const member = this.#member, content = this.#content;
    if (type === ValueType.SortedSet) {
      const sorted = table as SortedSetTable;
      return new SortedSetSnapshot(sorted, (row) => {
        form.scored(sorted.memberSpan(row, member), sorted.score(row));
        return ELEMENT_WORK + member.length;
      });
    }
    if (type === ValueType.Hash) {
      const hash = table as HashTable;
      return new TableSnapshot(hash, (row) => {
        form.field(hash.memberSpan(row, member), hash.valueSpan(row, content));
        return ELEMENT_WORK + member.length + content.length;
      });
    }
    return new TableSnapshot(table, (row) => {
      form.member(table.memberSpan(row, member));
      return ELEMENT_WORK + member.length;
    });
  }
}

class LargeList implements LargeValue {
  readonly bytes = null;
  readonly #form: LargeValueForm;
  readonly #nodes: QuicklistSnapshot;
  #hasBegun = false;

  constructor(row: SnapshotRow, form: DataSetForm) {
    this.#nodes = new QuicklistSnapshot(row.value.object as Quicklist);
    this.#form = form.openLarge(row, this.#nodes.size);
  }

  advance(): boolean {
    if (!this.#hasBegun) {
      this.#hasBegun = this.#form.begin();
      return true;
    }
    const node: ByteRange | null = this.#nodes.next();
    if (node === null) this.#form.end();
    else this.#form.listNode(node, this.#nodes.isPlain);
    return node !== null;
  }

  end(): void {
    this.#nodes.end();
  }
}

class LargeStream implements LargeValue {
  readonly bytes = null;
  readonly #form: LargeValueForm;
  readonly #stream: StreamSnapshot;
  readonly #entriesAtOnce: number;
  readonly #steps: Iterator<void>;

  constructor(row: SnapshotRow, form: DataSetForm, work: number) {
    this.#stream = new StreamSnapshot(row.value.object as Stream);
    this.#form = form.openLarge(row, this.#stream.nodeCount);
    this.#entriesAtOnce = Math.ceil(work / ELEMENT_WORK);
    this.#steps = this.#write();
  }

  advance(): boolean {
    return this.#steps.next().done !== true;
  }

  end(): void {
    this.#stream.end();
  }

  /** Writes all, yielding when others may have a turn. */
  *#write(): Generator<void> {
    const stream = this.#stream, form = this.#form;
    while (!form.begin()) yield;
    for (let node = stream.nextNode(); node !== null; node = stream.nextNode()) {
      form.streamNode(node);
      yield;
    }
    form.streamState(stream);
    for (const group of stream.groups) {
      form.beginGroup(group);
      let count = 0;
      for (let entry = group.nextPending(); entry !== null; entry = group.nextPending()) {
        form.pending(entry);
        if (++count % this.#entriesAtOnce === 0) yield;
      }
      while (!form.endGroup(group)) yield;
      yield;
    }
    form.end();
  }
}
