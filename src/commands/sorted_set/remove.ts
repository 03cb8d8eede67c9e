/** ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX. */

import { Span } from "../../base/span.ts";
import type { RankRange } from "../../data/sorted_set_range.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { type Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { saveRemoval } from "./access.ts";
import { indexRanks, requireIndexRange, requireLexRange, requireScoreRange } from "./scores.ts";

function zrem(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.SortedSet);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  const member = new Span();
  let left = sortedSet.size(db.store, value), removed = 0;
  for (let i = 2; i < args.argc && left > 0; i++) {
    const place = sortedSet.find(db.store, value, args.spanInto(i, member));
    if (place === sortedSet.NONE) continue;
    sortedSet.remove(db.store, value, place);
    removed++;
    left--;
  }
  reply.integer(removed);
  if (removed > 0) saveRemoval(db, key, row, value, removed, left, "zrem");
}

function zremrangebyrank(context: CommandContext, args: Frame): void {
  const range = requireIndexRange(args.span(2), args.span(3));
  const { store } = context.db;
  removeRange(context, args, "zremrangebyrank", (value) => {
    return indexRanks(range, sortedSet.size(store, value), false);
  });
}

function zremrangebyscore(context: CommandContext, args: Frame): void {
  const range = requireScoreRange(args.span(2), args.span(3));
  const { store } = context.db;
  removeRange(context, args, "zremrangebyscore", (value) => {
    return sortedSet.scoreRanks(store, value, range);
  });
}

function zremrangebylex(context: CommandContext, args: Frame): void {
  const range = requireLexRange(args.span(2), args.span(3));
  const { store } = context.db;
  removeRange(context, args, "zremrangebylex", (value) => {
    return sortedSet.lexRanks(store, value, range, false);
  });
}

function removeRange(
  { db, reply }: CommandContext,
  args: Frame,
  event: string,
  select: (value: Value) => RankRange,
): void {
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.SortedSet);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  const ranks = select(value);
  const removed = Math.max(0, ranks.end - ranks.start);
  const left = sortedSet.size(db.store, value) - removed;
  reply.integer(removed);
  if (removed === 0) return;
  // What goes as a whole need not be taken apart.
  if (left > 0) sortedSet.removeRanks(db.store, value, ranks);
  saveRemoval(db, key, row, value, removed, left, event);
}

//@ ZREM
//@ ZREMRANGEBYRANK
//@ ZREMRANGEBYSCORE
//@ ZREMRANGEBYLEX
