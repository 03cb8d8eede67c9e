/** ZCOUNT, ZLEXCOUNT. */

import type { RankRange } from "../../data/sorted_set_range.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";
import { requireLexRange, requireScoreRange } from "./scores.ts";

function zcount(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const range = requireScoreRange(args.span(2), args.span(3));
  const value = readSortedSet(db, args.span(1));
  reply.integer(value === null ? 0 : lengthOf(sortedSet.scoreRanks(db.store, value, range)));
}

function zlexcount(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const range = requireLexRange(args.span(2), args.span(3));
  const value = readSortedSet(db, args.span(1));
  reply.integer(value === null ? 0 : lengthOf(sortedSet.lexRanks(db.store, value, range, false)));
}

function lengthOf({ start, end }: RankRange): number {
  return Math.max(0, end - start);
}

export const ZCOUNT: CommandDeclaration = {
  name: "zcount",
  summary: "Counts the members of a sorted set with scores in a range",
  since: "2.0.0",
  group: "sorted-set",
  complexity: "O(log(N)), N being the number of members.",
  arity: 4,
  flags: ["readonly", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), double("min"), double("max")],
  run: zcount,
};

export const ZLEXCOUNT: CommandDeclaration = {
  name: "zlexcount",
  summary: "Counts the members of a sorted set of one score within a range of bytes",
  since: "2.8.9",
  group: "sorted-set",
  complexity: "O(log(N)), N being the number of members.",
  arity: 4,
  flags: ["readonly", "fast"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("min"), string("max")],
  run: zlexcount,
};
