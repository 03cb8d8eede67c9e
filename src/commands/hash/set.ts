/** HSET, HMSET, HSETNX. */

import { ReplyError } from "../../base/errors.ts";
import * as hash from "../../data/hash_value.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { openHash } from "./access.ts";

function hset(context: CommandContext, args: Frame): void {
  context.reply.integer(setFields(context, args));
}

function hmset(context: CommandContext, args: Frame): void {
  setFields(context, args);
  context.reply.ok();
}

/** Sets the fields of HSET and HMSET; says how many are new. */
function setFields(context: CommandContext, args: Frame): number {
  if (args.argc % 2 !== 0) {
    const name = context.command.fullName;
    throw new ReplyError(`ERR wrong number of arguments for '${name}' command`);
  }
  const { db } = context;
  const { settings } = context;
  const key = args.span(1);
  const row = openHash(db, key);
  const value = db.load(row);
  let added = 0;
  for (let i = 2; i < args.argc; i += 2) {
    if (hash.set(db.store, value, args.span(i), args.span(i + 1), settings)) added++;
  }
  db.save(row, value);
  db.changed(key, EventClass.Hash, "hset", (args.argc - 2) / 2);
  return added;
}

function hsetnx(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1), field = args.span(2);
  const row = openHash(db, key);
  const value = db.load(row);
  if (hash.find(db.store, value, field) !== hash.NONE) {
    reply.integer(0);
    return;
  }
  const { settings } = context;
  hash.setAt(db.store, value, hash.NONE, field, args.span(3), settings);
  db.save(row, value);
  reply.integer(1);
  db.changed(key, EventClass.Hash, "hset");
}

export const HSET: CommandDeclaration = {
  name: "hset",
  summary: "Sets fields of a hash, which is created where it does not exist",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1) for each field given.",
  arity: -4,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key(), block("field_value", [string("field"), string("value")], { multiple: true })],
  history: [["4.0.0", "Takes several fields with their values."]],
  run: hset,
};

export const HMSET: CommandDeclaration = {
  name: "hmset",
  summary: "Sets fields of a hash; HSET with an OK for its reply",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields given.",
  arity: -4,
  flags: ["write", "denyoom", "fast"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key(), block("field_value", [string("field"), string("value")], { multiple: true })],
  deprecated: { since: "4.0.0", replacedBy: "`HSET` with multiple field-value pairs" },
  run: hmset,
};

export const HSETNX: CommandDeclaration = {
  name: "hsetnx",
  summary: "Sets a field of a hash that has no such field yet",
  since: "2.0.0",
  group: "hash",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [key(), string("field"), string("value")],
  run: hsetnx,
};
