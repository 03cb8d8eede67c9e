/** Commands that calculate with the number that a string holds. */

import { NOT_A_FLOAT, NOT_AN_INTEGER, ReplyError } from "../../base/errors.ts";
import {
  addLongDoubles,
  formatLongDoubleHuman,
  type LongDouble,
  parseLongDouble,
} from "../../base/long_double.ts";
import { addChecked, INT64_MIN, requireInteger } from "../../base/numbers.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import { plainEncoding, readInteger, writeInteger } from "../../data/string_value.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, integer, key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";

const OVERFLOW = new ReplyError("ERR increment or decrement would overflow");
const NOT_NEGATABLE = new ReplyError("ERR decrement would overflow");
const NOT_FINITE = new ReplyError("ERR increment would produce NaN or Infinity");

function incr(context: CommandContext, args: Frame): void {
  add(context, args.span(1), 1);
}

export const INCR: CommandDeclaration = {
  name: "incr",
  summary: "Adds one to the integer that a key holds",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 2,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key()],
  run: incr,
};

function decr(context: CommandContext, args: Frame): void {
  add(context, args.span(1), -1);
}

export const DECR: CommandDeclaration = {
  name: "decr",
  summary: "Subtracts one from the integer that a key holds",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 2,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key()],
  run: decr,
};

function incrBy(context: CommandContext, args: Frame): void {
  add(context, args.span(1), requireInteger(args.span(2)));
}

export const INCRBY: CommandDeclaration = {
  name: "incrby",
  summary: "Adds a number to the integer that a key holds",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("increment")],
  run: incrBy,
};

function decrBy(context: CommandContext, args: Frame): void {
  const decrement = requireInteger(args.span(2));
  if (decrement === INT64_MIN) throw NOT_NEGATABLE;
  add(context, args.span(1), -decrement);
}

export const DECRBY: CommandDeclaration = {
  name: "decrby",
  summary: "Subtracts a number from the integer that a key holds",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("decrement")],
  run: decrBy,
};

function add(context: CommandContext, name: ByteRange, increment: number | bigint): void {
  const { db } = context;
  const { store } = db;
  const row = writeTyped(db, name, ValueType.String);
  const ref = row === NO_ROW ? 0 : db.refOf(row);
  const before = row === NO_ROW ? 0 : readInteger(store, ref);
  if (before === undefined) throw NOT_AN_INTEGER;
  const value = addChecked(before, increment);
  if (value === null) throw OVERFLOW;

  const written = writeInteger(store, ref, value);
  if (row === NO_ROW) {
    db.add(name, new Value().setCompact(ValueType.String, Encoding.Int, written));
  } else {
    db.saveCompact(row, ValueType.String, Encoding.Int, written);
  }
  db.changed(name, EventClass.String, "incrby");
  context.reply.integer(value);
}

function incrByFloat(context: CommandContext, args: Frame): void {
  const { db } = context;
  const name = args.span(1);
  const row = writeTyped(db, name, ValueType.String);
  const before = row === NO_ROW ? null : requireLongDouble(db.bytesOf(row, new Span()));
  const increment = requireLongDouble(args.span(2));
  const sum = before === null ? increment : addLongDoubles(before, increment);
  if (sum.infinite) throw NOT_FINITE;

  const text = formatLongDoubleHuman(sum);
  db.setString(row, name, Span.ofString(text), plainEncoding(text.length));
  db.changed(name, EventClass.String, "incrbyfloat");
  // Others may calculate with another precision; the time to live is not part of the sum.
  context.propagation.replace("SET", name, text, "KEEPTTL");
  context.reply.bulkString(text);
}

export const INCRBYFLOAT: CommandDeclaration = {
  name: "incrbyfloat",
  summary: "Adds a number to the floating-point number that a key holds",
  since: "2.6.0",
  group: "string",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), double("increment")],
  run: incrByFloat,
};

function requireLongDouble(text: ByteRange): LongDouble {
  const value = parseLongDouble(text.buffer, text.start, text.end);
  if (value === undefined) throw NOT_A_FLOAT;
  return value;
}
