/** SADD, SREM. */

import * as set from "../../data/set_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { openSet } from "./access.ts";

function sadd(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const { settings } = context;
  const key = args.span(1), member = args.span(2);
  const row = openSet(db, key);
  const value = db.load(row);
  let added = 0;
  for (let i = 2; i < args.argc; i++) {
    if (set.add(db.store, value, args.spanInto(i, member), settings)) added++;
  }
  reply.integer(added);
  if (added === 0) return;
  db.save(row, value);
  db.changed(key, EventClass.Set, "sadd", added);
}

function srem(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1), member = args.span(2);
  const row = writeTyped(db, key, ValueType.Set);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  let left = set.size(db.store, value), removed = 0;
  for (let i = 2; i < args.argc && left > 0; i++) {
    const place = set.find(db.store, value, args.spanInto(i, member));
    if (place === set.NONE) continue;
    set.remove(db.store, value, place);
    removed++;
    left--;
  }
  reply.integer(removed);
  if (removed === 0) return;
  db.save(row, value);
  if (left === 0) db.remove(row);
  db.changed(key, EventClass.Set, "srem", removed);
  if (left === 0) db.notify(EventClass.Generic, "del", key);
}

export const SADD: CommandDeclaration = {
  name: "sadd",
  summary: "Adds members to a set, which is created where it does not exist",
  since: "1.0.0",
  group: "set",
  complexity: "O(1) for each member given.",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["set"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [key(), string("member", { multiple: true })],
  history: [["2.4.0", "Takes several members."]],
  run: sadd,
};

export const SREM: CommandDeclaration = {
  name: "srem",
  summary: "Removes members from a set, and the key with the last of them",
  since: "1.0.0",
  group: "set",
  complexity: "O(N), N being the number of members given.",
  arity: -3,
  flags: ["write", "fast"],
  categories: ["set"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), string("member", { multiple: true })],
  history: [["2.4.0", "Takes several members."]],
  run: srem,
};
