/** XREAD, XREADGROUP: what comes after an ID, for which they may wait. */

import { ReplyError } from "../../base/errors.ts";
import { type ByteRange, Span, spansEqual } from "../../base/span.ts";
import type { Stream } from "../../data/stream.ts";
import { countRead } from "../../data/stream_counter.ts";
import type { Consumer, ConsumerGroup } from "../../data/stream_group.ts";
import {
  compareIds,
  idAfter,
  makeId,
  MAX_ID,
  MIN_ID,
  type StreamId,
} from "../../data/stream_id.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import {
  createConsumer,
  propagateClaim,
  propagateProgress,
  readStream,
  replyEntries,
  replyEntry,
  streamAt,
} from "./access.ts";
import { isCharacter, replyId, requireId, shown } from "./ids.ts";
import { findStreamKeys, type Membership, type ReadOptions, readOptions } from "./read_options.ts";

const LAST_IN_GROUP = new ReplyError(
  "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this " +
    "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just " +
    "return an empty result set.",
);
const NEW_WITHOUT_GROUP = new ReplyError(
  "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> " +
    "option.",
);
const KEY_IS_GONE = new ReplyError("UNBLOCKED the stream key no longer exists");
const GROUP_IS_GONE = new ReplyError(
  "NOGROUP the consumer group this client was blocked on no longer exists",
);

/** A client that waited is given no more entries than that unless it says how many it wants. */
const COUNT_AFTER_WAIT = 1000;

/** The ID that stands for `>`: what was delivered to no consumer of the group. */
const NEW = MAX_ID;

/** From where a stream is read. */
interface Position {
  readonly after: StreamId;
  readonly group: ConsumerGroup | null;
}

function xread(context: CommandContext, args: Frame): void {
  read(context, args, readOptions(args, false, context.client.isScript));
}

function xreadgroup(context: CommandContext, args: Frame): void {
  // What it changes is told in other words.
  context.propagation.suppress();
  read(context, args, readOptions(args, true, context.client.isScript));
}

function read(context: CommandContext, args: Frame, options: ReadOptions): void {
  const { client, keyspace, reply } = context;
  const { count, firstKey, keys, member, timeout } = options;
  const positions: Position[] = [];
  for (let i = 0; i < keys; i++) {
    positions.push(requirePosition(context, args, firstKey + i, firstKey + keys + i, member));
  }

  let served = 0, mark = 0;
  for (let i = 0; i < keys; i++) {
    const key = args.span(firstKey + i);
    // Looked up again as Redis does, which counts the hits and misses of both.
    const stream = readStream(context.db, key);
    if (stream === null) continue;
    const { after, group } = positions[i];
    const isHistory = group !== null && compareIds(after, NEW) !== 0;
    const from = group !== null && !isHistory ? group.lastId : after;
    const hasNew = stream.length !== 0 && compareIds(stream.lastEntryId, from) > 0;
    if (!isHistory && !hasNew) continue;
    if (served++ === 0) mark = reply.resp === 2 ? reply.deferArray() : reply.deferMap();
    beginStream(context, key);
    if (group === null || member === null) {
      replyEntries(reply, stream.range(idAfter(from) ?? MAX_ID), count || Infinity);
    } else {
      const consumer = openConsumer(context, key, group, member);
      if (isHistory) replyHistory(context, stream, consumer, after, count || Infinity);
      else deliver(context, key, stream, group, consumer, member.noAck, count || Infinity);
      keyspace.dirty++;
    }
  }
  if (served > 0) reply.setDeferred(mark, served);
  else if (timeout !== null && client.mayWait) wait(context, args, options, positions, timeout);
  else reply.nullArray();
}

