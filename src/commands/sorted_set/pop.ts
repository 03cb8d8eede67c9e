/** ZPOPMIN, ZPOPMAX, ZMPOP. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { INT64_MAX, requireIntegerBetween, requirePositive } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, oneOf, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { saveRemoval } from "./access.ts";

const NO_KEYS = new ReplyError("ERR numkeys should be greater than 0");
const NO_COUNT = new ReplyError("ERR count should be greater than 0");

/** From which end members are taken: that of the lowest or of the highest scores. */
export type SortedSetEnd = "min" | "max";

/** The command that takes members from an end; for propagation. */
export const POP_NAMES: Readonly<Record<SortedSetEnd, string>> = { min: "ZPOPMIN", max: "ZPOPMAX" };

const EVENTS: Readonly<Record<SortedSetEnd, string>> = { min: "zpopmin", max: "zpopmax" };

/**
 * Removes up to `count` members, at least one, from an end of the sorted set at `row`, and replies each
 * with its score: as an array of its own if `nested`.
 */
function popMembers(
  { db, reply }: CommandContext,
  row: number,
  key: ByteRange,
  end: SortedSetEnd,
  count: number,
  nested: boolean,
): void {
  const { store } = db;
  const value = db.load(row);
  const size = sortedSet.size(store, value);
  const reverse = end === "max";
  const walk = new sortedSet.RankWalk(store, value, reverse ? size - 1 : 0, reverse);
  for (let left = count; left > 0; left--, walk.step()) {
    if (nested) reply.array(2);
    sortedSet.sendMember(store, value, walk.place, reply);
    reply.double(sortedSet.score(store, value, walk.place));
  }
  // What goes as a whole need not be taken apart.
  if (count < size) {
    const start = reverse ? size - count : 0;
    sortedSet.removeRanks(store, value, { start, end: start + count });
  }
  saveRemoval(db, key, row, value, count, size - count, EVENTS[end]);
}

/** Removes one member and replies it and its score, without a header. */
export function popOne(
  context: CommandContext,
  row: number,
  key: ByteRange,
  end: SortedSetEnd,
): void {
  popMembers(context, row, key, end, 1, false);
}

/** Replies what ZMPOP replies where it found a sorted set, and propagates it. */
export function popMultiple(
  context: CommandContext,
  row: number,
  key: ByteRange,
  end: SortedSetEnd,
  count: number,
): void {
  const { db, propagation, reply } = context;
  const popped = Math.min(count, sortedSet.size(db.store, db.load(row)));
  reply.array(2);
  reply.bulk(key);
  reply.array(popped);
  popMembers(context, row, key, end, popped, true);
  propagation.replace(POP_NAMES[end], key, popped);
}

function zpop(context: CommandContext, args: Frame, end: SortedSetEnd): void {
  const { db, reply } = context;
  if (args.argc > 3) throw SYNTAX_ERROR;
  const withCount = args.argc === 3;
  const wanted = withCount ? requirePositive(args.span(2)) : 1;
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.SortedSet);
  if (row === NO_ROW || wanted === 0) {
    reply.array(0);
    return;
  }
  const count = Math.min(wanted, sortedSet.size(db.store, db.load(row)));
  // Only RESP3 tells many from one.
  const nested = withCount && reply.resp === 3;
  reply.array(nested ? count : 2 * count);
  popMembers(context, row, key, end, count, nested);
}

function zpopmin(context: CommandContext, args: Frame): void {
  zpop(context, args, "min");
}

function zpopmax(context: CommandContext, args: Frame): void {
  zpop(context, args, "max");
}

/** The arguments of ZMPOP and BZMPOP. */
export interface MultiplePop {
  readonly firstKey: number;
  readonly lastKey: number;
  readonly end: SortedSetEnd;
  readonly count: number;
}

/** Reads the number of keys at argument `at` and what follows it. */
export function readMultiplePop(args: Frame, at: number): MultiplePop {
  const keys = requireIntegerBetween(args.span(at), 1, INT64_MAX, NO_KEYS);
  const firstKey = at + 1, where = firstKey + keys;
  if (where >= args.argc) throw SYNTAX_ERROR;
  const end = args.is(where, "MIN") ? "min" : args.is(where, "MAX") ? "max" : null;
  if (end === null) throw SYNTAX_ERROR;
  let count = 1;
  if (args.argc > where + 1) {
    if (args.argc < where + 3 || !args.is(where + 1, "COUNT")) throw SYNTAX_ERROR;
    count = requireIntegerBetween(args.span(where + 2), 1, INT64_MAX, NO_COUNT);
    if (args.argc > where + 3) throw SYNTAX_ERROR;
  }
  return { firstKey, lastKey: where - 1, end, count };
}

function zmpop(context: CommandContext, args: Frame): void {
  const { firstKey, lastKey, end, count } = readMultiplePop(args, 1);
  for (let i = firstKey; i <= lastKey; i++) {
    const row = writeTyped(context.db, args.span(i), ValueType.SortedSet);
    if (row === NO_ROW) continue;
    popMultiple(context, row, args.span(i), end, count);
    return;
  }
  context.reply.nullArray();
}

export const ZPOPMIN: CommandDeclaration = {
  name: "zpopmin",
  summary: "Removes and replies the members of a sorted set with the lowest scores",
  since: "5.0.0",
  group: "sorted-set",
  complexity: "O(log(N)*M), N being the number of members and M of those removed.",
  arity: -2,
  flags: ["write", "fast"],
  quickUpTo: 2,
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { optional: true })],
  run: zpopmin,
};

export const ZPOPMAX: CommandDeclaration = {
  name: "zpopmax",
  summary: "Removes and replies the members of a sorted set with the highest scores",
  since: "5.0.0",
  group: "sorted-set",
  complexity: "O(log(N)*M), N being the number of members and M of those removed.",
  arity: -2,
  flags: ["write", "fast"],
  quickUpTo: 2,
  categories: ["sortedset"],
  keys: [keyAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { optional: true })],
  run: zpopmax,
};

export const ZMPOP: CommandDeclaration = {
  name: "zmpop",
  summary:
    "Removes and replies members with the lowest or highest scores of the first of several keys that has a sorted set",
  since: "7.0.0",
  group: "sorted-set",
  complexity:
    "O(K) + O(M*log(N)), K being the number of keys, N of members and M of those removed.",
  arity: -4,
  flags: ["write"],
  categories: ["sortedset"],
  keys: [keyCount(1, ["RW", "access", "delete"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    oneOf("where", [token("MIN"), token("MAX")]),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: zmpop,
};
