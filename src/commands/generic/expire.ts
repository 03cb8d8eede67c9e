/** EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT and PERSIST. */

import { ReplyError } from "../../base/errors.ts";
import {
  addChecked,
  INT64_MAX,
  INT64_MIN,
  normalizeInteger,
  requireInteger,
} from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { NO_EXPIRY } from "../../keyspace/expiry.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, oneOf, token, unixTime } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ArgumentSpec } from "../description.ts";
import type { PropagatedArgument } from "../views/propagation.ts";

/** On what the command depends, as bits. */
const Condition = { Nx: 1 << 0, Xx: 1 << 1, Gt: 1 << 2, Lt: 1 << 3 } as const;

const NX_AND_OTHERS = new ReplyError(
  "ERR NX and XX, GT or LT options at the same time are not compatible",
);
const GT_AND_LT = new ReplyError("ERR GT and LT options at the same time are not compatible");

const FIRST_OPTION = 3;
const MS_PER_SECOND = 1000;

/** How a command's number is to be read. */
interface TimeKind {
  readonly milliseconds: boolean;
  /** Whether it counts from now, not from 1970. */
  readonly fromNow: boolean;
}

function expireAs(kind: TimeKind): (context: CommandContext, args: Frame) => void {
  return (context, args) => {
    const conditions = args.argc > FIRST_OPTION ? readConditions(args) : 0;
    const time = requireTime(context, args.span(2), kind);
    context.reply.integer(setExpiry(context, args, kind, conditions, time) ? 1 : 0);
  };
}

/** Does it, unless the key is missing or the conditions do not hold; says whether it did. */
function setExpiry(
  context: CommandContext,
  args: Frame,
  kind: TimeKind,
  conditions: number,
  time: number | bigint,
): boolean {
  const { db, keyspace, propagation, settings } = context;
  const name = args.span(1);
  const row = db.lookupWrite(name);
  if (row === NO_ROW || !isWanted(conditions, db.exactExpiryOf(row), time)) return false;

  // A file that is replayed, and a primary, say by themselves which keys are gone.
  if (time <= keyspace.now && keyspace.removesExpired) {
    const lazy = settings["lazyfree-lazy-expire"];
    db.remove(row, "expiry");
    propagation.replace(lazy ? "UNLINK" : "DEL", name);
    db.changed(name, EventClass.Generic, "del");
    return true;
  }
  db.setExpiry(row, time < 0 ? 0 : time);
  if (kind.fromNow || !kind.milliseconds) {
    const command: PropagatedArgument[] = ["PEXPIREAT", name, time];
    for (let i = FIRST_OPTION; i < args.argc; i++) command.push(args.span(i));
    propagation.replace(...command);
  }
  db.changed(name, EventClass.Generic, "expire");
  return true;
}

function readConditions(args: Frame): number {
  let given = 0;
  for (let i = FIRST_OPTION; i < args.argc; i++) {
    if (args.is(i, "NX")) given |= Condition.Nx;
    else if (args.is(i, "XX")) given |= Condition.Xx;
    else if (args.is(i, "GT")) given |= Condition.Gt;
    else if (args.is(i, "LT")) given |= Condition.Lt;
    else throw new ReplyError(`ERR Unsupported option ${args.shownText(i)}`);
  }
  if ((given & Condition.Nx) !== 0 && given !== Condition.Nx) throw NX_AND_OTHERS;
  if ((given & Condition.Gt) !== 0 && (given & Condition.Lt) !== 0) throw GT_AND_LT;
  return given;
}

/** Whether the conditions let `time` take the place of `current`. To live for ever is the longest. */
function isWanted(conditions: number, current: number | bigint, time: number | bigint): boolean {
  const expires = current !== NO_EXPIRY;
  if ((conditions & Condition.Nx) !== 0) return !expires;
  if ((conditions & Condition.Xx) !== 0 && !expires) return false;
  if ((conditions & Condition.Gt) !== 0) return expires && time > current;
  if ((conditions & Condition.Lt) !== 0) return !expires || time < current;
  return true;
}

/** The time that an argument names, in ms since the epoch. Throws where an int64 cannot hold it. */
function requireTime(
  context: CommandContext,
  argument: ByteRange,
  kind: TimeKind,
): number | bigint {
  let time: number | bigint | null = requireInteger(argument);
  if (!kind.milliseconds) time = inMilliseconds(time);
  if (time !== null && kind.fromNow) time = addChecked(time, context.keyspace.now);
  if (time === null) {
    throw new ReplyError(`ERR invalid expire time in '${context.command.fullName}' command`);
  }
  return time;
}

function inMilliseconds(seconds: number | bigint): number | bigint | null {
  const product = BigInt(seconds) * BigInt(MS_PER_SECOND);
  return product > INT64_MAX || product < INT64_MIN ? null : normalizeInteger(product);
}

/** What the four commands have in common. */
function declare(
  name: string,
  summary: string,
  since: string,
  time: ArgumentSpec,
  kind: TimeKind,
): CommandDeclaration {
  return {
    name,
    summary,
    since,
    group: "generic",
    complexity: "O(1)",
    arity: -3,
    flags: ["write", "fast"],
    traits: ["quick"],
    categories: ["keyspace"],
    keys: [keyAt(1, ["RW", "update"])],
    arguments: [
      key(),
      time,
      oneOf("condition", [token("NX"), token("XX"), token("GT"), token("LT")], {
        since: "7.0.0",
        optional: true,
      }),
    ],
    history: [["7.0.0", "`NX`, `XX`, `GT` and `LT` make it depend on the time to live so far."]],
    run: expireAs(kind),
  };
}

export const EXPIRE: CommandDeclaration = declare(
  "expire",
  "Gives a key so many seconds to live",
  "1.0.0",
  integer("seconds"),
  { milliseconds: false, fromNow: true },
);

export const PEXPIRE: CommandDeclaration = declare(
  "pexpire",
  "Gives a key so many milliseconds to live",
  "2.6.0",
  integer("milliseconds"),
  { milliseconds: true, fromNow: true },
);

export const EXPIREAT: CommandDeclaration = declare(
  "expireat",
  "Makes a key expire at a Unix time, in seconds",
  "1.2.0",
  unixTime("unix-time-seconds"),
  { milliseconds: false, fromNow: false },
);

export const PEXPIREAT: CommandDeclaration = declare(
  "pexpireat",
  "Makes a key expire at a Unix time, in milliseconds",
  "2.6.0",
  unixTime("unix-time-milliseconds"),
  { milliseconds: true, fromNow: false },
);

function persist({ db, reply }: CommandContext, args: Frame): void {
  const name = args.span(1);
  const row = db.lookupWrite(name);
  if (row === NO_ROW || !db.persist(row)) {
    reply.integer(0);
    return;
  }
  db.changed(name, EventClass.Generic, "persist");
  reply.integer(1);
}

export const PERSIST: CommandDeclaration = {
  name: "persist",
  summary: "Makes a key that would expire live for ever",
  since: "2.2.0",
  group: "generic",
  complexity: "O(1)",
  arity: 2,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [key()],
  run: persist,
};
