/** RENAME and RENAMENX. */

import { NO_SUCH_KEY } from "../../base/errors.ts";
import { spansEqual } from "../../base/span.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { moveKey } from "../../keyspace/transfer.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

/** Renames unless the names are the same, or the new one is taken and must not be. */
function renameKey({ db }: CommandContext, args: Frame, onlyIfFree: boolean): boolean {
  const from = args.span(1), to = args.span(2);
  if (db.lookupWrite(from) === NO_ROW) throw NO_SUCH_KEY;
  if (spansEqual(from, to)) return false;
  if (db.lookupWrite(to) !== NO_ROW && onlyIfFree) return false;
  moveKey(db, from, db, to);
  db.changed(from, EventClass.Generic, "rename_from", 0);
  db.changed(to, EventClass.Generic, "rename_to");
  return true;
}

function rename(context: CommandContext, args: Frame): void {
  renameKey(context, args, false);
  context.reply.ok();
}

export const RENAME: CommandDeclaration = {
  name: "rename",
  summary: "Gives a key another name, in place of whatever had that name",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["write"],
  traits: ["quick"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["OW", "update"])],
  arguments: [key(), key("newkey", { keySpecIndex: 1 })],
  run: rename,
};

function renameNx(context: CommandContext, args: Frame): void {
  context.reply.integer(renameKey(context, args, true) ? 1 : 0);
}

export const RENAMENX: CommandDeclaration = {
  name: "renamenx",
  summary: "Gives a key another name, unless that is taken",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["OW", "insert"])],
  arguments: [key(), key("newkey", { keySpecIndex: 1 })],
  history: [["3.2.0", "Two names that are the same are no error any more."]],
  run: renameNx,
};
