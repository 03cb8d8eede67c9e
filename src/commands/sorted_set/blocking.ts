/** BZPOPMIN, BZPOPMAX, BZMPOP: what waits where there is no sorted set. */

import { ValueType } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, integer, key, keyCount, keyRange, oneOf, token } from "../arguments.ts";
import { serveOrWait } from "../blocking.ts";
import { requireSeconds } from "../blocking_timeout.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { POP_NAMES, popMultiple, popOne, readMultiplePop, type SortedSetEnd } from "./pop.ts";

function blockingPop(context: CommandContext, args: Frame, end: SortedSetEnd): void {
  const { propagation, reply } = context;
  const last = args.argc - 2;
  const timeout = requireSeconds(args.span(last + 1));
  serveOrWait(context, args, { first: 1, last }, timeout, ValueType.SortedSet, (row, key) => {
    reply.array(3);
    reply.bulk(key);
    popOne(context, row, key, end);
    propagation.replace(POP_NAMES[end], key);
  });
}

function bzpopmin(context: CommandContext, args: Frame): void {
  blockingPop(context, args, "min");
}

function bzpopmax(context: CommandContext, args: Frame): void {
  blockingPop(context, args, "max");
}

function bzmpop(context: CommandContext, args: Frame): void {
  const { firstKey, lastKey, end, count } = readMultiplePop(args, 2);
  const timeout = requireSeconds(args.span(1));
  const keys = { first: firstKey, last: lastKey };
  serveOrWait(context, args, keys, timeout, ValueType.SortedSet, (row, key) => {
    popMultiple(context, row, key, end, count);
  });
}

export const BZPOPMIN: CommandDeclaration = {
  name: "bzpopmin",
  summary:
    "Removes and replies the member with the lowest score of the first of several keys that has a sorted set; waits where none has",
  since: "5.0.0",
  group: "sorted-set",
  complexity: "O(log(N)), N being the number of members.",
  arity: -3,
  flags: ["write", "noscript", "blocking", "fast"],
  categories: ["sortedset"],
  keys: [keyRange(1, -2, 1, ["RW", "access", "delete"])],
  arguments: [key("key", { multiple: true }), double("timeout")],
  history: [["6.0.0", "The timeout may have decimals."]],
  run: bzpopmin,
};

export const BZPOPMAX: CommandDeclaration = {
  name: "bzpopmax",
  summary:
    "Removes and replies the member with the highest score of the first of several keys that has a sorted set; waits where none has",
  since: "5.0.0",
  group: "sorted-set",
  complexity: "O(log(N)), N being the number of members.",
  arity: -3,
  flags: ["write", "noscript", "blocking", "fast"],
  categories: ["sortedset"],
  keys: [keyRange(1, -2, 1, ["RW", "access", "delete"])],
  arguments: [key("key", { multiple: true }), double("timeout")],
  history: [["6.0.0", "The timeout may have decimals."]],
  run: bzpopmax,
};

export const BZMPOP: CommandDeclaration = {
  name: "bzmpop",
  summary:
    "Removes and replies members with the lowest or highest scores of the first of several keys that has a sorted set; waits where none has",
  since: "7.0.0",
  group: "sorted-set",
  complexity:
    "O(K) + O(M*log(N)), K being the number of keys, N of members and M of those removed.",
  arity: -5,
  flags: ["write", "blocking"],
  categories: ["sortedset"],
  keys: [keyCount(2, ["RW", "access", "delete"])],
  arguments: [
    double("timeout"),
    integer("numkeys"),
    key("key", { multiple: true }),
    oneOf("where", [token("MIN"), token("MAX")]),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: bzmpop,
};
