/** HRANDFIELD. */

import { randomBelow, sampleDistinct } from "../../base/sampling.ts";
import * as hash from "../../data/hash_value.ts";
import type { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readRandomCount, repeatReply, requireRoom } from "../random_count.ts";
import { readHash } from "./access.ts";

function hrandfield(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  if (args.argc === 2) {
    const value = readHash(db, args.span(1));
    if (value === null) {
      reply.null();
      return;
    }
    const number = randomBelow(hash.size(db.store, value));
    hash.sendField(db.store, value, hash.nth(db.store, value, number), reply);
    return;
  }

  const { count, withBoth: withValues } = readRandomCount(args, "WITHVALUES");
  const value = readHash(db, args.span(1));
  if (value === null || count === 0) reply.array(0);
  else if (count < 0) replyRepeating(context, value, -count, withValues);
  else replyDistinct(context, value, count, withValues);
}

/** `count` fields, each drawn from all of them. */
function replyRepeating(
  context: CommandContext,
  value: Value,
  count: number,
  withValues: boolean,
): void {
  requireRoom(context, count);
  const numbers = new hash.FieldNumbers(context.db.store, value);
  beginReply(context, count, withValues);
  repeatReply(context, count, () => {
    replyField(context, value, numbers.placeOf(randomBelow(numbers.size)), withValues);
  });
}

/** `count` different fields, or all where there are fewer. */
function replyDistinct(
  context: CommandContext,
  value: Value,
  count: number,
  withValues: boolean,
): void {
  const numbers = new hash.FieldNumbers(context.db.store, value);
  beginReply(context, Math.min(count, numbers.size), withValues);
  for (const number of sampleDistinct(numbers.size, count)) {
    replyField(context, value, numbers.placeOf(number), withValues);
  }
}

/** RESP2 has fields and values in one flat array, RESP3 an array for each pair. */
function beginReply({ reply }: CommandContext, count: number, withValues: boolean): void {
  reply.array(withValues && reply.resp === 2 ? 2 * count : count);
}

function replyField(
  { db, reply }: CommandContext,
  value: Value,
  place: number,
  withValues: boolean,
): void {
  if (withValues && reply.resp === 3) reply.array(2);
  hash.sendField(db.store, value, place, reply);
  if (withValues) hash.sendContent(db.store, value, place, reply);
}

export const HRANDFIELD: CommandDeclaration = {
  name: "hrandfield",
  summary: "Replies one or several random fields of a hash",
  since: "6.2.0",
  group: "hash",
  complexity: "O(N), N being the number of fields replied.",
  arity: -2,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    block("options", [integer("count"), token("WITHVALUES", { optional: true })], {
      optional: true,
    }),
  ],
  run: hrandfield,
};
