/** SRANDMEMBER. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { INT64_MAX, requireIntegerBetween } from "../../base/numbers.ts";
import { randomBelow, sampleDistinct } from "../../base/sampling.ts";
import * as set from "../../data/set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { repeatReply, requireRoom } from "../random_count.ts";
import { readSet } from "./access.ts";

function srandmember(context: CommandContext, args: Frame): void {
  if (args.argc > 3) throw SYNTAX_ERROR;
  if (args.argc === 3) replySeveral(context, args);
  else replyOne(context, args);
}

function replyOne(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSet(db, args.span(1));
  if (value === null) {
    reply.null();
    return;
  }
  const number = randomBelow(set.size(db.store, value));
  set.sendMember(db.store, value, set.nth(db.store, value, number), reply);
}

/** A negative count asks for as many draws, each from all members; any other for different members. */
function replySeveral(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const count = requireIntegerBetween(args.span(2), -INT64_MAX, INT64_MAX);
  const value = readSet(db, args.span(1));
  if (value === null || count === 0) {
    reply.array(0);
    return;
  }
  const { store } = db;
  const size = set.size(store, value);
  if (count < 0) {
    requireRoom(context, -count);
    reply.array(-count);
    repeatReply(context, -count, () => {
      set.sendMember(store, value, set.nth(store, value, randomBelow(size)), reply);
    });
  } else {
    reply.array(Math.min(count, size));
    for (const number of sampleDistinct(size, count)) {
      set.sendMember(store, value, set.nth(store, value, number), reply);
    }
  }
}

export const SRANDMEMBER: CommandDeclaration = {
  name: "srandmember",
  summary: "Replies one or several random members of a set",
  since: "1.0.0",
  group: "set",
  complexity: "Without a count O(1), otherwise O(N), N being the count without its sign.",
  arity: -2,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("count", { since: "2.6.0", optional: true })],
  history: [["2.6.0", "Takes a count."]],
  run: srandmember,
};
