/** Commands that set one key as a whole. */

import type { CallKeys } from "../../access/call_keys.ts";
import { keyFlagBits } from "../../access/key_flags.ts";
import type { ByteRange } from "../../base/span.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, oneOf, string, token, unixTime } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";
import type { PropagatedArgument } from "../views/propagation.ts";
import { Option, parseOptions, requireExpiry, SET_OPTIONS, type StringOptions } from "./options.ts";
import { replyText, setText } from "./text.ts";

function set(context: CommandContext, args: Frame): void {
  if (args.argc > 3) {
    setWithOptions(context, args, parseOptions(args, 3, SET_OPTIONS));
    return;
  }
  const name = args.span(1);
  setText(context, context.db.lookupWrite(name), name, args.span(2));
  context.reply.ok();
}

const SET_ONLY = keyFlagBits(["OW", "update"]);
const READ_AND_SET = keyFlagBits(["RW", "access", "update"]);

/** The key, which is read only where GET stands among the options. */
function findSetKey(args: Frame, keys: CallKeys): void {
  let reads = false;
  for (let i = 3; i < args.argc; i++) reads ||= args.is(i, "GET");
  keys.addOne(1, reads ? READ_AND_SET : SET_ONLY);
}

export const SET: CommandDeclaration = {
  name: "set",
  summary:
    "Sets a key to a string, whatever it held, with conditions and a time to live if asked for",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: -3,
  flags: ["write", "denyoom"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update", "variable_flags"], "`GET` also reads the key")],
  findKeys: findSetKey,
  arguments: [
    key(),
    string("value"),
    oneOf("condition", [token("NX"), token("XX")], { since: "2.6.12", optional: true }),
    token("GET", { since: "6.2.0", optional: true }),
    oneOf("expiration", [
      integer("seconds", { token: "EX", since: "2.6.12" }),
      integer("milliseconds", { token: "PX", since: "2.6.12" }),
      unixTime("unix-time-seconds", { token: "EXAT", since: "6.2.0" }),
      unixTime("unix-time-milliseconds", { token: "PXAT", since: "6.2.0" }),
      token("KEEPTTL", { since: "6.0.0" }),
    ], { optional: true }),
  ],
  history: [["2.6.12", "Options `EX`, `PX`, `NX` and `XX`."], ["6.0.0", "Option `KEEPTTL`."], [
    "6.2.0",
    "Options `GET`, `EXAT` and `PXAT`.",
  ], ["7.0.0", "`NX` and `GET` may stand together."]],
  run: set,
};

function setWithOptions(context: CommandContext, args: Frame, options: StringOptions): void {
  const { db, reply } = context;
  const { given, timeAt } = options;
  const name = args.span(1), value = args.span(2);
  const expiry = timeAt === 0 ? null : requireExpiry(context, args.span(timeAt), given);
  const repliesOld = (given & Option.Get) !== 0;
  if (repliesOld) replyText(context, readTyped(db, name, ValueType.String));
  // With GET, as in Redis, that is a second use of the key.
  const row = db.lookupWrite(name);
  const refusal = row === NO_ROW ? Option.Xx : Option.Nx;
  if ((given & refusal) !== 0) {
    if (!repliesOld) reply.null();
    return;
  }
  if (expiry !== null) setExpiring(context, row, name, value, expiry);
  else setText(context, row, name, value, (given & Option.KeepTtl) !== 0);
  if (!repliesOld) reply.ok();
  else if (expiry === null) context.propagation.replace(...withoutGet(args));
}

/** Replicas and files need no reply. */
function withoutGet(args: Frame): PropagatedArgument[] {
  const kept: PropagatedArgument[] = [];
  for (let i = 0; i < args.argc; i++) {
    if (i < 3 || !args.is(i, "GET")) kept.push(args.span(i));
  }
  return kept;
}

/** Sets a key with the time, in ms since the epoch, at which it expires. */
function setExpiring(
  context: CommandContext,
  row: number,
  name: ByteRange,
  value: ByteRange,
  expiry: number | bigint,
): void {
  const { db } = context;
  row = setText(context, row, name, value, true);
  db.setExpiry(row, expiry);
  db.notify(EventClass.Generic, "expire", name);
  context.propagation.replace("SET", name, value, "PXAT", expiry);
}

function setEx(context: CommandContext, args: Frame): void {
  setFor(context, args, Option.Ex);
}

export const SETEX: CommandDeclaration = {
  name: "setex",
  summary: "Sets a key to a string that expires after so many seconds",
  since: "2.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["OW", "update"])],
  arguments: [key(), integer("seconds"), string("value")],
  run: setEx,
};

function pSetEx(context: CommandContext, args: Frame): void {
  setFor(context, args, Option.Px);
}

export const PSETEX: CommandDeclaration = {
  name: "psetex",
  summary: "Sets a key to a string that expires after so many milliseconds",
  since: "2.6.0",
  group: "string",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["OW", "update"])],
  arguments: [key(), integer("milliseconds"), string("value")],
  run: pSetEx,
};

function setFor(context: CommandContext, args: Frame, unit: number): void {
  const name = args.span(1);
  const expiry = requireExpiry(context, args.span(2), unit);
  setExpiring(context, context.db.lookupWrite(name), name, args.span(3), expiry);
  context.reply.ok();
}

function setNx(context: CommandContext, args: Frame): void {
  const name = args.span(1);
  const row = context.db.lookupWrite(name);
  if (row === NO_ROW) setText(context, row, name, args.span(2));
  context.reply.integer(row === NO_ROW ? 1 : 0);
}

export const SETNX: CommandDeclaration = {
  name: "setnx",
  summary: "Sets a key to a string if the key does not exist",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["OW", "insert"])],
  arguments: [key(), string("value")],
  run: setNx,
};

function getSet(context: CommandContext, args: Frame): void {
  const name = args.span(1), value = args.span(2);
  replyText(context, readTyped(context.db, name, ValueType.String));
  setText(context, context.db.lookupWrite(name), name, value);
  context.propagation.replace("SET", name, value);
}

export const GETSET: CommandDeclaration = {
  name: "getset",
  summary: "Sets a key to a string and replies the string it held",
  since: "1.0.0",
  group: "string",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["string"],
  keys: [keyAt(1, ["RW", "access", "update"])],
  arguments: [key(), string("value")],
  deprecated: { since: "6.2.0", replacedBy: "`SET` with the `!GET` argument" },
  run: getSet,
};
