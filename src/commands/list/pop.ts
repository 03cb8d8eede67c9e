/** LPOP, RPOP, LMPOP. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { INT64_MAX, requireIntegerBetween, requirePositive } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import * as list from "../../data/list_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, oneOf, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { popEvent, requireEnd, saveShortened } from "./access.ts";

const BAD_KEY_COUNT = new ReplyError("ERR numkeys should be greater than 0");
const BAD_COUNT = new ReplyError("ERR count should be greater than 0");

function pop(context: CommandContext, args: Frame, end: list.ListEnd): void {
  const { db, reply } = context;
  if (args.argc > 3) {
    const name = context.command.fullName;
    throw new ReplyError(`ERR wrong number of arguments for '${name}' command`);
  }
  const hasCount = args.argc === 3;
  const count = hasCount ? requirePositive(args.span(2)) : 1;
  const row = writeTyped(db, args.span(1), ValueType.List);
  if (row === NO_ROW) {
    if (hasCount) reply.nullArray();
    else reply.null();
  } else if (hasCount) {
    popSeveral(context, row, args.span(1), end, count);
  } else {
    popOne(context, row, args.span(1), end);
  }
}

/** Replies the element at an end of the list at `row`, and removes it. */
export function popOne(
  context: CommandContext,
  row: number,
  key: ByteRange,
  end: list.ListEnd,
): void {
  const { db, reply, settings } = context;
  const value = db.load(row);
  list.sendEnd(db.store, value, end, reply);
  list.remove(db.store, value, end, 1, settings);
  saveShortened(db, row, key, value, popEvent(end), 1);
}

/** Replies up to `count` elements from an end of the list at `row`, and removes them; says how many. */
export function popSeveral(
  context: CommandContext,
  row: number,
  key: ByteRange,
  end: list.ListEnd,
  count: number,
): number {
  const { db, reply, settings } = context;
  const value = db.load(row);
  const popped = Math.min(count, list.length(db.store, value));
  reply.array(popped);
  if (popped > 0) {
    list.sendFromEnd(db.store, value, end, popped, reply);
    list.remove(db.store, value, end, popped, settings);
    saveShortened(db, row, key, value, popEvent(end), popped);
  }
  return popped;
}

function lpop(context: CommandContext, args: Frame): void {
  pop(context, args, "head");
}

function rpop(context: CommandContext, args: Frame): void {
  pop(context, args, "tail");
}

/** What LMPOP and BLMPOP ask for. */
export interface MultiplePop {
  /** The keys are arguments `[firstKey, lastKey]`. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly end: list.ListEnd;
  readonly count: number;
}

/** Reads the arguments from the number of keys, at `i`, to the end. */
export function readMultiplePop(args: Frame, i: number): MultiplePop {
  const keys = requireIntegerBetween(args.span(i), 1, INT64_MAX, BAD_KEY_COUNT);
  const where = i + keys + 1;
  if (where >= args.argc) throw SYNTAX_ERROR;
  const end = requireEnd(args, where);
  let count = 0;
  for (let option = where + 1; option < args.argc; option += 2) {
    if (count > 0 || !args.is(option, "COUNT") || option + 1 === args.argc) throw SYNTAX_ERROR;
    count = requireIntegerBetween(args.span(option + 1), 1, INT64_MAX, BAD_COUNT);
  }
  return { firstKey: i + 1, lastKey: where - 1, end, count: Math.max(count, 1) };
}

/** Replies the key and up to `count` elements of the list at `row`, which are removed. */
export function popMultiple(
  context: CommandContext,
  row: number,
  key: ByteRange,
  end: list.ListEnd,
  count: number,
): void {
  context.reply.array(2);
  context.reply.bulk(key);
  const popped = popSeveral(context, row, key, end, count);
  context.propagation.replace(end === "head" ? "LPOP" : "RPOP", key, popped);
}

function lmpop(context: CommandContext, args: Frame): void {
  const { firstKey, lastKey, end, count } = readMultiplePop(args, 1);
  for (let i = firstKey; i <= lastKey; i++) {
    const key = args.span(i);
    const row = writeTyped(context.db, key, ValueType.List);
    if (row === NO_ROW) continue;
    popMultiple(context, row, key, end, count);
    return;
  }
  context.reply.nullArray();
}

const COMMON = {
  since: "1.0.0",
  group: "list",
  complexity: "O(N), N being the number of elements replied.",
  arity: -2,
  flags: ["write", "fast"],
  quickUpTo: 2,
  categories: ["list"],
  keys: [keyAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { since: "6.2.0", optional: true })],
  history: [["6.2.0", "Takes a `count`."]],
} as const;

export const LPOP: CommandDeclaration = {
  ...COMMON,
  name: "lpop",
  summary: "Replies the first elements of a list and removes them",
  run: lpop,
};

export const RPOP: CommandDeclaration = {
  ...COMMON,
  name: "rpop",
  summary: "Replies the last elements of a list and removes them",
  run: rpop,
};

export const LMPOP: CommandDeclaration = {
  name: "lmpop",
  summary:
    "Replies elements from an end of the first of several lists that exists, and removes them",
  since: "7.0.0",
  group: "list",
  complexity: "O(N+M), N being the number of keys and M that of elements replied.",
  arity: -4,
  flags: ["write", "movablekeys"],
  categories: ["list"],
  keys: [keyCount(1, ["RW", "access", "delete"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    oneOf("where", [token("LEFT"), token("RIGHT")]),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: lmpop,
};
