/** XGROUP: the consumer groups of a stream. */

import { ReplyError } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import { type ByteRange, spanString } from "../../base/span.ts";
import type { Stream } from "../../data/stream.ts";
import { READ_UNKNOWN } from "../../data/stream_counter.ts";
import { ConsumerGroup } from "../../data/stream_group.ts";
import { MIN_ID, type StreamId } from "../../data/stream_id.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import { addStream, createConsumer, requireGroup, writeStream } from "./access.ts";
import { isCharacter, requireId, requireIdOrBoundary } from "./ids.ts";

const NO_KEY = new ReplyError(
  "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use " +
    "the MKSTREAM option to create an empty stream automatically.",
);
const GROUP_EXISTS = new ReplyError("BUSYGROUP Consumer Group name already exists");
const WRONG_ENTRIES_READ = new ReplyError("ERR value for ENTRIESREAD must be positive or -1");

/** The options behind the ID of CREATE and SETID. */
interface GroupOptions {
  makeStream: boolean;
  entriesRead: number | bigint;
}

function readOptions(args: Frame, mayMakeStream: boolean): GroupOptions {
  const options: GroupOptions = { makeStream: false, entriesRead: READ_UNKNOWN };
  for (let i = 5; i < args.argc;) {
    if (mayMakeStream && args.is(i, "MKSTREAM")) {
      options.makeStream = true;
      i++;
    } else if (args.is(i, "ENTRIESREAD") && i + 1 < args.argc) {
      options.entriesRead = requireInteger(args.span(i + 1));
      if (options.entriesRead < 0 && options.entriesRead !== READ_UNKNOWN) throw WRONG_ENTRIES_READ;
      i += 2;
    } else {
      throw wrongSyntax(args);
    }
  }
  return options;
}

/** What Redis says where a sub-command's options make no sense. */
export function wrongSyntax(args: Frame): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand or wrong number of arguments for '${args.shownText(1)}'. ` +
      `Try ${args.is(0, "XGROUP") ? "XGROUP" : "XINFO"} HELP.`,
  );
}

/** The stream and the group of a sub-command that needs both. */
function requireBoth(
  { db }: CommandContext,
  args: Frame,
): { stream: Stream; group: ConsumerGroup } {
  const key = args.span(2);
  const stream = writeStream(db, key);
  if (stream === null) throw NO_KEY;
  return { stream, group: requireGroup(stream, key, args.span(3)) };
}

/** Says that something about a group has changed: no change to those who watch the key. */
function groupChanged({ db, keyspace }: CommandContext, key: ByteRange, event: string): void {
  keyspace.dirty++;
  db.notify(EventClass.Stream, event, key);
}

function create(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const { makeStream, entriesRead } = readOptions(args, true);
  const key = args.span(2), name = spanString(args.span(3));
  let stream = writeStream(db, key);
  if (stream === null && !makeStream) throw NO_KEY;
  if (args.argc > 8) throw wrongSyntax(args);
  const fromEnd = isCharacter(args.span(4), "$");
  const id: StreamId = fromEnd ? stream?.lastId ?? MIN_ID : requireId(args.span(4));
  if (stream === null) {
    stream = addStream(db, key);
    db.keyspace.observer.keyChanged(db, key);
  } else if (stream.group(name) !== undefined) {
    throw GROUP_EXISTS;
  }
  stream.addGroup(new ConsumerGroup(name, id, entriesRead));
  reply.ok();
  groupChanged(context, key, "xgroup-create");
}

function setId(context: CommandContext, args: Frame): void {
  const { entriesRead } = readOptions(args, false);
  const { stream, group } = requireBoth(context, args);
  if (args.argc > 7) throw wrongSyntax(args);
  const id = args.span(4);
  group.lastId = isCharacter(id, "$") ? stream.lastId : requireIdOrBoundary(id);
  group.entriesRead = entriesRead;
  context.reply.ok();
  groupChanged(context, args.span(2), "xgroup-setid");
}

function destroy(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(2);
  const stream = writeStream(db, key);
  if (stream === null) throw NO_KEY;
  if (!stream.removeGroup(spanString(args.span(3)))) {
    reply.integer(0);
    return;
  }
  reply.integer(1);
  groupChanged(context, key, "xgroup-destroy");
  // Who waits as one of the group is told that it is gone.
  db.keyspace.observer.keyReady(db, key);
}

function addConsumer(context: CommandContext, args: Frame): void {
  const { group } = requireBoth(context, args);
  const name = spanString(args.span(4));
  const isNew = group.consumer(name) === undefined;
  if (isNew) createConsumer(context, args.span(2), group, name);
  context.reply.integer(isNew ? 1 : 0);
}

function deleteConsumer(context: CommandContext, args: Frame): void {
  const { group } = requireBoth(context, args);
  const consumer = group.consumer(spanString(args.span(4)));
  if (consumer === undefined) {
    context.reply.integer(0);
    return;
  }
  const pending = consumer.pending.size;
  group.removeConsumer(consumer);
  context.reply.integer(pending);
  groupChanged(context, args.span(2), "xgroup-delconsumer");
}

const COMMON = { group: "stream", categories: ["stream"], complexity: "O(1)" } as const;
const ID = oneOf("id", [string("id"), token("$", { name: "new_id" })]);
const ENTRIES_READ = integer("entries_read", { token: "ENTRIESREAD", optional: true });
const GROUP = string("groupname");
const CONSUMER = string("consumername");

export const XGROUP: CommandDeclaration = {
  name: "xgroup",
  summary: "Manages the consumer groups of a stream",
  since: "5.0.0",
  group: "stream",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "create",
      summary: "Adds a group to a stream",
      since: "5.0.0",
      arity: -5,
      flags: ["write", "denyoom"],
      traits: ["quick"],
      keys: [keyAt(2, ["RW", "insert"])],
      arguments: [key(), GROUP, ID, token("MKSTREAM", { optional: true }), ENTRIES_READ],
      history: [["7.0.0", "Takes how many entries the group has read."]],
      run: create,
    },
    {
      ...COMMON,
      name: "setid",
      summary: "Sets the entry that a group was given last",
      since: "5.0.0",
      arity: -5,
      flags: ["write"],
      traits: ["quick"],
      keys: [keyAt(2, ["RW", "update"])],
      arguments: [key(), GROUP, ID, ENTRIES_READ],
      history: [["7.0.0", "Takes how many entries the group has read."]],
      run: setId,
    },
    {
      ...COMMON,
      name: "destroy",
      summary: "Removes a group with all that it has pending",
      since: "5.0.0",
      complexity: "O(N), N being the number of the group's pending entries.",
      arity: 4,
      flags: ["write"],
      keys: [keyAt(2, ["RW", "delete"])],
      arguments: [key(), GROUP],
      run: destroy,
    },
    {
      ...COMMON,
      name: "createconsumer",
      summary: "Adds a consumer to a group",
      since: "6.2.0",
      arity: 5,
      flags: ["write", "denyoom"],
      traits: ["quick"],
      keys: [keyAt(2, ["RW", "insert"])],
      arguments: [key(), GROUP, CONSUMER],
      run: addConsumer,
    },
    {
      ...COMMON,
      name: "delconsumer",
      summary: "Removes a consumer from a group, and tells how many entries it had pending",
      since: "5.0.0",
      arity: 5,
      flags: ["write"],
      traits: ["quick"],
      keys: [keyAt(2, ["RW", "delete"])],
      arguments: [key(), GROUP, CONSUMER],
      run: deleteConsumer,
    },
    helpSubcommand({ group: "stream", categories: ["stream"], since: "5.0.0" }),
  ],
};
