/** SCARD, SISMEMBER, SMISMEMBER, SMEMBERS: what is in a set. */

import * as set from "../../data/set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSet } from "./access.ts";

function scard(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSet(db, args.span(1));
  reply.integer(value === null ? 0 : set.size(db.store, value));
}

function sismember(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSet(db, args.span(1));
  const isMember = value !== null && set.find(db.store, value, args.span(2)) !== set.NONE;
  reply.integer(isMember ? 1 : 0);
}

function smismember(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSet(db, args.span(1));
  const member = args.span(2);
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    args.spanInto(i, member);
    const isMember = value !== null && set.find(db.store, value, member) !== set.NONE;
    reply.integer(isMember ? 1 : 0);
  }
}

function smembers(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSet(db, args.span(1));
  if (value === null) {
    reply.set(0);
    return;
  }
  const { store } = db;
  reply.set(set.size(store, value));
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, reply);
  }
}

export const SCARD: CommandDeclaration = {
  name: "scard",
  summary: "Tells how many members a set has",
  since: "1.0.0",
  group: "set",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["set"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: scard,
};

export const SISMEMBER: CommandDeclaration = {
  name: "sismember",
  summary: "Tells whether something is a member of a set",
  since: "1.0.0",
  group: "set",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["set"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key(), string("member")],
  run: sismember,
};

export const SMISMEMBER: CommandDeclaration = {
  name: "smismember",
  summary: "Tells of several things whether they are members of a set",
  since: "6.2.0",
  group: "set",
  complexity: "O(N), N being the number of members asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  categories: ["set"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })],
  run: smismember,
};

export const SMEMBERS: CommandDeclaration = {
  name: "smembers",
  summary: "Replies all members of a set",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members.",
  arity: 2,
  flags: ["readonly"],
  categories: ["set"],
  tips: ["nondeterministic_output_order"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: smembers,
};
