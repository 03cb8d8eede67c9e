/** BITOP. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { copyBytes } from "../../base/span.ts";
import { type Combination, combine, invert } from "../../data/bitmap.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, keyRange, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";

const ONE_SOURCE = new ReplyError("ERR BITOP NOT must be called with a single source key.");

function bitop(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const operation = requireOperation(args);
  if (operation === "not" && args.argc !== 4) throw ONE_SOURCE;
  const key = args.span(2);
  // Where the sources are; 0, which reads as no bytes, for a key that does not exist.
  const refs: number[] = [];
  for (let i = 3; i < args.argc; i++) {
    const row = readTyped(db, args.span(i), ValueType.String);
    refs.push(row === NO_ROW ? 0 : db.refOf(row));
  }
  const length = refs.reduce((most, ref) => Math.max(most, db.store.length(ref)), 0);
  reply.integer(length);
  if (length > 0) {
    const ref = compute(db, operation, refs, length);
    db.set(key, new Value().setCompact(ValueType.String, Encoding.Raw, ref));
    db.changed(key, EventClass.String, "set");
    return;
  }
  const row = db.peek(key);
  if (row === NO_ROW) return;
  db.remove(row);
  db.changed(key, EventClass.Generic, "del");
}

function requireOperation(args: Frame): Combination | "not" {
  if (args.is(1, "AND")) return "and";
  if (args.is(1, "OR")) return "or";
  if (args.is(1, "XOR")) return "xor";
  if (args.is(1, "NOT")) return "not";
  throw SYNTAX_ERROR;
}

/** Puts the result, of `length` bytes, into the database's store; returns its ref. */
function compute(
  { store }: Database,
  operation: Combination | "not",
  [first, ...others]: readonly number[],
  length: number,
): number {
  const ref = store.allocate(length);
  const target = store.buffer(ref), at = store.offset(ref);
  const start = store.offset(first), firstLength = store.length(first);
  copyBytes(store.buffer(first), start, start + firstLength, target, at);
  target.fill(0, at + firstLength, at + length);
  if (operation === "not") {
    invert(target, at, at + length);
    return ref;
  }
  for (const other of others) {
    const from = store.offset(other), end = from + store.length(other);
    combine(operation, target, at, length, store.buffer(other), from, end);
  }
  return ref;
}

export const BITOP: CommandDeclaration = {
  name: "bitop",
  summary: "Sets a key to what AND, OR, XOR or NOT makes of the bits of strings",
  since: "2.6.0",
  group: "bitmap",
  complexity: "O(N)",
  arity: -4,
  flags: ["write", "denyoom"],
  categories: ["bitmap"],
  keys: [keyAt(2, ["OW", "update"]), keyRange(3, -1, 1, ["RO", "access"])],
  arguments: [
    string("operation"),
    key("destkey"),
    key("key", { keySpecIndex: 1, multiple: true }),
  ],
  run: bitop,
};
