/** HINCRBY, HINCRBYFLOAT. */

import { NOT_A_FLOAT, ReplyError } from "../../base/errors.ts";
import { addLongDoubles, formatLongDoubleHuman, parseLongDouble } from "../../base/long_double.ts";
import { addChecked, formatInteger, INTEGER_TEXT_MAX, requireInteger } from "../../base/numbers.ts";
import { Span } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import { ListpackEntry } from "../../data/listpack.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { openHash } from "./access.ts";

const NOT_INTEGER_IN_HASH = new ReplyError("ERR hash value is not an integer");
const NOT_FLOAT_IN_HASH = new ReplyError("ERR hash value is not a float");
const OVERFLOW = new ReplyError("ERR increment or decrement would overflow");
const NOT_FINITE = new ReplyError("ERR value is NaN or Infinity");
const SUM_NOT_FINITE = new ReplyError("ERR increment would produce NaN or Infinity");

/** Scratch space of HINCRBY, which means nothing outside of a call. */
const DIGITS = new Uint8Array(INTEGER_TEXT_MAX);
const SUM = new Span();

function hincrby(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const increment = requireInteger(args.span(3));
  const key = args.span(1), field = args.span(2);
  const row = openHash(db, key);
  const value = db.load(row);

  const place = hash.find(db.store, value, field);
  const old = place === hash.NONE ? 0 : hash.contentInteger(db.store, value, place);
  if (old === undefined) throw NOT_INTEGER_IN_HASH;
  const sum = addChecked(old, increment);
  if (sum === null) throw OVERFLOW;

  const content = SUM.set(DIGITS, 0, formatInteger(sum, DIGITS, 0));
  hash.setAt(db.store, value, place, field, content, context.settings);
  db.save(row, value);
  reply.integer(sum);
  db.changed(key, EventClass.Hash, "hincrby");
}

function hincrbyfloat(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const increment = readFloat(args.span(3));
  if (increment === undefined) throw NOT_A_FLOAT;
  if (increment.infinite) throw NOT_FINITE;
  const key = args.span(1), field = args.span(2);
  const row = openHash(db, key);
  const value = db.load(row);

  const place = hash.find(db.store, value, field);
  let sum = increment;
  if (place !== hash.NONE) {
    const old = readFloat(
      hash.contentSpan(db.store, value, place, new ListpackEntry(), new Span()),
    );
    if (old === undefined) throw NOT_FLOAT_IN_HASH;
    sum = addLongDoubles(old, increment);
    if (sum.infinite) throw SUM_NOT_FINITE;
  }

  const content = Span.ofString(formatLongDoubleHuman(sum));
  hash.setAt(db.store, value, place, field, content, context.settings);
  db.save(row, value);
  reply.bulk(content);
  db.changed(key, EventClass.Hash, "hincrbyfloat");
  // What is added to floats may differ between machines, what is set may not.
  context.propagation.replace("HSET", key, field, content);
}

function readFloat(text: Span): ReturnType<typeof parseLongDouble> {
  return parseLongDouble(text.buffer, text.start, text.end);
}

export const HINCRBY: CommandDeclaration = {
  name: "hincrby",
  summary: "Adds an integer to a field of a hash",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), string("field"), integer("increment")],
  run: hincrby,
};

export const HINCRBYFLOAT: CommandDeclaration = {
  name: "hincrbyfloat",
  summary: "Adds a floating-point number to a field of a hash",
  since: "2.6.0",
  group: "hash",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), string("field"), double("increment")],
  run: hincrbyfloat,
};
