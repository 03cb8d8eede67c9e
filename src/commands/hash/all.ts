/** HGETALL, HKEYS, HVALS: everything in a hash. */

import * as hash from "../../data/hash_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readHash } from "./access.ts";

function hgetall(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  if (value === null) {
    reply.map(0);
    return;
  }
  const { store } = db;
  reply.map(hash.size(store, value));
  for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
    hash.sendField(store, value, at, reply);
    hash.sendContent(store, value, at, reply);
  }
}

function hkeys(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  if (value === null) {
    reply.array(0);
    return;
  }
  const { store } = db;
  reply.array(hash.size(store, value));
  for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
    hash.sendField(store, value, at, reply);
  }
}

function hvals(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  if (value === null) {
    reply.array(0);
    return;
  }
  const { store } = db;
  reply.array(hash.size(store, value));
  for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
    hash.sendContent(store, value, at, reply);
  }
}

export const HGETALL: CommandDeclaration = {
  name: "hgetall",
  summary: "Replies all fields of a hash with their values",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields.",
  arity: 2,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output_order"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: hgetall,
};

export const HKEYS: CommandDeclaration = {
  name: "hkeys",
  summary: "Replies all fields of a hash",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields.",
  arity: 2,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output_order"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: hkeys,
};

export const HVALS: CommandDeclaration = {
  name: "hvals",
  summary: "Replies all values of a hash",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields.",
  arity: 2,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output_order"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: hvals,
};
