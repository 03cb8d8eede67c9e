/** XDEL, XSETID: changes to a stream other than additions and trimming. */

import { NO_SUCH_KEY, ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import { compareIds, isMinId, type StreamId } from "../../data/stream_id.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeStream } from "./access.ts";
import { requireId, requireIds } from "./ids.ts";

const NEGATIVE_ADDED = new ReplyError("ERR entries_added must be positive");
const BEFORE_GIVEN_DELETED = new ReplyError(
  "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
const BEFORE_LAST = new ReplyError(
  "ERR The ID specified in XSETID is smaller than the target stream top item",
);
const FEWER_THAN_LENGTH = new ReplyError(
  "ERR The entries_added specified in XSETID is smaller than the target stream length",
);

function xdel({ db, reply }: CommandContext, args: Frame): void {
  const key = args.span(1);
  const stream = writeStream(db, key);
  if (stream === null) {
    reply.integer(0);
    return;
  }
  const deleted = stream.deleteEntries(requireIds(args, 2, args.argc));
  if (deleted > 0) db.changed(key, EventClass.Stream, "xdel", deleted);
  reply.integer(deleted);
}

function xsetid({ db, keyspace, reply }: CommandContext, args: Frame): void {
  const id = requireId(args.span(2));
  let entriesAdded: number | bigint | null = null;
  let maxDeletedId: StreamId | null = null;
  for (let i = 3; i < args.argc; i += 2) {
    if (i + 1 === args.argc) throw SYNTAX_ERROR;
    if (args.is(i, "ENTRIESADDED")) {
      entriesAdded = requireInteger(args.span(i + 1));
      if (entriesAdded < 0) throw NEGATIVE_ADDED;
    } else if (args.is(i, "MAXDELETEDID")) {
      maxDeletedId = requireId(args.span(i + 1));
      if (compareIds(id, maxDeletedId) < 0) throw BEFORE_GIVEN_DELETED;
    } else {
      throw SYNTAX_ERROR;
    }
  }

  const key = args.span(1);
  const stream = writeStream(db, key);
  if (stream === null) throw NO_SUCH_KEY;
  if (stream.length !== 0) {
    if (compareIds(id, stream.lastEntryId) < 0) throw BEFORE_LAST;
    if (entriesAdded !== null && stream.isLongerThan(entriesAdded)) throw FEWER_THAN_LENGTH;
  }
  stream.lastId = id;
  if (entriesAdded !== null) stream.entriesAdded = entriesAdded;
  if (maxDeletedId !== null && !isMinId(maxDeletedId)) stream.maxDeletedId = maxDeletedId;
  reply.ok();
  // To those who watch the key this is no change.
  keyspace.dirty++;
  db.notify(EventClass.Stream, "xsetid", key);
}

export const XDEL: CommandDeclaration = {
  name: "xdel",
  summary: "Deletes entries of a stream, and tells how many there were of those named",
  since: "5.0.0",
  group: "stream",
  complexity: "O(1) for each ID.",
  arity: -3,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["stream"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), string("id", { multiple: true })],
  run: xdel,
};

export const XSETID: CommandDeclaration = {
  name: "xsetid",
  summary: "Sets what a stream remembers of its last entry, for replicas and files",
  since: "5.0.0",
  group: "stream",
  complexity: "O(1)",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["stream"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [
    key(),
    string("last-id"),
    integer("entries_added", { token: "ENTRIESADDED", since: "7.0.0", optional: true }),
    string("max_deleted_entry_id", { token: "MAXDELETEDID", since: "7.0.0", optional: true }),
  ],
  history: [["7.0.0", "Takes the number of entries added and the greatest ID deleted."]],
  run: xsetid,
};
