/** Members and scores as replies. */

import type { RankRange } from "../../data/sorted_set_range.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import { Value } from "../../data/value.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext } from "../context.ts";

/**
 * Begins the reply of `count` members. With scores RESP2 has one flat array of both, RESP3 an array for
 * each pair.
 */
export function beginMembers(reply: ReplyWriter, count: number, withScores: boolean): void {
  reply.array(withScores && reply.resp === 2 ? 2 * count : count);
}

/** One member of a reply that `beginMembers` began. */
export function replyMember(
  { db, reply }: CommandContext,
  value: Value,
  place: number,
  withScores: boolean,
): void {
  if (withScores && reply.resp === 3) reply.array(2);
  sortedSet.sendMember(db.store, value, place, reply);
  if (withScores) reply.double(sortedSet.score(db.store, value, place));
}

/** Replies the members of some ranks, the highest first if `reverse`. */
export function replyRanks(
  context: CommandContext,
  value: Value,
  { start, end }: RankRange,
  reverse: boolean,
  withScores: boolean,
): void {
  const count = Math.max(0, end - start);
  beginMembers(context.reply, count, withScores);
  if (count === 0) return;
  const { store } = context.db;
  const walk = new sortedSet.RankWalk(store, value, reverse ? end - 1 : start, reverse);
  for (let left = count; left > 0; left--, walk.step()) {
    replyMember(context, value, walk.place, withScores);
  }
}

/** Replies the members that were collected. */
export function replyResult(
  context: CommandContext,
  builder: SortedSetBuilder,
  withScores: boolean,
): void {
  const ranks = { start: 0, end: builder.size };
  replyRanks(context, builder.finishTable(new Value()), ranks, false, withScores);
}
