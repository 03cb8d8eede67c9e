/** ZRANDMEMBER. */

import { randomBelow, sampleDistinct } from "../../base/sampling.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readRandomCount, repeatReply, requireRoom } from "../random_count.ts";
import { readSortedSet } from "./access.ts";
import { beginMembers, replyMember, replyRanks } from "./reply.ts";

function zrandmember(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  if (args.argc === 2) {
    const value = readSortedSet(db, args.span(1));
    if (value === null) {
      reply.null();
      return;
    }
    const number = randomBelow(sortedSet.size(db.store, value));
    sortedSet.sendMember(db.store, value, sortedSet.nth(db.store, value, number), reply);
    return;
  }

  const { count, withBoth: withScores } = readRandomCount(args, "WITHSCORES");
  const value = readSortedSet(db, args.span(1));
  if (value === null || count === 0) reply.array(0);
  else if (count < 0) replyRepeating(context, value, -count, withScores);
  else replyDistinct(context, value, count, withScores);
}

/** `count` members, each drawn from all of them. */
function replyRepeating(
  context: CommandContext,
  value: Value,
  count: number,
  withScores: boolean,
): void {
  requireRoom(context, count);
  const numbers = new sortedSet.MemberNumbers(context.db.store, value);
  beginMembers(context.reply, count, withScores);
  repeatReply(context, count, () => {
    replyMember(context, value, numbers.placeOf(randomBelow(numbers.size)), withScores);
  });
}

/** `count` different members; all of them, the highest score first, where there are no more. */
function replyDistinct(
  context: CommandContext,
  value: Value,
  count: number,
  withScores: boolean,
): void {
  const numbers = new sortedSet.MemberNumbers(context.db.store, value);
  if (count >= numbers.size) {
    replyRanks(context, value, { start: 0, end: numbers.size }, true, withScores);
    return;
  }
  beginMembers(context.reply, count, withScores);
  for (const number of sampleDistinct(numbers.size, count)) {
    replyMember(context, value, numbers.placeOf(number), withScores);
  }
}

export const ZRANDMEMBER: CommandDeclaration = {
  name: "zrandmember",
  summary: "Replies one or several random members of a sorted set",
  since: "6.2.0",
  group: "sorted-set",
  complexity: "O(N), N being the number of members replied.",
  arity: -2,
  flags: ["readonly"],
  categories: ["sortedset"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    block("options", [integer("count"), token("WITHSCORES", { optional: true })], {
      optional: true,
    }),
  ],
  run: zrandmember,
};
