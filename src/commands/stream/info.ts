/** XINFO: what there is to know about a stream, its groups and their consumers. */

import { NO_SUCH_KEY } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Stream } from "../../data/stream.ts";
import { countUnread, READ_UNKNOWN, subtractInt64 } from "../../data/stream_counter.ts";
import type { Consumer, ConsumerGroup } from "../../data/stream_group.ts";
import { MAX_ID, MIN_ID } from "../../data/stream_id.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import { block, integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import { readStream, replyEntries, replyEntry, requireGroup } from "./access.ts";
import { wrongSyntax } from "./group.ts";
import { replyId } from "./ids.ts";

/** So many entries, and pending ones, FULL tells by itself. */
const FULL_COUNT = 10;

function requireStream({ db }: CommandContext, args: Frame): Stream {
  const stream = readStream(db, args.span(2));
  if (stream === null) throw NO_SUCH_KEY;
  return stream;
}

function infoStream(context: CommandContext, args: Frame): void {
  const stream = requireStream(context, args);
  if (args.argc === 3) replyStream(context.reply, stream);
  else replyFull(context.reply, stream, readFullCount(args));
}

/** How many entries `FULL [COUNT n]` asks for. */
function readFullCount(args: Frame): number {
  const { argc } = args;
  if (argc !== 4 && argc !== 6 || !args.is(3, "FULL")) throw wrongSyntax(args);
  if (argc === 4) return FULL_COUNT;
  if (!args.is(4, "COUNT")) throw wrongSyntax(args);
  const count = requireSafeInteger(args.span(5));
  if (count === 0) return Infinity;
  return count < 0 ? FULL_COUNT : count;
}

function replyStream(reply: ReplyWriter, stream: Stream): void {
  reply.map(10);
  replyCounts(reply, stream);
  reply.bulkString("groups");
  reply.integer(stream.groupCount);
  reply.bulkString("first-entry");
  replyEnd(reply, stream, false);
  reply.bulkString("last-entry");
  replyEnd(reply, stream, true);
}

/** The seven pairs with which both forms begin. */
function replyCounts(reply: ReplyWriter, stream: Stream): void {
  reply.bulkString("length");
  reply.integer(stream.length);
  reply.bulkString("radix-tree-keys");
  reply.integer(stream.nodeCount);
  reply.bulkString("radix-tree-nodes");
  reply.integer(stream.radixNodes);
  reply.bulkString("last-generated-id");
  replyId(reply, stream.lastId);
  reply.bulkString("max-deleted-entry-id");
  replyId(reply, stream.maxDeletedId);
  reply.bulkString("entries-added");
  reply.integer(stream.entriesAdded);
  reply.bulkString("recorded-first-entry-id");
  replyId(reply, stream.firstId);
}

/** Replies the first entry, or the last one. */
function replyEnd(reply: ReplyWriter, stream: Stream, last: boolean): void {
  const cursor = stream.range(MIN_ID, MAX_ID, last);
  if (cursor.next()) replyEntry(reply, cursor.entry);
  else reply.null();
}

function replyFull(reply: ReplyWriter, stream: Stream, count: number): void {
  reply.map(9);
  replyCounts(reply, stream);
  reply.bulkString("entries");
  replyEntries(reply, stream.range(), count);
  reply.bulkString("groups");
  const groups = stream.groups();
  reply.array(groups.length);
  for (const group of groups) replyFullGroup(reply, stream, group, count);
}

function replyFullGroup(
  reply: ReplyWriter,
  stream: Stream,
  group: ConsumerGroup,
  count: number,
): void {
  reply.map(7);
  reply.bulkString("name");
  reply.bulkString(group.name);
  replyProgress(reply, stream, group);
  reply.bulkString("pel-count");
  reply.integer(group.pending.size);
  reply.bulkString("pending");
  replyPending(reply, group, count, true);
  reply.bulkString("consumers");
  const consumers = group.consumers();
  reply.array(consumers.length);
  for (const consumer of consumers) {
    reply.map(4);
    reply.bulkString("name");
    reply.bulkString(consumer.name);
    reply.bulkString("seen-time");
    reply.integer(consumer.seenTime);
    reply.bulkString("pel-count");
    reply.integer(consumer.pending.size);
    reply.bulkString("pending");
    replyPending(reply, consumer, count, false);
  }
}

