/** SETBIT, GETBIT. */

import { ReplyError } from "../../base/errors.ts";
import { requireIntegerBetween } from "../../base/numbers.ts";
import { byteOfBit, getBit, setBit } from "../../data/bitmap.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";
import { openBitmap, requireBitOffset } from "./access.ts";

const BAD_BIT = new ReplyError("ERR bit is not an integer or out of range");

function setbit(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1);
  const offset = requireBitOffset(context, args.span(2));
  const bit = requireIntegerBetween(args.span(3), 0, 1, BAD_BIT);
  const { row, grew } = openBitmap(db, key, byteOfBit(offset) + 1);
  const ref = db.refOf(row);
  const buffer = db.store.buffer(ref), base = db.store.offset(ref);
  const old = getBit(buffer, base, offset);
  reply.integer(old);
  if (bit === old && !grew) return;
  setBit(buffer, base, offset, bit);
  db.changed(key, EventClass.String, "setbit");
}

function getbit(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const offset = requireBitOffset(context, args.span(2));
  const row = readTyped(db, args.span(1), ValueType.String);
  const ref = row === NO_ROW ? 0 : db.refOf(row);
  const isWithin = byteOfBit(offset) < db.store.length(ref);
  reply.integer(isWithin ? getBit(db.store.buffer(ref), db.store.offset(ref), offset) : 0);
}

export const SETBIT: CommandDeclaration = {
  name: "setbit",
  summary: "Sets or clears a bit of a string, which grows where it must",
  since: "2.2.0",
  group: "bitmap",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom"],
  categories: ["bitmap"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("offset"), integer("value")],
  run: setbit,
};

export const GETBIT: CommandDeclaration = {
  name: "getbit",
  summary: "Replies a bit of a string",
  since: "2.2.0",
  group: "bitmap",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  categories: ["bitmap"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("offset")],
  run: getbit,
};
