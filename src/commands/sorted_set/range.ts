/** ZRANGE, ZREVRANGE, ZRANGEBYSCORE, ZREVRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGEBYLEX. */

import type { Frame } from "../../resp/frame.ts";
import { block, double, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";
import { replyRanks } from "./reply.ts";
import { Selection, type SelectionForm } from "./selection.ts";

/** A command that replies the members which a call selects. */
function rangeCommand(form: SelectionForm): (context: CommandContext, args: Frame) => void {
  return (context, args) => {
    const { db, reply } = context;
    const selection = new Selection(args, 2, form);
    const value = readSortedSet(db, args.span(1));
    if (value === null) {
      reply.array(0);
      return;
    }
    const ranks = selection.ranks(db.store, value);
    replyRanks(context, value, ranks, selection.reverse, selection.withScores);
  };
}

const zrange = rangeCommand({});
const zrevrange = rangeCommand({ kind: "index", reverse: true });
const zrangebyscore = rangeCommand({ kind: "score", reverse: false });
const zrevrangebyscore = rangeCommand({ kind: "score", reverse: true });
const zrangebylex = rangeCommand({ kind: "lex", reverse: false });
const zrevrangebylex = rangeCommand({ kind: "lex", reverse: true });

const LIMIT = block("offset_count", [integer("offset"), integer("count")], {
  token: "LIMIT",
  optional: true,
});

export const ZRANGE: CommandDeclaration = {
  name: "zrange",
  summary: "Replies members of a sorted set by a range of places, scores or bytes",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("start"),
    string("stop"),
    oneOf("sortby", [token("BYSCORE"), token("BYLEX")], { since: "6.2.0", optional: true }),
    token("REV", { since: "6.2.0", optional: true }),
    { ...LIMIT, since: "6.2.0" },
    token("WITHSCORES", { optional: true }),
  ],
  history: [["6.2.0", "Takes `REV`, `BYSCORE`, `BYLEX` and `LIMIT`."]],
  run: zrange,
};

export const ZREVRANGE: CommandDeclaration = {
  name: "zrevrange",
  summary: "Replies members of a sorted set by a range of places from the highest score",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("stop"), token("WITHSCORES", { optional: true })],
  deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` argument" },
  run: zrevrange,
};

export const ZRANGEBYSCORE: CommandDeclaration = {
  name: "zrangebyscore",
  summary: "Replies members of a sorted set by a range of scores",
  since: "1.0.5",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    double("min"),
    double("max"),
    token("WITHSCORES", { since: "2.0.0", optional: true }),
    LIMIT,
  ],
  history: [["2.0.0", "Takes `WITHSCORES`."]],
  deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `BYSCORE` argument" },
  run: zrangebyscore,
};

export const ZREVRANGEBYSCORE: CommandDeclaration = {
  name: "zrevrangebyscore",
  summary: "Replies members of a sorted set by a range of scores, the highest first",
  since: "2.2.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    double("max"),
    double("min"),
    token("WITHSCORES", { optional: true }),
    LIMIT,
  ],
  history: [["2.1.6", "Bounds can be exclusive."]],
  deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments" },
  run: zrevrangebyscore,
};

export const ZRANGEBYLEX: CommandDeclaration = {
  name: "zrangebylex",
  summary: "Replies members of a sorted set of one score by a range of bytes",
  since: "2.8.9",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("min"),
    string("max"),
    LIMIT,
  ],
  deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `BYLEX` argument" },
  run: zrangebylex,
};

export const ZREVRANGEBYLEX: CommandDeclaration = {
  name: "zrevrangebylex",
  summary: "Replies members of a sorted set of one score by a range of bytes, the last first",
  since: "2.8.9",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those replied.",
  arity: -4,
  flags: ["readonly"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("max"),
    string("min"),
    LIMIT,
  ],
  deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments" },
  run: zrevrangebylex,
};
