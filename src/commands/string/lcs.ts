/** What two strings have in common. */

import { ADDRESS_SPACE } from "../../base/allocate.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import { lcsLength, lcsMatches, lcsMemory, lcsSequence } from "../../data/lcs.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyRange, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NOT_STRINGS = new ReplyError("ERR The specified keys must contain string values");
const LENGTH_AND_INDEXES = new ReplyError(
  "ERR If you want both the length and indexes, please just use IDX.",
);
const STRING_TOO_LONG = new ReplyError("ERR String too long for LCS");
const OVER_LIMIT = new ReplyError(
  "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
);
const NO_MEMORY = new ReplyError(
  "ERR Insufficient memory, failed allocating transient memory for LCS",
);

/** Redis counts in 32 bits: its strings are shorter than that, in bytes. */
const LONGEST = 2 ** 32 - 2;

interface LcsOptions {
  readonly length: boolean;
  readonly indexes: boolean;
  readonly withMatchLength: boolean;
  /** Shorter matches are left out. */
  readonly minMatchLength: number;
}

function lcs(context: CommandContext, args: Frame): void {
  const { db, reply, settings } = context;
  // The second look-up must not move the row that the first has found.
  db.peek(args.span(1));
  db.peek(args.span(2));
  const firstRow = db.lookupRead(args.span(1)), secondRow = db.lookupRead(args.span(2));
  const first = requireText(context, firstRow), second = requireText(context, secondRow);
  const options = parseLcsOptions(args);
  if (first.length >= LONGEST || second.length >= LONGEST) throw STRING_TOO_LONG;
  const memory = lcsMemory(first.length, second.length);
  if (memory > settings["proto-max-bulk-len"]) throw OVER_LIMIT;
  if (memory > ADDRESS_SPACE) throw NO_MEMORY;

  if (options.indexes) {
    replyMatches(context, first, second, options);
  } else if (options.length) {
    reply.integer(lcsLength(first, second));
  } else {
    const sequence = lcsSequence(first, second);
    reply.bulkBytes(sequence, 0, sequence.length);
  }
}

export const LCS: CommandDeclaration = {
  name: "lcs",
  summary: "Finds the longest common subsequence of two strings",
  since: "7.0.0",
  group: "string",
  complexity: "O(N*M) where N and M are the lengths of the two strings",
  arity: -3,
  flags: ["readonly"],
  categories: ["string"],
  keys: [keyRange(1, 1, 1, ["RO", "access"])],
  arguments: [
    key("key1"),
    key("key2"),
    token("LEN", { optional: true }),
    token("IDX", { optional: true }),
    integer("len", { token: "MINMATCHLEN", optional: true }),
    token("WITHMATCHLEN", { optional: true }),
  ],
  run: lcs,
};

function requireText(context: CommandContext, row: number): Span {
  const { db } = context;
  const text = new Span();
  if (row === NO_ROW) return text;
  if (db.typeOf(row) !== ValueType.String) throw NOT_STRINGS;
  return db.bytesOf(row, text);
}

function parseLcsOptions(args: Frame): LcsOptions {
  let length = false, indexes = false, withMatchLength = false, minMatchLength = 0;
  for (let i = 3; i < args.argc; i++) {
    if (args.is(i, "IDX")) indexes = true;
    else if (args.is(i, "LEN")) length = true;
    else if (args.is(i, "WITHMATCHLEN")) withMatchLength = true;
    else if (args.is(i, "MINMATCHLEN") && i + 1 < args.argc) {
      minMatchLength = Math.max(0, requireSafeInteger(args.span(++i)));
    } else throw SYNTAX_ERROR;
  }
  if (length && indexes) throw LENGTH_AND_INDEXES;
  return { length, indexes, withMatchLength, minMatchLength };
}

function replyMatches(
  { reply }: CommandContext,
  first: ByteRange,
  second: ByteRange,
  { minMatchLength, withMatchLength }: LcsOptions,
): void {
  const { length, ranges } = lcsMatches(first, second, minMatchLength);
  reply.map(2);
  reply.bulkString("matches");
  reply.array(ranges.length);
  for (const { firstStart, firstEnd, secondStart, secondEnd } of ranges) {
    reply.array(withMatchLength ? 3 : 2);
    reply.array(2);
    reply.integer(firstStart);
    reply.integer(firstEnd);
    reply.array(2);
    reply.integer(secondStart);
    reply.integer(secondEnd);
    if (withMatchLength) reply.integer(firstEnd - firstStart + 1);
  }
  reply.bulkString("len");
  reply.integer(length);
}
