/** OBJECT: how a value is kept. */

import { ReplyError } from "../../base/errors.ts";
import { parseInteger } from "../../base/numbers.ts";
import { Span } from "../../base/span.ts";
import { Encoding, ENCODING_NAMES } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";

const POLICY_NOTE =
  "Please note that when switching between policies at runtime LRU and LFU data will take some " +
  "time to adjust.";
const NO_IDLE_TIME = new ReplyError(
  `ERR An LFU maxmemory policy is selected, idle time not tracked. ${POLICY_NOTE}`,
);
const NO_FREQUENCY = new ReplyError(
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${POLICY_NOTE}`,
);

/** What Redis answers for one of its integers that all keys share. */
const SHARED = 2147483647;
/** Redis shares the integers from 0 to below this. */
const SHARED_INTEGERS = 10000;
/** Policies that sample when each key was used do not go with sharing. */
const SAMPLES_USE = /lru|lfu/;

/** The row of the key that a sub-command asks about, or `NO_ROW` after having replied null. */
function lookupObject({ db, reply }: CommandContext, args: Frame): number {
  const row = db.peekCounted(args.span(2));
  if (row === NO_ROW) reply.null();
  return row;
}

function encoding(context: CommandContext, args: Frame): void {
  const row = lookupObject(context, args);
  if (row === NO_ROW) return;
  context.reply.bulkString(ENCODING_NAMES[context.db.encodingOf(row)]);
}

function frequency(context: CommandContext, args: Frame): void {
  const row = lookupObject(context, args);
  if (row === NO_ROW) return;
  const { accessClock } = context.keyspace;
  if (!accessClock.lfu) throw NO_FREQUENCY;
  context.reply.integer(accessClock.frequency(context.db.accessOf(row)));
}

function idleTime(context: CommandContext, args: Frame): void {
  const row = lookupObject(context, args);
  if (row === NO_ROW) return;
  const { accessClock } = context.keyspace;
  if (accessClock.lfu) throw NO_IDLE_TIME;
  context.reply.integer(accessClock.idleSeconds(context.db.accessOf(row)));
}

function referenceCount(context: CommandContext, args: Frame): void {
  const row = lookupObject(context, args);
  if (row === NO_ROW) return;
  context.reply.integer(isShared(context, row) ? SHARED : 1);
}

/** Whether Redis would keep the value as one of its shared integers; here nothing is shared. */
export function isShared({ db, settings }: CommandContext, row: number): boolean {
  if (db.encodingOf(row) !== Encoding.Int || db.isCopy(row)) return false;
  const { maxmemory, "maxmemory-policy": policy } = settings;
  if (maxmemory > 0 && SAMPLES_USE.test(policy)) return false;
  const { buffer, start, end } = db.bytesOf(row, new Span());
  const value = parseInteger(buffer, start, end);
  return value !== undefined && value >= 0 && value < SHARED_INTEGERS;
}

const COMMON = {
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly"],
  traits: ["quick"],
  categories: ["keyspace"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(2, ["RO"])],
  arguments: [key()],
} as const;

export const OBJECT: CommandDeclaration = {
  name: "object",
  summary: "Tells how the value of a key is kept",
  since: "2.2.3",
  group: "generic",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "encoding",
      summary: "Tells how the value is laid out in memory",
      since: "2.2.3",
      run: encoding,
    },
    {
      ...COMMON,
      name: "freq",
      summary: "Tells how often the key is used, as a logarithm; needs an LFU policy",
      since: "4.0.0",
      run: frequency,
    },
    {
      ...COMMON,
      name: "idletime",
      summary: "Tells for how many seconds the key was not used; needs a policy other than LFU",
      since: "2.2.3",
      run: idleTime,
    },
    {
      ...COMMON,
      name: "refcount",
      summary: "Tells how many references there are to the value",
      since: "2.2.3",
      run: referenceCount,
    },
    helpSubcommand({ group: "generic", categories: ["keyspace"], since: "6.2.0" }),
  ],
};
