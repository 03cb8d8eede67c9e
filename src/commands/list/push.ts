/** LPUSH, RPUSH, LPUSHX, RPUSHX. */

import * as list from "../../data/list_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { pushEvent } from "./access.ts";

function push(context: CommandContext, args: Frame, end: list.ListEnd, onlyIfThere: boolean): void {
  const { db, reply } = context;
  const { store } = db;
  const { settings } = context;
  const key = args.span(1);
  let row = writeTyped(db, key, ValueType.List);
  if (row === NO_ROW) {
    if (onlyIfThere) {
      reply.integer(0);
      return;
    }
    row = db.add(key, list.create(store, new Value()));
  }
  const value = db.load(row);
  for (let i = 2; i < args.argc; i++) list.push(store, value, end, args.span(i), settings);
  db.save(row, value);
  reply.integer(list.length(store, value));
  db.changed(key, EventClass.List, pushEvent(end), args.argc - 2);
}

function lpush(context: CommandContext, args: Frame): void {
  push(context, args, "head", false);
}

function rpush(context: CommandContext, args: Frame): void {
  push(context, args, "tail", false);
}

function lpushx(context: CommandContext, args: Frame): void {
  push(context, args, "head", true);
}

function rpushx(context: CommandContext, args: Frame): void {
  push(context, args, "tail", true);
}

const COMMON = {
  group: "list",
  complexity: "O(1) for each element given.",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [key(), string("element", { multiple: true })],
} as const;

export const LPUSH: CommandDeclaration = {
  ...COMMON,
  name: "lpush",
  summary: "Adds elements at the head of a list, which is created where it does not exist",
  since: "1.0.0",
  history: [["2.4.0", "Takes several elements."]],
  run: lpush,
};

export const RPUSH: CommandDeclaration = {
  ...COMMON,
  name: "rpush",
  summary: "Adds elements at the tail of a list, which is created where it does not exist",
  since: "1.0.0",
  history: [["2.4.0", "Takes several elements."]],
  run: rpush,
};

export const LPUSHX: CommandDeclaration = {
  ...COMMON,
  name: "lpushx",
  summary: "Adds elements at the head of a list, if it exists",
  since: "2.2.0",
  history: [["4.0.0", "Takes several elements."]],
  run: lpushx,
};

export const RPUSHX: CommandDeclaration = {
  ...COMMON,
  name: "rpushx",
  summary: "Adds elements at the tail of a list, if it exists",
  since: "2.2.0",
  history: [["4.0.0", "Takes several elements."]],
  run: rpushx,
};
