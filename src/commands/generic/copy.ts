/** COPY and MOVE. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireIntegerBetween } from "../../base/numbers.ts";
import { type ByteRange, spansEqual } from "../../base/span.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { copyKey, moveKey } from "../../keyspace/transfer.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

const SAME_OBJECT = new ReplyError("ERR source and destination objects are the same");
const COPY_IN_CLUSTER = new ReplyError(
  "ERR Copying to another database is not allowed in cluster mode",
);
const NO_SUCH_DATABASE = new ReplyError("ERR DB index is out of range");

/** The database whose number an argument is. Throws where there is none. */
function requireDatabase({ keyspace }: CommandContext, argument: ByteRange): Database {
  const index = requireIntegerBetween(argument, INT_MIN, INT_MAX);
  const database = keyspace.databases[index];
  if (database === undefined) throw NO_SUCH_DATABASE;
  return database;
}

function copy(context: CommandContext, args: Frame): void {
  const { db, reply, settings } = context;
  const from = args.span(1), to = args.span(2);
  let target = db, replace = false;
  for (let i = 3; i < args.argc; i++) {
    if (args.is(i, "REPLACE")) replace = true;
    else if (args.is(i, "DB") && i + 1 < args.argc) {
      target = requireDatabase(context, args.span(++i));
    } else throw SYNTAX_ERROR;
  }
  if (settings["cluster-enabled"] && (target !== db || db.index !== 0)) throw COPY_IN_CLUSTER;
  if (target === db && spansEqual(from, to)) throw SAME_OBJECT;
  if (db.lookupRead(from) === NO_ROW || target.lookupWrite(to) !== NO_ROW && !replace) {
    reply.integer(0);
    return;
  }
  copyKey(db, from, target, to);
  target.changed(to, EventClass.Generic, "copy_to");
  reply.integer(1);
}

export const COPY: CommandDeclaration = {
  name: "copy",
  summary: "Copies a value, with its time to live, to another key",
  since: "6.2.0",
  group: "generic",
  complexity: "O(N), N being the number of elements; O(1) for strings.",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RO", "access"]), keyAt(2, ["OW", "update"])],
  arguments: [
    key("source"),
    key("destination", { keySpecIndex: 1 }),
    integer("destination-db", { token: "DB", optional: true }),
    token("REPLACE", { optional: true }),
  ],
  run: copy,
};

const MOVE_IN_CLUSTER = new ReplyError("ERR MOVE is not allowed in cluster mode");

function move(context: CommandContext, args: Frame): void {
  const { db, reply, settings } = context;
  if (settings["cluster-enabled"]) throw MOVE_IN_CLUSTER;
  const name = args.span(1);
  const target = requireDatabase(context, args.span(2));
  if (target === db) throw SAME_OBJECT;
  if (db.lookupWrite(name) === NO_ROW || target.lookupWrite(name) !== NO_ROW) {
    reply.integer(0);
    return;
  }
  moveKey(db, name, target, name);
  db.changed(name, EventClass.Generic, "move_from", 0);
  target.changed(name, EventClass.Generic, "move_to");
  reply.integer(1);
}

export const MOVE: CommandDeclaration = {
  name: "move",
  summary: "Moves a key to another database, unless there is such a key already",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("db")],
  run: move,
};
