/** ZADD, ZINCRBY. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, double, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { openSortedSet } from "./access.ts";
import { requireScore } from "./scores.ts";

const NX_AND_XX = new ReplyError("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX = new ReplyError(
  "ERR GT, LT, and/or NX options at the same time are not compatible",
);
const SINGLE_PAIR = new ReplyError("ERR INCR option supports a single increment-element pair");
const SUM_IS_NAN = new ReplyError("ERR resulting score is not a number (NaN)");

/** ZADD's options, as bits. */
const Option = { NX: 1, XX: 2, GT: 4, LT: 8, CH: 16, INCR: 32 } as const;

/** Runs ZADD; also what GEOADD turns into. */
export function zadd(context: CommandContext, args: Frame): void {
  let options = 0, first = 2;
  for (; first < args.argc; first++) {
    const option = optionAt(args, first);
    if (option === 0) break;
    options |= option;
  }
  const count = args.argc - first;
  if (count === 0 || count % 2 !== 0) throw SYNTAX_ERROR;
  checkOptions(options, count);
  addMembers(context, args, first, options);
}

function zincrby(context: CommandContext, args: Frame): void {
  // Redis reads the arguments as ZADD does, which leaves no pair where there is an option.
  if (optionAt(args, 2) !== 0) throw SYNTAX_ERROR;
  addMembers(context, args, 2, Option.INCR);
}

function optionAt(args: Frame, i: number): number {
  if (args.argLength(i) > 4) return 0;
  if (args.is(i, "NX")) return Option.NX;
  if (args.is(i, "XX")) return Option.XX;
  if (args.is(i, "GT")) return Option.GT;
  if (args.is(i, "LT")) return Option.LT;
  if (args.is(i, "CH")) return Option.CH;
  if (args.is(i, "INCR")) return Option.INCR;
  return 0;
}

function checkOptions(options: number, count: number): void {
  const has = (bits: number) => (options & bits) === bits;
  if (has(Option.NX | Option.XX)) throw NX_AND_XX;
  if (has(Option.NX | Option.GT) || has(Option.NX | Option.LT) || has(Option.GT | Option.LT)) {
    throw GT_LT_NX;
  }
  if (has(Option.INCR) && count > 2) throw SINGLE_PAIR;
}

/** Adds the pairs of scores and members from argument `first` on. */
function addMembers(context: CommandContext, args: Frame, first: number, options: number): void {
  const { db, reply } = context;
  const increments = (options & Option.INCR) !== 0;
  for (let i = first; i < args.argc; i += 2) requireScore(args.span(i));

  const key = args.span(1);
  const mustExist = (options & Option.XX) !== 0;
  const row = mustExist ? writeTyped(db, key, ValueType.SortedSet) : openSortedSet(db, key);
  if (row === NO_ROW) {
    if (increments) reply.null();
    else reply.integer(0);
    return;
  }
  const value = db.load(row);
  const { store } = db;
  const { settings } = context;
  let added = 0, updated = 0, skipped = 0, score = 0;
  for (let i = first; i < args.argc; i += 2) {
    const member = args.span(i + 1);
    score = requireScore(args.span(i));
    const place = sortedSet.find(store, value, member);
    if (place === sortedSet.NONE) {
      if ((options & Option.XX) !== 0) {
        skipped++;
      } else {
        sortedSet.add(store, value, member, score, settings);
        added++;
      }
      continue;
    }
    if ((options & Option.NX) !== 0) {
      skipped++;
      continue;
    }
    const old = sortedSet.score(store, value, place);
    if (increments) {
      score += old;
      if (Number.isNaN(score)) throw SUM_IS_NAN;
    }
    if (
      (options & Option.GT) !== 0 && score <= old || (options & Option.LT) !== 0 && score >= old
    ) {
      skipped++;
    } else if (score !== old) {
      sortedSet.setScore(store, value, place, member, score);
      updated++;
    }
  }
  db.save(row, value);

  if (!increments) reply.integer((options & Option.CH) !== 0 ? added + updated : added);
  else if (skipped === 0) reply.double(score);
  else reply.null();
  if (added + updated > 0) {
    db.changed(key, EventClass.SortedSet, increments ? "zincr" : "zadd", added + updated);
  }
}

/** Some members, with their scores. */
const QUICK_ARGUMENTS = 12;

export const ZADD: CommandDeclaration = {
  name: "zadd",
  summary: "Adds members with their scores to a sorted set, or changes their scores",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(log(N)) for each member, N being the number of members.",
  arity: -4,
  flags: ["write", "denyoom", "fast"],
  quickUpTo: QUICK_ARGUMENTS,
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [
    key(),
    oneOf("condition", [token("NX"), token("XX")], { since: "3.0.2", optional: true }),
    oneOf("comparison", [token("GT"), token("LT")], { since: "6.2.0", optional: true }),
    token("CH", { name: "change", since: "3.0.2", optional: true }),
    token("INCR", { name: "increment", since: "3.0.2", optional: true }),
    block("score_member", [double("score"), string("member")], { multiple: true }),
  ],
  history: [["2.4.0", "Takes several members."], [
    "3.0.2",
    "Takes `XX`, `NX`, `CH` and `INCR`.",
  ], ["6.2.0", "Takes `GT` and `LT`."]],
  run: zadd,
};

export const ZINCRBY: CommandDeclaration = {
  name: "zincrby",
  summary: "Adds a number to the score of a member of a sorted set",
  since: "1.2.0",
  group: "sorted-set",
  complexity: "O(log(N)), N being the number of members.",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  quickUpTo: 4,
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("increment"), string("member")],
  run: zincrby,
};
