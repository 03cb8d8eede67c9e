/** Writes streams: nodes, counters, and groups with what is pending. */

import type { Stream } from "../data/stream.ts";
import type { ConsumerGroup, PendingEntry } from "../data/stream_group.ts";
import type { StreamId } from "../data/stream_id.ts";
import type { StreamNode } from "../data/stream_node.ts";
import type { RdbOutput } from "./rdb_output.ts";

/** The bytes of an ID as a key of Redis' radix trees: both halves, the high byte first. */
const ID_BYTES = 16;

/** Writes a stream in the form of `StreamListpacks2`. */
export function writeStream(output: RdbOutput, stream: Stream): void {
  output.unsigned(stream.nodeCount);
  for (const node of stream.nodes) writeNode(output, node);
  writeStreamState(output, stream, stream.groupCount);
  for (const group of stream.groups()) writeGroup(output, group);
}

/** Writes a node. */
export function writeNode(output: RdbOutput, node: StreamNode): void {
  output.unsigned(ID_BYTES);
  writeRawId(output, node);
  output.string(node.bytes, 0, node.size);
}

/** What is written of a stream behind its nodes. */
export interface StreamState {
  readonly length: number;
  readonly lastId: StreamId;
  readonly firstId: StreamId;
  readonly maxDeletedId: StreamId;
  readonly entriesAdded: number | bigint;
}

/** Writes what comes between the nodes and the groups. */
export function writeStreamState(output: RdbOutput, stream: StreamState, groups: number): void {
  output.unsigned(stream.length);
  writeId(output, stream.lastId);
  writeId(output, stream.firstId);
  writeId(output, stream.maxDeletedId);
  output.unsigned(stream.entriesAdded);
  output.unsigned(groups);
}

function writeGroup(output: RdbOutput, group: ConsumerGroup): void {
  writeGroupHead(output, group);
  output.unsigned(group.pending.size);
  for (const entry of group.pending) writePending(output, entry);
  const consumers = group.consumers();
  output.unsigned(consumers.length);
  for (const { name, seenTime, pending } of consumers) {
    writeConsumerHead(output, name, seenTime);
    output.unsigned(pending.size);
    for (const entry of pending) writeRawId(output, entry);
  }
}

/** Writes what comes before the pending entries of a group. */
export function writeGroupHead(
  output: RdbOutput,
  { name, lastId, entriesRead }: Pick<ConsumerGroup, "name" | "lastId" | "entriesRead">,
): void {
  output.text(name);
  writeId(output, lastId);
  output.unsigned(entriesRead);
}

/** Writes a pending entry of a group. */
export function writePending(output: RdbOutput, entry: PendingEntry): void {
  writeRawId(output, entry);
  output.int64(entry.deliveryTime);
  output.unsigned(entry.deliveryCount);
}

/** Writes what comes before the IDs of what is pending for a consumer. */
export function writeConsumerHead(
  output: RdbOutput,
  name: string,
  seenTime: number | bigint,
): void {
  output.text(name);
  output.int64(seenTime);
}

function writeId(output: RdbOutput, { ms, seq }: StreamId): void {
  output.unsigned(ms);
  output.unsigned(seq);
}

/** Writes an ID as a key of Redis' radix trees. */
export function writeRawId(output: RdbOutput, { ms, seq }: StreamId): void {
  output.bigEndian64(ms);
  output.bigEndian64(seq);
}
