/** SSCAN. */

import { Element } from "../../data/element.ts";
import * as set from "../../data/set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { ELEMENT_SCAN_ARGUMENTS, replyElementScan } from "../scan_options.ts";
import { readSet } from "./access.ts";

function sscan({ db, reply }: CommandContext, args: Frame): void {
  replyElementScan(reply, args, 1, (key) => {
    const value = readSet(db, key);
    if (value === null) return null;
    const { store } = db;
    const member = new Element();
    return {
      scan: (cursor, count) => set.scan(store, value, cursor, count),
      show(place, options) {
        set.sendMember(store, value, place, member);
        if (!options.matches(member.span())) return false;
        member.sendTo(reply);
        return true;
      },
    };
  });
}

export const SSCAN: CommandDeclaration = {
  name: "sscan",
  summary: "Replies the members of a set, some with each call",
  since: "2.8.0",
  group: "set",
  complexity: "O(1) for a call, O(N) for a whole scan, N being the number of members.",
  arity: -3,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: ELEMENT_SCAN_ARGUMENTS,
  run: sscan,
};
