/** LSET, LINSERT, LREM, LTRIM: changes within a list. */

import { NO_SUCH_KEY, ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { ListCursor } from "../../data/list_cursor.ts";
import * as list from "../../data/list_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { saveShortened } from "./access.ts";

const NO_SUCH_INDEX = new ReplyError("ERR index out of range");

function lset(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.List);
  if (row === NO_ROW) throw NO_SUCH_KEY;
  const value = db.load(row);
  let index = requireSafeInteger(args.span(2));
  const length = list.length(db.store, value);
  if (index < 0) index += length;
  if (index < 0 || index >= length) throw NO_SUCH_INDEX;

  list.set(db.store, value, index, args.span(3), context.settings);
  db.save(row, value);
  reply.ok();
  db.changed(key, EventClass.List, "lset");
}

function linsert(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const side = readSide(args);
  const key = args.span(1), pivot = args.span(3);
  const row = writeTyped(db, key, ValueType.List);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  const cursor = new ListCursor(db.store, value);
  cursor.start();
  while (cursor.found && !cursor.equals(pivot)) cursor.step();
  if (!cursor.found) {
    reply.integer(-1);
    return;
  }
  cursor.insert(side, args.span(4), context.settings);
  db.save(row, value);
  reply.integer(list.length(db.store, value));
  db.changed(key, EventClass.List, "linsert");
}

function readSide(args: Frame): list.Side {
  if (args.is(2, "BEFORE")) return "before";
  if (args.is(2, "AFTER")) return "after";
  throw SYNTAX_ERROR;
}

function lrem(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const count = requireSafeInteger(args.span(2));
  const key = args.span(1), element = args.span(3);
  const row = writeTyped(db, key, ValueType.List);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  const most = count === 0 ? Infinity : Math.abs(count);
  const cursor = new ListCursor(db.store, value, count < 0 ? "tail" : "head");
  let removed = 0;
  cursor.start();
  while (cursor.found && removed < most) {
    if (cursor.equals(element)) {
      cursor.remove();
      removed++;
    } else {
      cursor.step();
    }
  }
  reply.integer(removed);
  if (removed === 0) return;
  cursor.settle(context.settings);
  saveShortened(db, row, key, value, "lrem", removed);
}

function ltrim(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const { settings } = context;
  let start = requireSafeInteger(args.span(2));
  let stop = requireSafeInteger(args.span(3));
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.List);
  reply.ok();
  if (row === NO_ROW) return;
  const value = db.load(row);
  const length = list.length(db.store, value);
  if (start < 0) start = Math.max(0, start + length);
  if (stop < 0) stop += length;
  stop = Math.min(stop, length - 1);
  const before = start > stop ? length : start;
  const after = start > stop ? 0 : length - 1 - stop;
  if (before > 0) list.remove(db.store, value, "head", before, settings);
  if (after > 0) list.remove(db.store, value, "tail", after, settings);
  // Those who listen are told even if nothing was outside of the range.
  saveShortened(db, row, key, value, "ltrim", before + after);
}

export const LSET: CommandDeclaration = {
  name: "lset",
  summary: "Sets an element of a list by its index",
  since: "1.0.0",
  group: "list",
  complexity: "O(N), N being the number of elements between this one and the nearer end.",
  arity: 4,
  flags: ["write", "denyoom"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key(), integer("index"), string("element")],
  run: lset,
};

export const LINSERT: CommandDeclaration = {
  name: "linsert",
  summary: "Inserts an element before or after the first one that equals another",
  since: "2.2.0",
  group: "list",
  complexity: "O(N), N being the number of elements up to the one that is looked for.",
  arity: 5,
  flags: ["write", "denyoom"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [
    key(),
    oneOf("where", [token("BEFORE"), token("AFTER")]),
    string("pivot"),
    string("element"),
  ],
  run: linsert,
};

export const LREM: CommandDeclaration = {
  name: "lrem",
  summary: "Removes elements that equal a given one from a list",
  since: "1.0.0",
  group: "list",
  complexity: "O(N+M), N being the number of elements and M that of those which are removed.",
  arity: 4,
  flags: ["write"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), integer("count"), string("element")],
  run: lrem,
};

export const LTRIM: CommandDeclaration = {
  name: "ltrim",
  summary: "Removes all elements of a list that are outside of a range",
  since: "1.0.0",
  group: "list",
  complexity: "O(N), N being the number of elements removed.",
  arity: 4,
  flags: ["write"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), integer("start"), integer("stop")],
  run: ltrim,
};
