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

export const ZREM: CommandDeclaration = {
  name: "zrem",
  summary: "Removes members of a sorted set, and the key with the last of them",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(M*log(N)), N being the number of members and M of those given.",
  arity: -3,
  flags: ["write", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), string("member", { multiple: true })],
  history: [["2.4.0", "Takes several members."]],
  run: zrem,
};

export const ZREMRANGEBYRANK: CommandDeclaration = {
  name: "zremrangebyrank",
  summary: "Removes the members of a sorted set in a range of places",
  since: "2.0.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those removed.",
  arity: 4,
  flags: ["write"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), integer("start"), integer("stop")],
  run: zremrangebyrank,
};

export const ZREMRANGEBYSCORE: CommandDeclaration = {
  name: "zremrangebyscore",
  summary: "Removes the members of a sorted set with scores in a range",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those removed.",
  arity: 4,
  flags: ["write"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), double("min"), double("max")],
  run: zremrangebyscore,
};

export const ZREMRANGEBYLEX: CommandDeclaration = {
  name: "zremrangebylex",
  summary: "Removes the members of a sorted set of one score within a range of bytes",
  since: "2.8.9",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those removed.",
  arity: 4,
  flags: ["write"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), string("min"), string("max")],
  run: zremrangebylex,
};
