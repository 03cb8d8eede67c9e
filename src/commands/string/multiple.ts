/** Commands that read or set several keys. */

import { ReplyError } from "../../base/errors.ts";
import { Span } from "../../base/span.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, key, keyRange, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { replyText, setText } from "./text.ts";

function mGet(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const name = new Span();
  reply.array(args.argc - 1);
  for (let i = 1; i < args.argc; i++) {
    const row = db.lookupRead(args.spanInto(i, name));
    const isString = row !== NO_ROW && db.typeOf(row) === ValueType.String;
    replyText(context, isString ? row : NO_ROW);
  }
}

export const MGET: CommandDeclaration = {
  name: "mget",
  summary: "Replies the strings that several keys hold",
  since: "1.0.0",
  group: "string",
  complexity: "O(N) where N is the number of keys",
  arity: -2,
  flags: ["readonly", "fast"],
  categories: ["string"],
  tips: ["request_policy:multi_shard"],
  keys: [keyRange(1, -1, 1, ["RO", "access"])],
  arguments: [key("key", { multiple: true })],
  run: mGet,
};

function mSet(context: CommandContext, args: Frame): void {
  requirePairs(context, args);
  setPairs(context, args);
  context.reply.ok();
}

export const MSET: CommandDeclaration = {
  name: "mset",
  summary: "Sets several keys to strings, all at once",
  since: "1.0.1",
  group: "string",
  complexity: "O(N) where N is the number of keys",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["string"],
  tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
  keys: [keyRange(1, -1, 2, ["OW", "update"])],
  arguments: [block("key_value", [key(), string("value")], { multiple: true })],
  run: mSet,
};

function mSetNx(context: CommandContext, args: Frame): void {
  requirePairs(context, args);
  const { db, reply } = context;
  const name = new Span();
  for (let i = 1; i < args.argc; i += 2) {
    if (db.lookupWrite(args.spanInto(i, name)) !== NO_ROW) {
      reply.integer(0);
      return;
    }
  }
  setPairs(context, args);
  reply.integer(1);
}

export const MSETNX: CommandDeclaration = {
  name: "msetnx",
  summary: "Sets several keys to strings, all of them or, if one exists, none",
  since: "1.0.1",
  group: "string",
  complexity: "O(N) where N is the number of keys",
  arity: -3,
  flags: ["write", "denyoom"],
  categories: ["string"],
  tips: ["request_policy:multi_shard", "response_policy:agg_min"],
  keys: [keyRange(1, -1, 2, ["OW", "insert"])],
  arguments: [block("key_value", [key(), string("value")], { multiple: true })],
  run: mSetNx,
};

function requirePairs(context: CommandContext, args: Frame): void {
  if (args.argc % 2 === 1) return;
  throw new ReplyError(`ERR wrong number of arguments for '${context.command.fullName}' command`);
}

function setPairs(context: CommandContext, args: Frame): void {
  const { db } = context;
  const name = new Span(), value = new Span();
  for (let i = 1; i < args.argc; i += 2) {
    args.spanInto(i, name);
    setText(context, db.lookupWrite(name), name, args.spanInto(i + 1, value));
  }
}
