/** Writes values as Redis 7.0 does. */

import { type ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import { sendEntry } from "../data/element_sink.ts";
import * as hash from "../data/hash_value.ts";
import type { Quicklist } from "../data/quicklist.ts";
import { FIRST_POSITION } from "../data/listpack.ts";
import { END } from "../data/quicklist_chain.ts";
import * as set from "../data/set_value.ts";
import * as sortedSet from "../data/sorted_set_value.ts";
import type { Stream } from "../data/stream.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { RdbListNode, RdbType } from "./rdb_format.ts";
import type { RdbOutput } from "./rdb_output.ts";
import { writeStream } from "./rdb_stream_writer.ts";

/** The type under which a value is written. */
export function rdbTypeOf(value: Value): number {
  switch (value.type) {
    case ValueType.String:
      return RdbType.String;
    case ValueType.List:
      return RdbType.ListQuicklist2;
    case ValueType.Set:
      return value.encoding === Encoding.Intset ? RdbType.SetIntset : RdbType.Set;
    case ValueType.SortedSet:
      return value.encoding === Encoding.Listpack ? RdbType.SortedSetListpack : RdbType.SortedSet2;
    case ValueType.Hash:
      return value.encoding === Encoding.Listpack ? RdbType.HashListpack : RdbType.Hash;
    case ValueType.Stream:
      return RdbType.StreamListpacks2;
  }
}

/** Writes a value of a store, without its type. */
export function writeValue(output: RdbOutput, store: ByteStore, value: Value): void {
  switch (rdbTypeOf(value)) {
    case RdbType.ListQuicklist2:
      writeList(output, store, value);
      break;
    case RdbType.Set:
      writeSet(output, store, value);
      break;
    case RdbType.SortedSet2:
      writeSortedSet(output, store, value);
      break;
    case RdbType.Hash:
      writeHash(output, store, value);
      break;
    case RdbType.StreamListpacks2:
      writeStream(output, value.object as Stream);
      break;
    default:
      // Strings and compact encodings are written as the bytes that they are.
      writeBlob(output, store, value.ref);
  }
}

function writeBlob(output: RdbOutput, store: ByteStore, ref: number): void {
  const { buffer, start, end } = store.span(ref, new Span());
  output.string(buffer, start, end);
}

function writeList(output: RdbOutput, store: ByteStore, value: Value): void {
  const span = new Span();
  if (value.encoding === Encoding.QuicklistNode) {
    output.unsigned(1);
    writeListNode(output, store.span(value.ref, span), false);
    return;
  }
  const { nodes, store: own } = value.object as Quicklist;
  output.unsigned(nodes.size);
  for (let node = nodes.first; node !== END; node = nodes.next(node)) {
    writeListNode(output, own.span(nodes.ref(node), span), nodes.isPlain(node));
  }
}

/** Writes a node of a list, given as a listpack: of a plain one, only the entry that there is. */
export function writeListNode(output: RdbOutput, node: ByteRange, isPlain: boolean): void {
  const { buffer, start, end } = node;
  if (isPlain) {
    output.unsigned(RdbListNode.Plain);
    sendEntry(buffer, start + FIRST_POSITION, output);
  } else {
    output.unsigned(RdbListNode.Packed);
    output.string(buffer, start, end);
  }
}

function writeSet(output: RdbOutput, store: ByteStore, value: Value): void {
  output.unsigned(set.size(store, value));
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, output);
  }
}

function writeHash(output: RdbOutput, store: ByteStore, value: Value): void {
  output.unsigned(hash.size(store, value));
  for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
    hash.sendField(store, value, at, output);
    hash.sendContent(store, value, at, output);
  }
}

function writeSortedSet(output: RdbOutput, store: ByteStore, value: Value): void {
  const size = sortedSet.size(store, value);
  output.unsigned(size);
  // From the greatest to the least, as Redis does: its skiplist takes in what is least at once.
  const walk = new sortedSet.RankWalk(store, value, size - 1, true);
  for (; walk.place !== sortedSet.NONE; walk.step()) {
    sortedSet.sendMember(store, value, walk.place, output);
    output.double(sortedSet.score(store, value, walk.place));
  }
}
