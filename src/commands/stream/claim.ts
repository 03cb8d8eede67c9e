/** XCLAIM, XAUTOCLAIM: pending entries that another consumer takes over. */

import { ADDRESS_SPACE } from "../../base/allocate.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import {
  INT64_MAX,
  requireInteger,
  requireIntegerBetween,
  requireSafeInteger,
} from "../../base/numbers.ts";
import { type ByteRange, Span, spanString } from "../../base/span.ts";
import type { Consumer, ConsumerGroup, PendingEntry } from "../../data/stream_group.ts";
import { compareIds, makeId, MIN_ID, type StreamId } from "../../data/stream_id.ts";
import type { StreamEntry } from "../../data/stream_node.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string, token, unixTime } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import {
  createConsumer,
  propagateClaim,
  propagateProgress,
  replyEntry,
  requireStreamAndGroup,
} from "./access.ts";
import { parseId, replyId, requireId, requireStart, shown } from "./ids.ts";

const WRONG_IDLE = new ReplyError("ERR Invalid IDLE option argument for XCLAIM");
const WRONG_TIME = new ReplyError("ERR Invalid TIME option argument for XCLAIM");
const WRONG_RETRY_COUNT = new ReplyError("ERR Invalid RETRYCOUNT option argument for XCLAIM");
const WRONG_COUNT = new ReplyError("ERR COUNT must be > 0");
const COUNT_TOO_HIGH = new ReplyError(
  "ERR Insufficient memory, failed allocating transient memory, COUNT too high.",
);

/** XAUTOCLAIM looks at so many entries for each that it may claim. */
const ATTEMPTS = 10;
const DEFAULT_COUNT = 100;
/** Bytes that Redis sets aside for each entry that XAUTOCLAIM may claim. */
const BYTES_PER_CLAIM = 16;

/** How entries are claimed. */
interface ClaimOptions {
  force: boolean;
  justId: boolean;
  /** When they count as delivered, in ms since the epoch; null: now. */
  time: number | null;
  /** How often they count as delivered; null: once more than before. */
  retryCount: number | bigint | null;
  lastId: StreamId;
}

function readOptions(args: Frame, first: number, now: number): ClaimOptions {
  const options: ClaimOptions = {
    force: false,
    justId: false,
    time: null,
    retryCount: null,
    lastId: MIN_ID,
  };
  for (let i = first; i < args.argc; i++) {
    const hasMore = i + 1 < args.argc;
    if (args.is(i, "FORCE")) {
      options.force = true;
    } else if (args.is(i, "JUSTID")) {
      options.justId = true;
    } else if (args.is(i, "IDLE") && hasMore) {
      options.time = now - requireSafeInteger(args.span(++i), WRONG_IDLE);
    } else if (args.is(i, "TIME") && hasMore) {
      options.time = requireSafeInteger(args.span(++i), WRONG_TIME);
    } else if (args.is(i, "RETRYCOUNT") && hasMore) {
      const count = requireInteger(args.span(++i), WRONG_RETRY_COUNT);
      options.retryCount = count < 0 ? null : count;
    } else if (args.is(i, "LASTID") && hasMore) {
      options.lastId = requireId(args.span(++i));
    } else {
      throw new ReplyError(`ERR Unrecognized XCLAIM option '${shown(args.span(i))}'`);
    }
  }
  return options;
}

/** How long an entry must not have been delivered, in ms. */
function requireMinIdle(argument: ByteRange, command: string): number | bigint {
  const error = new ReplyError(`ERR Invalid min-idle-time argument for ${command}`);
  const time = requireInteger(argument, error);
  return time < 0 ? 0 : time;
}

/** The consumer that claims, as soon as there is something to claim. */
class Claimant {
  #consumer: Consumer | null = null;

  constructor(
    private readonly context: CommandContext,
    private readonly key: ByteRange,
    private readonly group: ConsumerGroup,
    private readonly name: string,
  ) {}

