/** LPOS. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import {
  INT64_MIN,
  requireInteger,
  requirePositive,
  requireSafeInteger,
} from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import { ListCursor } from "../../data/list_cursor.ts";
import * as list from "../../data/list_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readList } from "./access.ts";

const ZERO_RANK = new ReplyError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use " +
    "negative to start from the end of the list",
);
const NEGATIVE_COUNT = new ReplyError("ERR COUNT can't be negative");
const NEGATIVE_LENGTH = new ReplyError("ERR MAXLEN can't be negative");

interface Options {
  /** Where the search starts. */
  from: list.ListEnd;
  /** The number of the first match that counts, from 1. */
  rank: number;
  /** How many matches are asked for; null: one, which is not replied as an array. */
  count: number | null;
  /** How many elements are looked at. */
  length: number;
}

function lpos({ db, reply }: CommandContext, args: Frame): void {
  const options = readOptions(args);
  const { from, rank, count } = options;
  const value = readList(db, args.span(1));
  if (value === null) {
    if (count === null) reply.null();
    else reply.array(0);
    return;
  }

  const last = list.length(db.store, value) - 1;
  const most = count ?? 1;
  const array = count === null ? null : reply.deferArray();
  const cursor = new ListCursor(db.store, value, from);
  const element = args.span(2);
  let matches = 0, replied = 0;
  cursor.start();
  for (let i = 0; cursor.found && i < options.length && replied < most; i++, cursor.step()) {
    if (!cursor.equals(element) || ++matches < rank) continue;
    reply.integer(from === "head" ? i : last - i);
    replied++;
  }
  if (array !== null) reply.setDeferred(array, replied);
  else if (replied === 0) reply.null();
}

function readOptions(args: Frame): Options {
  const options: Options = { from: "head", rank: 1, count: null, length: Infinity };
  for (let i = 3; i < args.argc; i += 2) {
    if (i + 1 === args.argc) throw SYNTAX_ERROR;
    const argument = args.span(i + 1);
    if (args.is(i, "RANK")) readRank(argument, options);
    else if (args.is(i, "COUNT")) options.count = requirePositive(argument, NEGATIVE_COUNT);
    else if (args.is(i, "MAXLEN")) options.length = requirePositive(argument, NEGATIVE_LENGTH);
    else throw SYNTAX_ERROR;
  }
  // For both, 0 stands for all.
  if (options.count === 0) options.count = Infinity;
  if (options.length === 0) options.length = Infinity;
  return options;
}

function readRank(argument: ByteRange, options: Options): void {
  const rank = requireSafeInteger(argument);
  if (rank === 0) throw ZERO_RANK;
  options.from = rank < 0 ? "tail" : "head";
  options.rank = Math.abs(rank);
  // In Redis its opposite is itself, so that any match is far enough.
  if (requireInteger(argument) === INT64_MIN) options.rank = 1;
}

export const LPOS: CommandDeclaration = {
  name: "lpos",
  summary: "Replies the indexes of the elements of a list that equal a given one",
  since: "6.0.6",
  group: "list",
  complexity: "O(N), N being the number of elements that are looked at; MAXLEN limits them.",
  arity: -3,
  flags: ["readonly"],
  categories: ["list"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("element"),
    integer("rank", { token: "RANK", optional: true }),
    integer("num-matches", { token: "COUNT", optional: true }),
    integer("len", { token: "MAXLEN", optional: true }),
  ],
  run: lpos,
};
