/** Commands that read one key as a whole, and what some of them do to it besides. */

import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, oneOf, token, unixTime } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";
import { GETEX_OPTIONS, Option, parseOptions, requireExpiry } from "./options.ts";
import { replyText } from "./text.ts";

function get(context: CommandContext, args: Frame): void {
  replyText(context, readTyped(context.db, args.span(1), ValueType.String));
}

export const GET: CommandDeclaration = {
  name: "get",
  summary: "Replies the string that a key holds",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: get,
};

function getDel(context: CommandContext, args: Frame): void {
  const name = args.span(1);
  const row = readTyped(context.db, name, ValueType.String);
  replyText(context, row);
  if (row !== NO_ROW) removeAs(context, row, args, "DEL");
}

export const GETDEL: CommandDeclaration = {
  name: "getdel",
  summary: "Replies the string that a key holds and removes the key",
  since: "6.2.0",
  group: "string",
  complexity: "O(1)",
  arity: 2,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "delete"])],
  arguments: [key()],
  run: getDel,
};

function getEx(context: CommandContext, args: Frame): void {
  const { db, propagation, settings } = context;
  const { given, timeAt } = parseOptions(args, 2, GETEX_OPTIONS);
  const name = args.span(1);
  const row = readTyped(db, name, ValueType.String);
  const expiry = row === NO_ROW || timeAt === 0
    ? null
    : requireExpiry(context, args.span(timeAt), given);
  replyText(context, row);
  if (row === NO_ROW) return;

  if ((given & Option.Persist) !== 0) {
    if (!db.persist(row)) return;
    propagation.replace("PERSIST", name);
    db.changed(name, EventClass.Generic, "persist");
  } else if (expiry !== null) {
    if ((given & (Option.ExAt | Option.PxAt)) !== 0 && isPast(context, expiry)) {
      const lazy = settings["lazyfree-lazy-expire"];
      removeAs(context, row, args, lazy ? "UNLINK" : "DEL");
      return;
    }
    db.setExpiry(row, expiry);
    propagation.replace("PEXPIREAT", name, expiry);
    db.changed(name, EventClass.Generic, "expire");
  }
}

export const GETEX: CommandDeclaration = {
  name: "getex",
  summary: "Replies the string that a key holds and changes the time to live of the key",
  since: "6.2.0",
  group: "string",
  complexity: "O(1)",
  arity: -2,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"], "it changes the time to live")],
  arguments: [
    key(),
    oneOf("expiration", [
      integer("seconds", { token: "EX" }),
      integer("milliseconds", { token: "PX" }),
      unixTime("unix-time-seconds", { token: "EXAT" }),
      unixTime("unix-time-milliseconds", { token: "PXAT" }),
      token("PERSIST"),
    ], { optional: true }),
  ],
  run: getEx,
};

/** Whether a key with this expiry is to be removed at once; a file or a primary says so itself. */
function isPast(context: CommandContext, expiry: number | bigint): boolean {
  const { keyspace } = context;
  return expiry <= keyspace.now && keyspace.removesExpired;
}

/** Removes the key in argument 1, which is propagated as `command` says. */
function removeAs(context: CommandContext, row: number, args: Frame, command: string): void {
  const { db, propagation } = context;
  const name = args.span(1);
  db.remove(row);
  propagation.replace(command, name);
  db.changed(name, EventClass.Generic, "del");
}
