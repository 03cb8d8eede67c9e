/** BITCOUNT, BITPOS. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import { countBits, findBit } from "../../data/bitmap.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";

const NOT_A_BIT = new ReplyError("ERR The bit argument must be 1 or 0.");

function bitcount(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const row = readTyped(db, args.span(1), ValueType.String);
  // As in Redis, what follows is not even looked at where there is no key.
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const ref = db.refOf(row);
  const length = db.store.length(ref);
  let start = 0, end = length - 1, unit = 8;
  if (args.argc > 2) {
    if (args.argc !== 4 && args.argc !== 5) throw SYNTAX_ERROR;
    const first = requireInteger(args.span(2)), last = requireInteger(args.span(3));
    if (first < 0 && last < 0 && first > last) {
      reply.integer(0);
      return;
    }
    if (args.argc === 5) unit = requireUnit(args, 4);
    [start, end] = clampRange(Number(first), Number(last), length * 8 / unit);
  }
  if (start > end) {
    reply.integer(0);
    return;
  }
  const buffer = db.store.buffer(ref), base = db.store.offset(ref);
  reply.integer(countBits(buffer, base, start * unit, (end + 1) * unit - 1));
}

function bitpos(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const bit = Number(requireInteger(args.span(2)));
  if (bit !== 0 && bit !== 1) throw NOT_A_BIT;
  const row = readTyped(db, args.span(1), ValueType.String);
  if (row === NO_ROW) {
    reply.integer(bit === 0 ? 0 : -1);
    return;
  }
  const ref = db.refOf(row);
  const length = db.store.length(ref);
  let start = 0, end = length - 1, unit = 8;
  if (args.argc > 3) {
    if (args.argc > 6) throw SYNTAX_ERROR;
    const first = Number(requireInteger(args.span(3)));
    if (args.argc === 6) unit = requireUnit(args, 5);
    const total = length * 8 / unit;
    const last = args.argc > 4 ? Number(requireInteger(args.span(4))) : total - 1;
    [start, end] = clampRange(first, last, total);
  }
  if (start > end) {
    reply.integer(-1);
    return;
  }
  const buffer = db.store.buffer(ref), base = db.store.offset(ref);
  const found = findBit(buffer, base, start * unit, (end + 1) * unit - 1, bit);
  // A string goes on with zeros, unless its end was given.
  reply.integer(found < 0 && bit === 0 && args.argc < 5 ? length * 8 : found);
}

/** How many bits the unit that an argument names has. */
function requireUnit(args: Frame, i: number): number {
  if (args.is(i, "BIT")) return 1;
  if (args.is(i, "BYTE")) return 8;
  throw SYNTAX_ERROR;
}

/** A range of units, both ends included, with negative ones counted from the end; cut to `total` units. */
function clampRange(start: number, end: number, total: number): [start: number, end: number] {
  if (start < 0) start = Math.max(0, total + start);
  if (end < 0) end = Math.max(0, total + end);
  return [start, Math.min(end, total - 1)];
}

const UNIT = oneOf("index_unit", [token("BYTE"), token("BIT")], { since: "7.0.0", optional: true });

export const BITCOUNT: CommandDeclaration = {
  name: "bitcount",
  summary: "Counts the bits that are set in a string or a part of it",
  since: "2.6.0",
  group: "bitmap",
  complexity: "O(N)",
  arity: -2,
  flags: ["readonly"],
  categories: ["bitmap"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    block("index", [integer("start"), integer("end"), UNIT], { optional: true }),
  ],
  history: [["7.0.0", "Options `BYTE` and `BIT`."]],
  run: bitcount,
};

export const BITPOS: CommandDeclaration = {
  name: "bitpos",
  summary: "Finds the first bit that is set, or clear, in a string or a part of it",
  since: "2.8.7",
  group: "bitmap",
  complexity: "O(N)",
  arity: -3,
  flags: ["readonly"],
  categories: ["bitmap"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    integer("bit"),
    block("index", [
      integer("start"),
      block("end_index", [integer("end"), UNIT], { optional: true }),
    ], { optional: true }),
  ],
  history: [["7.0.0", "Options `BYTE` and `BIT`."]],
  run: bitpos,
};
