/** HSCAN. */

import { Span } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import { ListpackEntry } from "../../data/listpack.ts";
import type { Frame } from "../../resp/frame.ts";
import { keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { ELEMENT_SCAN_ARGUMENTS, replyElementScan } from "../scan_options.ts";
import { readHash } from "./access.ts";

function hscan({ db, reply }: CommandContext, args: Frame): void {
  replyElementScan(reply, args, 2, (key) => {
    const value = readHash(db, key);
    if (value === null) return null;
    const { store } = db;
    const entry = new ListpackEntry(), field = new Span();
    return {
      scan: (cursor, count) => hash.scan(store, value, cursor, count),
      show(place, options) {
        if (!options.matches(hash.fieldSpan(store, value, place, entry, field))) return false;
        hash.sendField(store, value, place, reply);
        hash.sendContent(store, value, place, reply);
        return true;
      },
    };
  });
}

export const HSCAN: CommandDeclaration = {
  name: "hscan",
  summary: "Replies the fields of a hash and their values, some with each call",
  since: "2.8.0",
  group: "hash",
  complexity: "O(1) for a call, O(N) for a whole scan, N being the number of fields.",
  arity: -3,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: ELEMENT_SCAN_ARGUMENTS,
  run: hscan,
};
