/** Writes streams: nodes, counters, and groups with what is pending. */

import { bytesOf } from "../base/span.ts";
import type { IdIndex } from "../data/stream_index.ts";
import type { Stream } from "../data/stream.ts";
import type { ConsumerGroup, PendingEntry } from "../data/stream_group.ts";
import type { StreamId } from "../data/stream_id.ts";
import type { RdbOutput } from "./rdb_output.ts";

/** The bytes of an ID as a key of Redis' radix trees: both halves, the high byte first. */
const ID_BYTES = 16;

/** Writes a stream in the form of `StreamListpacks2`. */
export function writeStream(output: RdbOutput, stream: Stream): void {
  output.unsigned(stream.nodeCount);
  for (const node of stream.nodes) {
    output.unsigned(ID_BYTES);
    writeRawId(output, node);
    output.string(node.bytes, 0, node.size);
  }
  output.unsigned(stream.length);
  writeId(output, stream.lastId);
  writeId(output, stream.firstId);
  writeId(output, stream.maxDeletedId);
  output.unsigned(stream.entriesAdded);
  output.unsigned(stream.groupCount);
  for (const group of stream.groups()) writeGroup(output, group);
}

function writeGroup(output: RdbOutput, group: ConsumerGroup): void {
  writeName(output, group.name);
  writeId(output, group.lastId);
  output.unsigned(group.entriesRead);
  writePending(output, group.pending, true);
  const consumers = group.consumers();
  output.unsigned(consumers.length);
  for (const consumer of consumers) {
    writeName(output, consumer.name);
    output.int64(consumer.seenTime);
    writePending(output, consumer.pending, false);
  }
}

function writePending(
  output: RdbOutput,
  pending: IdIndex<PendingEntry>,
  withDelivery: boolean,
): void {
  output.unsigned(pending.size);
  for (const entry of pending) {
    writeRawId(output, entry);
    if (!withDelivery) continue;
    output.int64(entry.deliveryTime);
    output.unsigned(entry.deliveryCount);
  }
}

function writeName(output: RdbOutput, name: string): void {
  const bytes = bytesOf(name);
  output.string(bytes, 0, bytes.length);
}

function writeId(output: RdbOutput, { ms, seq }: StreamId): void {
  output.unsigned(ms);
  output.unsigned(seq);
}

function writeRawId(output: RdbOutput, { ms, seq }: StreamId): void {
  output.bigEndian64(ms);
  output.bigEndian64(seq);
}
