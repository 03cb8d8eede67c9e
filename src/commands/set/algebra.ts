/** SUNION, SDIFF, SUNIONSTORE, SDIFFSTORE. */

import * as set from "../../data/set_value.ts";
import { subtract, unite } from "../../data/set_algebra.ts";
import { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, keyRange } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSets } from "./access.ts";
import { storeSet } from "./store.ts";

function sunion(context: CommandContext, args: Frame): void {
  replySet(context, union(context, args, 1));
}

function sunionstore(context: CommandContext, args: Frame): void {
  storeSet(context, args.span(1), union(context, args, 2), "sunionstore");
}

function sdiff(context: CommandContext, args: Frame): void {
  replySet(context, difference(context, args, 1));
}

function sdiffstore(context: CommandContext, args: Frame): void {
  storeSet(context, args.span(1), difference(context, args, 2), "sdiffstore");
}

/** A new set: the union of those whose keys are the arguments from `from` on. */
function union({ db, settings }: CommandContext, args: Frame, from: number): Value {
  const sets = readSets(db, args, from, args.argc).filter((value) => value !== null);
  const result = set.create(db.store, new Value());
  unite(db.store, sets, result, settings);
  return result;
}

/** A new set: the first of those whose keys are the arguments from `from` on, without the others. */
function difference({ db, settings }: CommandContext, args: Frame, from: number): Value {
  const [minuend, ...others] = readSets(db, args, from, args.argc);
  const result = set.create(db.store, new Value());
  if (minuend === null) return result;
  const present = others.filter((value) => value !== null);
  subtract(db.store, minuend, present, result, settings);
  return result;
}

/** Replies a set that no key holds, and frees it. */
function replySet({ db, keyspace, reply }: CommandContext, value: Value): void {
  const { store } = db;
  reply.set(set.size(store, value));
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, reply);
  }
  keyspace.lazyFreeing.valueGoes(store, value, "server");
  set.discard(store, value);
}

export const SUNION: CommandDeclaration = {
  name: "sunion",
  summary: "Replies what is in at least one of several sets",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members of all sets.",
  arity: -2,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output_order"],
  keys: [keyRange(1, -1, 1, ["RO", "access"])],
  arguments: [key("key", { multiple: true })],
  run: sunion,
};

export const SUNIONSTORE: CommandDeclaration = {
  name: "sunionstore",
  summary: "Sets a key to the union of several sets",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members of all sets.",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["set"],
  keys: [keyAt(1, ["OW", "update"]), keyRange(2, -1, 1, ["RO", "access"])],
  arguments: [key("destination"), key("key", { keySpecIndex: 1, multiple: true })],
  run: sunionstore,
};

export const SDIFF: CommandDeclaration = {
  name: "sdiff",
  summary: "Replies what is in the first of several sets only",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members of all sets.",
  arity: -2,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output_order"],
  keys: [keyRange(1, -1, 1, ["RO", "access"])],
  arguments: [key("key", { multiple: true })],
  run: sdiff,
};

export const SDIFFSTORE: CommandDeclaration = {
  name: "sdiffstore",
  summary: "Sets a key to what is in the first of several sets only",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members of all sets.",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["set"],
  keys: [keyAt(1, ["OW", "update"]), keyRange(2, -1, 1, ["RO", "access"])],
  arguments: [key("destination"), key("key", { keySpecIndex: 1, multiple: true })],
  run: sdiffstore,
};
