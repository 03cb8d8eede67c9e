/** SINTER, SINTERSTORE, SINTERCARD. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { INT64_MAX, requireIntegerBetween, requirePositive } from "../../base/numbers.ts";
import { intersect, type MemberVisitor } from "../../data/set_algebra.ts";
import * as set from "../../data/set_value.ts";
import { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, keyCount, keyRange } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSets } from "./access.ts";
import { storeSet } from "./store.ts";

const NO_KEYS = new ReplyError("ERR numkeys should be greater than 0");
const TOO_MANY_KEYS = new ReplyError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_LIMIT = new ReplyError("ERR LIMIT can't be negative");

function sinter(context: CommandContext, args: Frame): void {
  const { reply } = context;
  let size = 0;
  // Wrong types must be told before anything is replied.
  const sets = readSets(context.db, args, 1, args.argc);
  const members = reply.deferSet();
  visitCommon(context, sets, (member) => {
    member.sendTo(reply);
    size++;
    return true;
  });
  reply.setDeferred(members, size);
}

function sinterstore(context: CommandContext, args: Frame): void {
  const { db } = context;
  const { settings } = context;
  const sets = readSets(db, args, 2, args.argc);
  const result = set.create(db.store, new Value());
  visitCommon(context, sets, (member) => {
    set.addElement(db.store, result, member, settings);
    return true;
  });
  storeSet(context, args.span(1), result, "sinterstore");
}

function sintercard(context: CommandContext, args: Frame): void {
  const keys = requireIntegerBetween(args.span(1), 1, INT64_MAX, NO_KEYS);
  if (keys > args.argc - 2) throw TOO_MANY_KEYS;
  let limit = 0;
  for (let i = 2 + keys; i < args.argc; i += 2) {
    if (!args.is(i, "LIMIT") || i + 1 === args.argc) throw SYNTAX_ERROR;
    limit = requirePositive(args.span(i + 1), NEGATIVE_LIMIT);
  }
  let size = 0;
  visitCommon(context, readSets(context.db, args, 2, 2 + keys), () => ++size !== limit);
  context.reply.integer(size);
}

/** Visits what all sets have in common: nothing, where one of the keys does not exist. */
function visitCommon(
  { db }: CommandContext,
  sets: readonly (Value | null)[],
  visit: MemberVisitor,
): void {
  const present = sets.filter((value) => value !== null);
  if (present.length === sets.length) intersect(db.store, present, visit);
}

export const SINTER: CommandDeclaration = {
  name: "sinter",
  summary: "Replies what is in all of several sets",
  since: "1.0.0",
  group: "set",
  complexity: "O(N*M) at worst, N being the size of the smallest set and M the number of sets.",
  arity: -2,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output_order"],
  keys: [keyRange(1, -1, 1, ["RO", "access"])],
  arguments: [key("key", { multiple: true })],
  run: sinter,
};

export const SINTERSTORE: CommandDeclaration = {
  name: "sinterstore",
  summary: "Sets a key to the intersection of several sets",
  since: "1.0.0",
  group: "set",
  complexity: "O(N*M) at worst, N being the size of the smallest set and M the number of sets.",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["set"],
  keys: [keyAt(1, ["RW", "update"]), keyRange(2, -1, 1, ["RO", "access"])],
  arguments: [key("destination"), key("key", { keySpecIndex: 1, multiple: true })],
  run: sinterstore,
};

export const SINTERCARD: CommandDeclaration = {
  name: "sintercard",
  summary: "Tells how many members several sets have in common, up to a limit",
  since: "7.0.0",
  group: "set",
  complexity: "O(N*M) at worst, N being the size of the smallest set and M the number of sets.",
  arity: -3,
  flags: ["readonly", "movablekeys"],
  categories: ["set"],
  keys: [keyCount(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", { multiple: true }),
    integer("limit", { token: "LIMIT", optional: true }),
  ],
  run: sintercard,
};
