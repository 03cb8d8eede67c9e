/** ZDIFF, ZDIFFSTORE. */

import { subtract } from "../../data/sorted_set_algebra.ts";
import { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { Inputs } from "./inputs.ts";
import { replyResult } from "./reply.ts";
import { storeResult } from "./store.ts";

function zdiff(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 1, { scores: true });
  replyResult(context, difference(context, inputs), inputs.withScores);
}

function zdiffstore(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 2, {});
  storeResult(context, args.span(1), difference(context, inputs), "zdiffstore");
}

function difference({ db }: CommandContext, inputs: Inputs): SortedSetBuilder {
  const [minuend, ...others] = inputs.values;
  if (minuend === null) return new SortedSetBuilder();
  return subtract(db.store, minuend, others.filter((value) => value !== null));
}

export const ZDIFF: CommandDeclaration = {
  name: "zdiff",
  summary: "Replies what is in the first of several sorted sets only",
  since: "6.2.0",
  group: "sorted-set",
  complexity:
    "O(L + (N-K)log(N)) at worst, L being the number of members of all inputs, N of those of the first and K of those of the result.",
  arity: -3,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyCount(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    token("WITHSCORES", { optional: true }),
  ],
  run: zdiff,
};

export const ZDIFFSTORE: CommandDeclaration = {
  name: "zdiffstore",
  summary: "Sets a key to what is in the first of several sorted sets only",
  since: "6.2.0",
  group: "sorted-set",
  complexity:
    "O(L + (N-K)log(N)) at worst, L being the number of members of all inputs, N of those of the first and K of those of the result.",
  arity: -4,
  flags: ["write", "denyoom"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["OW", "update"]), keyCount(2, ["RO", "access"])],
  arguments: [
    key("destination"),
    integer("numkeys"),
    key("key", { keySpecIndex: 1, multiple: true }),
  ],
  run: zdiffstore,
};
