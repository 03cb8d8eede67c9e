/** ZSCAN. */

import { Element } from "../../data/element.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, pattern } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readScanOptions, replyEmptyScan, requireScanCursor } from "../scan_options.ts";
import { readSortedSet } from "./access.ts";

function zscan(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const cursor = requireScanCursor(args.span(2));
  const value = readSortedSet(db, args.span(1));
  // As in Redis, options are not even looked at where there is no sorted set.
  if (value === null) {
    replyEmptyScan(reply);
    return;
  }
  const options = readScanOptions(args, 3);
  const { store } = db;
  const member = new Element();
  let shown = 0;
  reply.array(2);
  reply.bulkInteger(sortedSet.nextCursor(value, cursor, options.count));
  const elements = reply.deferArray();
  sortedSet.scan(store, value, cursor, options.count, (place) => {
    sortedSet.sendMember(store, value, place, member);
    if (!options.matches(member.span())) return;
    member.sendTo(reply);
    sortedSet.sendScoreText(store, value, place, reply);
    shown++;
  });
  reply.setDeferred(elements, 2 * shown);
}

export const ZSCAN: CommandDeclaration = {
  name: "zscan",
  summary: "Replies the members of a sorted set and their scores, some with each call",
  since: "2.8.0",
  group: "sorted-set",
  complexity: "O(1) for a call, O(N) for a whole scan, N being the number of members.",
  arity: -3,
  flags: ["readonly"],
  categories: ["sortedset"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    integer("cursor"),
    pattern("pattern", { token: "MATCH", optional: true }),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: zscan,
};
