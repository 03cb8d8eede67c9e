/** ZINTER, ZINTERSTORE, ZINTERCARD. */

import { countCommon, intersect } from "../../data/sorted_set_algebra.ts";
import { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { Inputs, WEIGHT_ARGUMENTS } from "./inputs.ts";
import { replyResult } from "./reply.ts";
import { storeResult } from "./store.ts";

function zinter(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 1, { weights: true, scores: true });
  replyResult(context, intersection(context, inputs), inputs.withScores);
}

function zinterstore(context: CommandContext, args: Frame): void {
  const inputs = new Inputs(context, args, 2, { weights: true });
  storeResult(context, args.span(1), intersection(context, inputs), "zinterstore");
}

function zintercard(context: CommandContext, args: Frame): void {
  const { all, limit } = new Inputs(context, args, 1, { limit: true });
  context.reply.integer(all === null ? 0 : countCommon(context.db.store, all, limit));
}

function intersection({ db }: CommandContext, { all, aggregate }: Inputs): SortedSetBuilder {
  return all === null ? new SortedSetBuilder() : intersect(db.store, all, aggregate);
}

export const ZINTER: CommandDeclaration = {
  name: "zinter",
  summary: "Replies what is in all of several sorted sets",
  since: "6.2.0",
  group: "sorted-set",
  complexity:
    "O(N*K)+O(M*log(M)) at worst, N being the number of members of the smallest input, K of inputs and M of members of the result.",
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
  run: zinter,
};

export const ZINTERSTORE: CommandDeclaration = {
  name: "zinterstore",
  summary: "Sets a key to what is in all of several sorted sets",
  since: "2.0.0",
  group: "sorted-set",
  complexity:
    "O(N*K)+O(M*log(M)) at worst, N being the number of members of the smallest input, K of inputs and M of members of the result.",
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
  run: zinterstore,
};

export const ZINTERCARD: CommandDeclaration = {
  name: "zintercard",
  summary: "Tells how many members are in all of several sorted sets",
  since: "7.0.0",
  group: "sorted-set",
  complexity: "O(N*K), N being the number of members of the smallest input and K of inputs.",
  arity: -3,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyCount(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    integer("limit", { token: "LIMIT", optional: true }),
  ],
  run: zintercard,
};
