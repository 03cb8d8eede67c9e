/** Reads streams. */

import { spanString } from "../base/span.ts";
import { Stream } from "../data/stream.ts";
import { countEntriesUpTo } from "../data/stream_counter.ts";
import { type Consumer, ConsumerGroup } from "../data/stream_group.ts";
import { compareIds, formatId, MIN_ID, type StreamId } from "../data/stream_id.ts";
import { StreamNode } from "../data/stream_node.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { StreamNodeCheck } from "../data/stream_node_check.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbType } from "./rdb_format.ts";
import { bigEndian64, type RdbInput } from "./rdb_input.ts";
import type { Reading } from "./rdb_reading.ts";

const ID_BYTES = 16;

/** How an entry that is pending was delivered. */
interface Delivery {
  readonly time: number | bigint;
  readonly count: number | bigint;
}

/** Reads a stream, which may be empty: true, always. */
export function* readStream(input: RdbInput, type: number, value: Value): Reading<boolean> {
  const isSecond = type === RdbType.StreamListpacks2;
  const stream = new Stream(), check = new StreamNodeCheck();
  for (let left = input.count(); left > 0; left--) {
    if (input.partIsRead()) yield;
    readNode(input, stream, check);
  }
  stream.length = readLength(input, stream.nodeCount);
  stream.lastId = readId(input);
  if (compareIds(check.lastId, stream.lastId) > 0) {
    input.mend("A stream's last ID is less than that of an entry");
    stream.lastId = check.lastId;
  }
  stream.firstId = check.live === 0 ? MIN_ID : stream.firstLiveId;
  if (isSecond) {
    stream.firstId = readId(input);
    stream.maxDeletedId = readId(input);
    stream.entriesAdded = input.signed();
  } else {
    stream.entriesAdded = stream.length;
  }
  for (let left = input.count(); left > 0; left--) yield* readGroup(input, stream, isSecond);
  value.setObject(ValueType.Stream, Encoding.Stream, stream);
  return true;
}

/** Reads how many entries there are said to be. Redis does not count, and goes by that number from then on. */
function readLength(input: RdbInput, nodes: number): number {
  const length = input.signed();
  if (length !== 0 && nodes === 0) input.fail("A stream without nodes has entries");
  if (typeof length === "bigint") input.fail("A stream has more entries than there can be");
  return length;
}

function readNode(input: RdbInput, stream: Stream, check: StreamNodeCheck): void {
  const key = input.string();
  if (key.length !== ID_BYTES) input.fail("The ID of a stream's node has not 16 bytes");
  const id = idAt(key.buffer, key.start);
  const { buffer, start, end } = readListpack(input, RdbType.StreamListpacks2);
  if (!check.take(id, buffer, start, end)) input.fail("A stream's node that is not sound");
  if (!stream.adoptNode(new StreamNode(id, buffer.slice(start, end)))) {
    input.fail("Two nodes of a stream have the same ID");
  }
}

function* readGroup(input: RdbInput, stream: Stream, isSecond: boolean): Reading<void> {
  const name = spanString(input.string());
  if (stream.group(name) !== undefined) input.fail("A stream has two groups of the same name");
  const lastId = readId(input);
  const read = isSecond ? input.signed() : countEntriesUpTo(stream, lastId);
  const group = new ConsumerGroup(name, lastId, read);
  const deliveries = new Map<string, Delivery>();
  for (let left = input.count(); left > 0; left--) {
    if (input.partIsRead()) yield;
    const id = formatId(readRawId(input));
    if (deliveries.has(id)) input.fail("An entry is pending twice in a group");
    deliveries.set(id, { time: input.int64(), count: input.signed() });
  }
  for (let left = input.count(); left > 0; left--) yield* readConsumer(input, group, deliveries);
  // They are left out: what nobody was given nobody can acknowledge or claim.
  if (deliveries.size > 0) input.mend("An entry is pending for no consumer");
  stream.addGroup(group);
}

/** Reads a consumer; what is pending for it is taken out of `deliveries`. */
function* readConsumer(
  input: RdbInput,
  group: ConsumerGroup,
  deliveries: Map<string, Delivery>,
): Reading<void> {
  const name = spanString(input.string());
  if (group.consumer(name) !== undefined) input.fail("A group has two consumers of the same name");
  const consumer: Consumer = group.addConsumer(name, input.int64());
  for (let left = input.count(); left > 0; left--) {
    if (input.partIsRead()) yield;
    const id = readRawId(input);
    const text = formatId(id);
    const delivery = deliveries.get(text);
    if (delivery === undefined) input.fail("An entry is pending for a consumer, not for the group");
    deliveries.delete(text);
    group.addPending(id, consumer, delivery.time).deliveryCount = delivery.count;
  }
}

function readId(input: RdbInput): StreamId {
  const ms = input.unsigned();
  return { ms, seq: input.unsigned() };
}

function readRawId(input: RdbInput): StreamId {
  const { buffer, start } = input.bytes(ID_BYTES);
  return idAt(buffer, start);
}

function idAt(buffer: Uint8Array, at: number): StreamId {
  return { ms: bigEndian64(buffer, at), seq: bigEndian64(buffer, at + 8) };
}