/** Replies what is pending, with or without the names of the consumers. */
function replyPending(
  reply: ReplyWriter,
  { pending }: ConsumerGroup | Consumer,
  count: number,
  names: boolean,
): void {
  const size = Math.min(pending.size, count);
  reply.array(size);
  let left = size;
  for (const item of pending) {
    if (left-- === 0) break;
    reply.array(names ? 4 : 3);
    replyId(reply, item);
    if (names) reply.bulkString(item.consumer.name);
    reply.integer(item.deliveryTime);
    reply.integer(item.deliveryCount);
  }
}

/** Three pairs: how far a group is. */
function replyProgress(reply: ReplyWriter, stream: Stream, group: ConsumerGroup): void {
  const { entriesRead, lastId } = group;
  reply.bulkString("last-delivered-id");
  replyId(reply, lastId);
  reply.bulkString("entries-read");
  if (entriesRead === READ_UNKNOWN) reply.null();
  else reply.integer(entriesRead);
  reply.bulkString("lag");
  const lag = countUnread(stream, group);
  if (lag === null) reply.null();
  else reply.integer(lag);
}

function infoGroups(context: CommandContext, args: Frame): void {
  const { reply } = context;
  const stream = requireStream(context, args);
  const groups = stream.groups();
  reply.array(groups.length);
  for (const group of groups) {
    reply.map(6);
    reply.bulkString("name");
    reply.bulkString(group.name);
    reply.bulkString("consumers");
    reply.integer(group.size);
    reply.bulkString("pending");
    reply.integer(group.pending.size);
    replyProgress(reply, stream, group);
  }
}

function infoConsumers(context: CommandContext, args: Frame): void {
  const { keyspace, reply } = context;
  const stream = requireStream(context, args);
  const consumers = requireGroup(stream, args.span(2), args.span(3)).consumers();
  reply.array(consumers.length);
  for (const { name, pending, seenTime } of consumers) {
    reply.map(3);
    reply.bulkString("name");
    reply.bulkString(name);
    reply.bulkString("pending");
    reply.integer(pending.size);
    reply.bulkString("idle");
    const idle = subtractInt64(keyspace.now, seenTime);
    reply.integer(idle < 0 ? 0 : idle);
  }
}

const COMMON = {
  since: "5.0.0",
  group: "stream",
  complexity: "O(1)",
  flags: ["readonly"],
  traits: ["quick"],
  categories: ["stream"],
  keys: [keyAt(2, ["RO", "access"])],
} as const;

export const XINFO: CommandDeclaration = {
  name: "xinfo",
  summary: "Tells about a stream, its groups and their consumers",
  since: "5.0.0",
  group: "stream",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "stream",
      summary: "Tells about a stream; with FULL also its entries, and all about its groups",
      arity: -3,
      arguments: [
        key(),
        block("full", [integer("count", { token: "COUNT", optional: true })], {
          token: "FULL",
          optional: true,
        }),
      ],
      history: [
        ["6.0.0", "Takes `FULL`."],
        ["7.0.0", "Tells what was added and deleted, and how far groups are."],
      ],
      run: infoStream,
    },
    {
      ...COMMON,
      name: "groups",
      summary: "Tells about the groups of a stream",
      arity: 3,
      arguments: [key()],
      history: [["7.0.0", "Tells how many entries a group has read, and how many it has not."]],
      run: infoGroups,
    },
    {
      ...COMMON,
      name: "consumers",
      summary: "Tells about the consumers of a group",
      arity: 4,
      tips: ["nondeterministic_output"],
      arguments: [key(), string("groupname")],
      run: infoConsumers,
    },
    helpSubcommand({ group: "stream", categories: ["stream"], since: "5.0.0" }),
  ],
};
