/** Commands that read or change a part of a string, or ask how long it is. */

import { ReplyError } from "../../base/errors.ts";
import { addChecked, requireInteger } from "../../base/numbers.ts";
import { EMPTY } from "../../base/span.ts";
import { appendText, stringEncoding, writeText } from "../../data/string_value.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped, writeTyped } from "../lookup.ts";
import { checkLength, textLength } from "./text.ts";

const NEGATIVE_OFFSET = new ReplyError("ERR offset is out of range");

function strLen(context: CommandContext, args: Frame): void {
  const row = readTyped(context.db, args.span(1), ValueType.String);
  context.reply.integer(textLength(context, row));
}

export const STRLEN: CommandDeclaration = {
  name: "strlen",
  summary: "Replies the length of a string in bytes",
  since: "2.2.0",
  group: "string",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: strLen,
};

function append(context: CommandContext, args: Frame): void {
  const { db } = context;
  const name = args.span(1), text = args.span(2);
  const row = writeTyped(db, name, ValueType.String);
  const length = textLength(context, row) + text.length;
  if (row === NO_ROW) {
    db.setString(NO_ROW, name, text, stringEncoding(text));
  } else {
    checkLength(context, length);
    const ref = appendText(db.store, db.refOf(row), text);
    db.saveCompact(row, ValueType.String, Encoding.Raw, ref);
  }
  db.changed(name, EventClass.String, "append");
  context.reply.integer(length);
}

export const APPEND: CommandDeclaration = {
  name: "append",
  summary: "Adds bytes to the end of a string",
  since: "2.0.0",
  group: "string",
  complexity: "O(1) amortized: a string that grows reserves room for more",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [key(), string("value")],
  run: append,
};

function setRange(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const name = args.span(1), text = args.span(3);
  const given = requireInteger(args.span(2));
  if (given < 0) throw NEGATIVE_OFFSET;
  const row = writeTyped(db, name, ValueType.String);
  const length = textLength(context, row);
  if (text.length === 0) {
    reply.integer(length);
    return;
  }
  checkLength(context, addChecked(given, text.length));
  // No memory has bytes that a number can't count: the store refuses such an offset.
  const offset = Number(given);
  if (row === NO_ROW) {
    const ref = writeText(db.store, 0, offset, text);
    db.add(name, new Value().setCompact(ValueType.String, Encoding.Raw, ref));
  } else {
    const ref = writeText(db.store, db.refOf(row), offset, text);
    db.saveCompact(row, ValueType.String, Encoding.Raw, ref);
  }
  db.changed(name, EventClass.String, "setrange");
  reply.integer(Math.max(length, offset + text.length));
}

export const SETRANGE: CommandDeclaration = {
  name: "setrange",
  summary: "Writes bytes over a part of a string, which grows where it must",
  since: "2.2.0",
  group: "string",
  complexity: "O(1) for a short value, O(M) where M is the number of bytes written",
  arity: 4,
  flags: ["write", "denyoom"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key(), integer("offset"), string("value")],
  run: setRange,
};

function getRange(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const first = requireInteger(args.span(2)), last = requireInteger(args.span(3));
  const row = readTyped(db, args.span(1), ValueType.String);
  const length = textLength(context, row);
  const from = place(first, length), to = Math.min(place(last, length), length - 1);
  // Both before the start of the string would otherwise meet at its first byte.
  if (from > to || (first < 0 && last < 0 && first > last)) {
    reply.bulkBytes(EMPTY, 0, 0);
    return;
  }
  const ref = db.refOf(row);
  const start = db.store.offset(ref);
  reply.bulkBytes(db.store.buffer(ref), start + from, start + to + 1);
}

export const GETRANGE: CommandDeclaration = {
  name: "getrange",
  summary: "Replies the part of a string between two indexes",
  since: "2.4.0",
  group: "string",
  complexity: "O(N) where N is the number of bytes replied",
  arity: 4,
  flags: ["readonly"],
  categories: ["string"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("end")],
  run: getRange,
};

export const SUBSTR: CommandDeclaration = {
  name: "substr",
  summary: "Replies the part of a string between two indexes",
  since: "1.0.0",
  group: "string",
  complexity: "O(N) where N is the number of bytes replied",
  arity: 4,
  flags: ["readonly"],
  categories: ["string"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("end")],
  deprecated: { since: "2.0.0", replacedBy: "`GETRANGE`" },
  run: getRange,
};

/** The place that an index stands for, counted from the end where it is negative; 0 at least. */
function place(index: number | bigint, length: number): number {
  // No string is so long that a bigint's missing digits would matter.
  const approximate = Number(index);
  return approximate < 0 ? Math.max(0, length + approximate) : approximate;
}
