/** HGET, HMGET, HEXISTS, HLEN, HSTRLEN: a hash asked for single fields, or for how many it has. */

import { Span } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readHash } from "./access.ts";

function hget(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  const place = value === null ? hash.NONE : hash.find(db.store, value, args.span(2));
  if (value === null || place === hash.NONE) reply.null();
  else hash.sendContent(db.store, value, place, reply);
}

function hmget(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  const field = new Span();
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    const place = value === null ? hash.NONE : hash.find(db.store, value, args.spanInto(i, field));
    if (value === null || place === hash.NONE) reply.null();
    else hash.sendContent(db.store, value, place, reply);
  }
}

function hexists(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  const exists = value !== null && hash.find(db.store, value, args.span(2)) !== hash.NONE;
  reply.integer(exists ? 1 : 0);
}

function hlen(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  reply.integer(value === null ? 0 : hash.size(db.store, value));
}

function hstrlen(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readHash(db, args.span(1));
  const place = value === null ? hash.NONE : hash.find(db.store, value, args.span(2));
  if (value === null || place === hash.NONE) reply.integer(0);
  else reply.integer(hash.contentLength(db.store, value, place));
}

export const HGET: CommandDeclaration = {
  name: "hget",
  summary: "Replies the value of a field of a hash",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("field")],
  run: hget,
};

export const HMGET: CommandDeclaration = {
  name: "hmget",
  summary: "Replies the values of several fields of a hash",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  categories: ["hash"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("field", { multiple: true })],
  run: hmget,
};

export const HEXISTS: CommandDeclaration = {
  name: "hexists",
  summary: "Tells whether a hash has a field",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key(), string("field")],
  run: hexists,
};

export const HLEN: CommandDeclaration = {
  name: "hlen",
  summary: "Tells how many fields a hash has",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: hlen,
};

export const HSTRLEN: CommandDeclaration = {
  name: "hstrlen",
  summary: "Tells how long the value of a field of a hash is, in bytes",
  since: "3.2.0",
  group: "hash",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key(), string("field")],
  run: hstrlen,
};
