/** ZSCAN. */

import { Element } from "../../data/element.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { ELEMENT_SCAN_ARGUMENTS, replyElementScan } from "../scan_options.ts";
import { readSortedSet } from "./access.ts";

function zscan({ db, reply }: CommandContext, args: Frame): void {
  replyElementScan(reply, args, 2, (key) => {
    const value = readSortedSet(db, key);
    if (value === null) return null;
    const { store } = db;
    const member = new Element();
    return {
      scan: (cursor, count) => sortedSet.scan(store, value, cursor, count),
      show(place, options) {
        sortedSet.sendMember(store, value, place, member);
        if (!options.matches(member.span())) return false;
        member.sendTo(reply);
        sortedSet.sendScoreText(store, value, place, reply);
        return true;
      },
    };
  });
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
  arguments: ELEMENT_SCAN_ARGUMENTS,
  run: zscan,
};