/** From where the stream of the key at `keyAt` is to be read, by the ID at `idAt`. */
function requirePosition(
  { db }: CommandContext,
  args: Frame,
  keyAt: number,
  idAt: number,
  member: Membership | null,
): Position {
  const stream = readStream(db, args.span(keyAt));
  const group = member === null ? null : stream?.group(member.group) ?? null;
  if (member !== null && group === null) {
    throw new ReplyError(
      `NOGROUP No such key '${shown(args.span(keyAt))}' or consumer group ` +
        `'${shown(Span.ofString(member.group))}' in ` +
        "XREADGROUP with GROUP option",
    );
  }
  const id = args.span(idAt);
  if (isCharacter(id, "$")) {
    if (group !== null) throw LAST_IN_GROUP;
    return { after: stream?.lastId ?? MIN_ID, group };
  }
  if (isCharacter(id, ">")) {
    if (group === null) throw NEW_WITHOUT_GROUP;
    return { after: NEW, group };
  }
  return { after: requireId(id), group };
}

/** Replies what comes before the entries of a stream. */
function beginStream({ reply }: CommandContext, key: ByteRange): void {
  if (reply.resp === 2) reply.array(2);
  reply.bulk(key);
}

/** Replies what comes before the entries of a stream that is the only one. */
function beginOnlyStream(context: CommandContext, key: ByteRange): void {
  const { reply } = context;
  if (reply.resp === 2) reply.array(1);
  else reply.map(1);
  beginStream(context, key);
}

/** The consumer that reads; it is made where it does not exist. */
function openConsumer(
  context: CommandContext,
  key: ByteRange,
  group: ConsumerGroup,
  { consumer: name, noAck }: Membership,
): Consumer {
  const { db, keyspace, propagation } = context;
  let consumer = group.consumer(name);
  if (consumer === undefined) {
    consumer = createConsumer(context, key, group, name);
    // Otherwise what is delivered to it tells of it.
    if (noAck) {
      propagation.also(db.index, "XGROUP", "CREATECONSUMER", key, group.name, name);
    }
  }
  consumer.seenTime = keyspace.now;
  return consumer;
}

/** Replies entries which no consumer of the group was given, and notes that this one is. */
function deliver(
  context: CommandContext,
  key: ByteRange,
  stream: Stream,
  group: ConsumerGroup,
  consumer: Consumer,
  noAck: boolean,
  count: number,
): void {
  const { keyspace, reply } = context;
  const { now } = keyspace;
  const mark = reply.deferArray();
  const cursor = stream.range(idAfter(group.lastId) ?? MAX_ID);
  let sent = 0;
  for (; sent < count && cursor.next(); sent++) {
    const { entry } = cursor;
    group.entriesRead = countRead(stream, group, entry);
    group.lastId = makeId(entry.ms, entry.seq);
    replyEntry(reply, entry);
    if (noAck) continue;
    propagateClaim(context, key, group, group.deliver(entry, consumer, now));
  }
  reply.setDeferred(mark, sent);
  if (noAck && sent > 0) propagateProgress(context, key, group);
}

/** Replies what is pending for a consumer behind an ID; of what is deleted, the ID alone. */
function replyHistory(
  { keyspace, reply }: CommandContext,
  stream: Stream,
  { pending }: Consumer,
  after: StreamId,
  count: number,
): void {
  const mark = reply.deferArray();
  let sent = 0;
  let item = pending.after(after);
  for (; item !== undefined && sent < count; item = pending.after(item), sent++) {
    const entry = stream.find(item);
    if (entry === null) {
      reply.array(2);
      replyId(reply, item);
      reply.nullArray();
    } else {
      replyEntry(reply, entry);
      item.deliveryTime = keyspace.now;
      item.countDelivery();
    }
  }
  reply.setDeferred(mark, sent);
}

/** Parks the client until one of the streams has what it wants. */
function wait(
  context: CommandContext,
  args: Frame,
  { count, firstKey, keys: keyCount, member }: ReadOptions,
  positions: readonly Position[],
  timeout: number,
): void {
  const keys = Array.from({ length: keyCount }, (_, i) => args.copy(firstKey + i));
  const most = count || COUNT_AFTER_WAIT;
  const findPosition = (key: ByteRange): StreamId => {
    const at = keys.findIndex((waited) => spansEqual(Span.of(waited), key));
    return positions[at].after;
  };
  context.client.waitForKeys({
    keys,
    type: ValueType.Stream,
    timeout,
    attempt: (key) =>
      member === null
        ? serveReader(context, key, findPosition(key), most)
        : serveMember(context, key, member, most),
    timedOut: () => context.reply.nullArray(),
  });
}