  /** Made where it does not exist. */
  get consumer(): Consumer {
    if (this.#consumer !== null) return this.#consumer;
    const consumer = this.group.consumer(this.name) ??
      createConsumer(this.context, this.key, this.group, this.name);
    consumer.seenTime = this.context.keyspace.now;
    return this.#consumer = consumer;
  }
}

function replyClaimed({ reply }: CommandContext, entry: StreamEntry, justId: boolean): void {
  if (justId) replyId(reply, entry);
  else replyEntry(reply, entry);
}

/** Forgets a pending entry that was deleted from the stream. */
function dropDeleted(
  context: CommandContext,
  key: ByteRange,
  group: ConsumerGroup,
  pending: PendingEntry,
  id?: ByteRange,
): void {
  // Claimed once more it is dropped there, too.
  propagateClaim(context, key, group, pending, id);
  group.acknowledge(makeId(pending.ms, pending.seq));
  context.keyspace.dirty++;
}

function xclaim(context: CommandContext, args: Frame): void {
  const { db, keyspace, propagation, reply } = context;
  const key = args.span(1);
  const { stream, group } = requireStreamAndGroup(db, key, args.span(2));
  const minIdle = requireMinIdle(args.span(4), "XCLAIM");
  const argument = new Span();
  const ids: StreamId[] = [];
  for (let i = 5; i < args.argc; i++) {
    const id = parseId(args.spanInto(i, argument));
    if (id === undefined) break;
    ids.push(id);
  }
  const { now } = keyspace;
  const { force, justId, time, retryCount, lastId } = readOptions(args, 5 + ids.length, now);
  propagation.suppress();
  let progressed = compareIds(lastId, group.lastId) > 0;
  if (progressed) group.lastId = lastId;
  const deliveryTime = time === null || time < 0 || time > now ? now : time;
  const claimant = new Claimant(context, key, group, spanString(args.span(3)));

  const mark = reply.deferArray();
  let claimed = 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    const entry = stream.find(id);
    let pending = group.pending.get(id);
    args.spanInto(5 + i, argument);
    if (entry === null) {
      if (pending !== undefined) {
        dropDeleted(context, key, group, pending, argument);
        progressed = false;
      }
      continue;
    }
    if (pending === undefined) {
      if (!force) continue;
      pending = group.addPending(id, claimant.consumer, now);
    } else {
      if (minIdle > 0 && pending.idleTime(now) < minIdle) continue;
      group.assign(pending, claimant.consumer);
    }
    pending.deliveryTime = deliveryTime;
    if (retryCount !== null) pending.deliveryCount = retryCount;
    else if (!justId) pending.countDelivery();
    replyClaimed(context, entry, justId);
    claimed++;
    propagateClaim(context, key, group, pending, argument);
    progressed = false;
    keyspace.dirty++;
  }
  if (progressed) {
    propagateProgress(context, key, group);
    keyspace.dirty++;
  }
  reply.setDeferred(mark, claimed);
}

function xautoclaim(context: CommandContext, args: Frame): void {
  const { db, keyspace, propagation, reply } = context;
  const key = args.span(1);
  // A use of the key that counts even where the arguments are wrong.
  const row = db.lookupRead(key);
  const minIdle = requireMinIdle(args.span(4), "XAUTOCLAIM");
  const start = requireStart(args.span(5));
  let count = DEFAULT_COUNT, justId = false;
  for (let i = 6; i < args.argc; i++) {
    if (args.is(i, "COUNT") && i + 1 < args.argc) {
      const most = INT64_MAX / BigInt(BYTES_PER_CLAIM);
      count = requireIntegerBetween(args.span(++i), 1, most, WRONG_COUNT);
    } else if (args.is(i, "JUSTID")) {
      justId = true;
    } else {
      throw SYNTAX_ERROR;
    }
  }
  const { stream, group } = requireStreamAndGroup(db, key, args.span(2), row);
  if (count * BYTES_PER_CLAIM > ADDRESS_SPACE) throw COUNT_TOO_HIGH;
  propagation.suppress();
  const claimant = new Claimant(context, key, group, spanString(args.span(3)));

  const { now } = keyspace;
  const deleted: StreamId[] = [];
  reply.array(3);
  // Where to go on is known when all is done, and told before it.
  const claimed: PendingEntry[] = [];
  let pending = group.pending.ceiling(start);
  let attempts = count * ATTEMPTS;
  for (; attempts > 0 && count > 0 && pending !== undefined; attempts--) {
    const entry = stream.find(pending);
    if (entry === null) {
      dropDeleted(context, key, group, pending);
      deleted.push(pending);
      count--;
    } else if (minIdle === 0 || pending.idleTime(now) >= minIdle) {
      group.assign(pending, claimant.consumer);
      pending.deliveryTime = now;
      if (!justId) pending.countDelivery();
      claimed.push(pending);
      count--;
      propagateClaim(context, key, group, pending);
      keyspace.dirty++;
    }
    pending = group.pending.after(pending);
  }
  replyId(reply, pending ?? MIN_ID);
  reply.array(claimed.length);
  for (const { ms, seq } of claimed) {
    const entry = stream.find({ ms, seq });
    if (entry !== null) replyClaimed(context, entry, justId);
  }
  reply.array(deleted.length);
  for (const id of deleted) replyId(reply, id);
}

const COMMON = {
  group: "stream",
  arity: -6,
  flags: ["write", "fast"],
  categories: ["stream"],
  tips: ["nondeterministic_output"],
} as const;

export const XCLAIM: CommandDeclaration = {
  ...COMMON,
  name: "xclaim",
  summary: "Has a consumer take over pending entries of its group",
  since: "5.0.0",
  complexity: "O(log N), N being the number of the group's pending entries.",
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [
    key(),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("id", { multiple: true }),
    integer("ms", { token: "IDLE", optional: true }),
    unixTime("unix-time-milliseconds", { token: "TIME", optional: true }),
    integer("count", { token: "RETRYCOUNT", optional: true }),
    token("FORCE", { optional: true }),
    token("JUSTID", { optional: true }),
    string("id", { token: "LASTID", optional: true }),
  ],
  run: xclaim,
};

export const XAUTOCLAIM: CommandDeclaration = {
  ...COMMON,
  name: "xautoclaim",
  summary: "Has a consumer take over what was pending for long, going through it bit by bit",
  since: "6.2.0",
  complexity: "O(1) if COUNT is small.",
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [
    key(),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("start"),
    integer("count", { token: "COUNT", optional: true }),
    token("JUSTID", { optional: true }),
  ],
  history: [["7.0.0", "Replies what it dropped because it had been deleted."]],
  run: xautoclaim,
};
