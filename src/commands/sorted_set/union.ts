/** ZUNION, ZUNIONSTORE. */

import { unite } from "../../data/sorted_set_algebra.ts";
import type { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { Inputs, WEIGHT_ARGUMENTS } from "./inputs.ts";
import { replyResult } from "./reply.ts";
import { storeResult } from "./store.ts";

function zunion(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 1, { weights: true, scores: true });
  replyResult(context, union(context, inputs), inputs.withScores);
}

function zunionstore(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 2, { weights: true });
  storeResult(context, args.span(1), union(context, inputs), "zunionstore");
}

function union({ db }: CommandContext, inputs: Inputs): SortedSetBuilder {
  return unite(db.store, inputs.present, inputs.aggregate);
}

export const ZUNION: CommandDeclaration = {
  name: "zunion",
  summary: "Replies what is in at least one of several sorted sets",
  since: "6.2.0",
  group: "sorted-set",
  complexity: "O(N)+O(M*log(M)), N being the number of members of all inputs and M of the result.",
  arity: -3,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyCount(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    ...WEIGHT_ARGUMENTS,
    token("WITHSCORES", { optional: true }),
  ],
  run: zunion,
};

export const ZUNIONSTORE: CommandDeclaration = {
  name: "zunionstore",
  summary: "Sets a key to what is in at least one of several sorted sets",
  since: "2.0.0",
  group: "sorted-set",
  complexity: "O(N)+O(M log(M)), N being the number of members of all inputs and M of the result.",
  arity: -4,
  flags: ["write", "denyoom"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["OW", "update"]), keyCount(2, ["RO", "access"])],
  arguments: [
    key("destination"),
    integer("numkeys"),
    key("key", { keySpecIndex: 1, multiple: true }),
    ...WEIGHT_ARGUMENTS,
  ],
  run: zunionstore,
};