/** The stream of a key that became ready, or null. */
function readyStream({ db }: CommandContext, key: ByteRange): Stream | null {
  const row = db.lookupWrite(key);
  return row === NO_ROW || db.typeOf(row) !== ValueType.Stream ? null : streamAt(db, row);
}

/** Serves XREAD from a stream with something behind `after`; false where that is not so. */
function serveReader(
  context: CommandContext,
  key: ByteRange,
  after: StreamId,
  count: number,
): boolean {
  const stream = readyStream(context, key);
  if (stream === null || compareIds(stream.lastId, after) <= 0) return false;
  beginOnlyStream(context, key);
  replyEntries(context.reply, stream.range(idAfter(after) ?? MAX_ID), count);
  return true;
}

/** As `serveReader` for XREADGROUP. Throws where the stream or the group is gone. */
function serveMember(
  context: CommandContext,
  key: ByteRange,
  member: Membership,
  count: number,
): boolean {
  const { propagation } = context;
  const stream = readyStream(context, key);
  if (stream === null) throw KEY_IS_GONE;
  const group = stream.group(member.group);
  if (group === undefined) throw GROUP_IS_GONE;
  // By what was last added and not by what is there: Redis replies no entries where all were deleted.
  if (compareIds(stream.lastId, group.lastId) <= 0) return false;
  propagation.suppress();
  beginOnlyStream(context, key);
  const consumer = openConsumer(context, key, group, member);
  deliver(context, key, stream, group, consumer, member.noAck, count);
  return true;
}

const COUNT = integer("count", { token: "COUNT", optional: true });
const BLOCK = integer("milliseconds", { token: "BLOCK", optional: true });
const STREAMS = block(
  "streams",
  [key("key", { multiple: true }), string("id", { multiple: true })],
  { token: "STREAMS" },
);
const COMPLEXITY =
  "For each stream O(N), N being the number of entries replied. Adding an entry costs O(M) more, M " +
  "being the number of clients that wait for it.";

export const XREAD: CommandDeclaration = {
  name: "xread",
  summary: "Replies the entries of streams behind given IDs, for which it may wait",
  since: "5.0.0",
  group: "stream",
  complexity: COMPLEXITY,
  arity: -4,
  flags: ["readonly", "blocking", "movablekeys"],
  categories: ["stream"],
  keys: [{
    flags: ["RO", "access"],
    begin: { type: "keyword", keyword: "STREAMS", startFrom: 1 },
    find: { type: "range", lastKey: -1, step: 1, limit: 2 },
  }],
  findKeys: findStreamKeys,
  arguments: [COUNT, BLOCK, STREAMS],
  run: xread,
};

export const XREADGROUP: CommandDeclaration = {
  name: "xreadgroup",
  summary:
    "Replies entries of streams to a consumer of a group: those which nobody of it was given, " +
    "for which it may wait, or those that it has not acknowledged",
  since: "5.0.0",
  group: "stream",
  complexity: COMPLEXITY,
  arity: -7,
  flags: ["write", "blocking", "movablekeys"],
  categories: ["stream"],
  keys: [{
    flags: ["RO", "access"],
    begin: { type: "keyword", keyword: "STREAMS", startFrom: 4 },
    find: { type: "range", lastKey: -1, step: 1, limit: 2 },
  }],
  findKeys: findStreamKeys,
  arguments: [
    block("group_consumer", [string("group"), string("consumer")], { token: "GROUP" }),
    COUNT,
    BLOCK,
    token("NOACK", { optional: true }),
    STREAMS,
  ],
  run: xreadgroup,
};
