/** ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK: a sorted set asked for single members, or for how many it has. */

import { Span } from "../../base/span.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";

function zcard(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  reply.integer(value === null ? 0 : sortedSet.size(db.store, value));
}

function zscore(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, args.span(2));
  if (value === null || place === sortedSet.NONE) reply.null();
  else reply.double(sortedSet.score(db.store, value, place));
}

function zmscore(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const member = new Span();
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    args.spanInto(i, member);
    const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, member);
    if (value === null || place === sortedSet.NONE) reply.null();
    else reply.double(sortedSet.score(db.store, value, place));
  }
}

function zrank(context: CommandContext, args: Frame): void {
  replyRank(context, args, false);
}

function zrevrank(context: CommandContext, args: Frame): void {
  replyRank(context, args, true);
}

function replyRank({ db, reply }: CommandContext, args: Frame, reverse: boolean): void {
  const value = readSortedSet(db, args.span(1));
  const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, args.span(2));
  if (value === null || place === sortedSet.NONE) {
    reply.null();
    return;
  }
  const rank = sortedSet.rankOf(db.store, value, place);
  reply.integer(reverse ? sortedSet.size(db.store, value) - 1 - rank : rank);
}

export const ZCARD: CommandDeclaration = {
  name: "zcard",
  summary: "Tells how many members a sorted set has",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: zcard,
};

export const ZSCORE: CommandDeclaration = {
  name: "zscore",
  summary: "Replies the score of a member of a sorted set",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member")],
  run: zscore,
};

export const ZMSCORE: CommandDeclaration = {
  name: "zmscore",
  summary: "Replies the scores of several members of a sorted set",
  since: "6.2.0",
  group: "sorted-set",
  complexity: "O(N), N being the number of members asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })],
  run: zmscore,
};

export const ZRANK: CommandDeclaration = {
  name: "zrank",
  summary: "Tells which place a member of a sorted set has, from the lowest score",
  since: "2.0.0",
  group: "sorted-set",
  complexity: "O(log(N))",
  arity: 3,
  flags: ["readonly", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member")],
  run: zrank,
};

export const ZREVRANK: CommandDeclaration = {
  name: "zrevrank",
  summary: "Tells which place a member of a sorted set has, from the highest score",
  since: "2.0.0",
  group: "sorted-set",
  complexity: "O(log(N))",
  arity: 3,
  flags: ["readonly", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member")],
  run: zrevrank,
};
