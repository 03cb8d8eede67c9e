/** COMMAND INFO's reply for one command (https://redis.io/docs/latest/commands/command/). */

import { keyFlagBits, keyFlagsOf } from "../../access/key_flags.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandFlag, KeySpec } from "../description.ts";
import { hasMovableKeys, legacyKeys } from "../key_positions.ts";
import type { CommandView } from "../views/commands.ts";

/** The order in which Redis lists a command's flags; the others are not shown. */
const FLAG_ORDER: readonly CommandFlag[] = [
  "write",
  "readonly",
  "denyoom",
  "admin",
  "pubsub",
  "noscript",
  "blocking",
  "loading",
  "stale",
  "skip_monitor",
  "skip_slowlog",
  "asking",
  "fast",
  "no_auth",
  "sentinel",
  "only_sentinel",
  "no_mandatory_keys",
  "no_async_loading",
  "no_multi",
  "movablekeys",
  "allow_busy",
];

/** Replies a command and its sub-commands. */
export function replyCommandDetails(reply: ReplyWriter, command: CommandView): void {
  const { declaration } = command;
  const { first, last, step } = legacyKeys(declaration);
  reply.array(10);
  reply.bulkString(command.fullName);
  reply.integer(command.arity);
  replySimpleSet(reply, shownFlags(command));
  reply.integer(first);
  reply.integer(last);
  reply.integer(step);
  replySimpleSet(reply, command.categories.map((category) => `@${category}`));
  const tips = declaration.tips ?? [];
  reply.set(tips.length);
  for (const tip of tips) reply.bulkString(tip);
  const keys = declaration.keys ?? [];
  reply.set(keys.length);
  for (const spec of keys) replyKeySpec(reply, spec);
  // A set too, but Redis says set only where it is empty.
  if (command.subcommands.length === 0) reply.set(0);
  else reply.array(command.subcommands.length);
  for (const subcommand of command.subcommands) replyCommandDetails(reply, subcommand);
}

/** Replies flags as a set of simple strings. */
export function replySimpleSet(reply: ReplyWriter, texts: readonly string[]): void {
  reply.set(texts.length);
  for (const text of texts) reply.simple(text);
}

function shownFlags({ declaration }: CommandView): CommandFlag[] {
  const movable = hasMovableKeys(declaration);
  return FLAG_ORDER.filter((flag) =>
    flag === "movablekeys" ? movable : declaration.flags.includes(flag)
  );
}

function replyKeySpec(reply: ReplyWriter, { notes, flags, begin, find }: KeySpec): void {
  reply.map(notes === undefined ? 3 : 4);
  if (notes !== undefined) {
    reply.bulkString("notes");
    reply.bulkString(notes);
  }
  reply.bulkString("flags");
  replySimpleSet(reply, keyFlagsOf(keyFlagBits(flags)));
  reply.bulkString("begin_search");
  replySearch(reply, begin.type, searchFields(begin));
  reply.bulkString("find_keys");
  replySearch(reply, find.type, findFields(find));
}

type Fields = readonly (readonly [name: string, value: string | number])[];

function searchFields(begin: KeySpec["begin"]): Fields {
  switch (begin.type) {
    case "index":
      return [["index", begin.index]];
    case "keyword":
      return [["keyword", begin.keyword], ["startfrom", begin.startFrom]];
    case "unknown":
      return [];
  }
}

function findFields(find: KeySpec["find"]): Fields {
  switch (find.type) {
    case "range":
      return [["lastkey", find.lastKey], ["keystep", find.step], ["limit", find.limit]];
    case "keynum":
      return [
        ["keynumidx", find.keyNumIndex],
        ["firstkey", find.firstKey],
        ["keystep", find.step],
      ];
    case "unknown":
      return [];
  }
}

function replySearch(reply: ReplyWriter, type: string, fields: Fields): void {
  reply.map(2);
  reply.bulkString("type");
  reply.bulkString(type);
  reply.bulkString("spec");
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulkString(name);
    if (typeof value === "string") reply.bulkString(value);
    else reply.integer(value);
  }
}
