/** XPENDING, XACK: what consumers were given and have not acknowledged. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger, requireSafeInteger } from "../../base/numbers.ts";
import { spanString } from "../../base/span.ts";
import type { ConsumerGroup } from "../../data/stream_group.ts";
import { compareIds } from "../../data/stream_id.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readStream, requireStreamAndGroup } from "./access.ts";
import { replyId, requireEnd, requireIds, requireStart } from "./ids.ts";

function xpending(context: CommandContext, args: Frame): void {
  const { argc } = args;
  if (argc === 3) {
    const { group } = requireStreamAndGroup(context.db, args.span(1), args.span(2));
    replySummary(context, group);
  } else if (argc < 6 || argc > 9) {
    throw SYNTAX_ERROR;
  } else {
    replyPending(context, args);
  }
}

/** How much is pending, the first and the last of it, and how much for each consumer. */
function replySummary({ reply }: CommandContext, group: ConsumerGroup): void {
  const { first, last, size } = group.pending;
  reply.array(4);
  reply.integer(size);
  if (first === undefined || last === undefined) {
    reply.null();
    reply.null();
    reply.nullArray();
    return;
  }
  replyId(reply, first);
  replyId(reply, last);
  const consumers = group.consumers().filter((consumer) => consumer.pending.size > 0);
  reply.array(consumers.length);
  for (const { name, pending } of consumers) {
    reply.array(2);
    reply.bulkString(name);
    reply.bulkInteger(pending.size);
  }
}

function replyPending({ db, keyspace, reply }: CommandContext, args: Frame): void {
  let at = 3;
  let minIdle: number | bigint = 0;
  if (args.is(3, "IDLE")) {
    minIdle = requireInteger(args.span(4));
    if (args.argc < 8) throw SYNTAX_ERROR;
    at = 5;
  }
  const count = requireSafeInteger(args.span(at + 2));
  const start = requireStart(args.span(at)), end = requireEnd(args.span(at + 1));
  const { group } = requireStreamAndGroup(db, args.span(1), args.span(2));

  let { pending } = group;
  if (at + 3 < args.argc) {
    const consumer = group.consumer(spanString(args.span(at + 3)));
    if (consumer === undefined) {
      reply.array(0);
      return;
    }
    pending = consumer.pending;
  }
  const { now } = keyspace;
  const mark = reply.deferArray();
  let sent = 0;
  for (
    let item = pending.ceiling(start);
    item !== undefined && sent < count && compareIds(item, end) <= 0;
    item = pending.after(item)
  ) {
    const idle = item.idleTime(now);
    if (minIdle !== 0 && idle < minIdle) continue;
    reply.array(4);
    replyId(reply, item);
    reply.bulkString(item.consumer.name);
    reply.integer(idle < 0 ? 0 : idle);
    reply.integer(item.deliveryCount);
    sent++;
  }
  reply.setDeferred(mark, sent);
}

function xack({ db, keyspace, reply }: CommandContext, args: Frame): void {
  const group = readStream(db, args.span(1))?.group(spanString(args.span(2)));
  if (group === undefined) {
    reply.integer(0);
    return;
  }
  let acknowledged = 0;
  for (const id of requireIds(args, 3, args.argc)) if (group.acknowledge(id)) acknowledged++;
  keyspace.dirty += acknowledged;
  reply.integer(acknowledged);
}

export const XPENDING: CommandDeclaration = {
  name: "xpending",
  summary: "Tells what a group was given and has not acknowledged, in short or entry by entry",
  since: "5.0.0",
  group: "stream",
  complexity: "O(N), N being the number of entries looked at; in short, that of the consumers.",
  arity: -3,
  flags: ["readonly"],
  categories: ["stream"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("group"),
    block("filters", [
      integer("min-idle-time", { token: "IDLE", since: "6.2.0", optional: true }),
      string("start"),
      string("end"),
      integer("count"),
      string("consumer", { optional: true }),
    ], { optional: true }),
  ],
  history: [["6.2.0", "Takes `IDLE`; a range may exclude its ends."]],
  run: xpending,
};

export const XACK: CommandDeclaration = {
  name: "xack",
  summary: "Acknowledges entries that a group was given, and tells how many of them were pending",
  since: "5.0.0",
  group: "stream",
  complexity: "O(1) for each ID.",
  arity: -4,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["stream"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key(), string("group"), string("id", { multiple: true })],
  run: xack,
};
