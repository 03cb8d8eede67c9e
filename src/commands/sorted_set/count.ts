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

//@ ZCOUNT
//@ ZLEXCOUNT
