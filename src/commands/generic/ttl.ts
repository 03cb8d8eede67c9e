/** TTL, PTTL, EXPIRETIME and PEXPIRETIME: when a key expires. */

import { normalizeInteger } from "../../base/numbers.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { NO_EXPIRY } from "../../keyspace/expiry.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NO_KEY = -2;
const NEVER = -1;

/** How a command tells the time. */
interface Answer {
  readonly milliseconds: boolean;
  /** Whether as what is left of it, not since 1970. */
  readonly fromNow: boolean;
}

function tellExpiry(answer: Answer): (context: CommandContext, args: Frame) => void {
  return ({ db, keyspace, reply }, args) => {
    const row = db.lookupUntouched(args.span(1));
    if (row === NO_ROW) {
      reply.integer(NO_KEY);
      return;
    }
    let time = db.exactExpiryOf(row);
    if (time === NO_EXPIRY) {
      reply.integer(NEVER);
      return;
    }
    if (answer.fromNow) time = timeLeft(time, keyspace.now);
    reply.integer(answer.milliseconds ? time : toSeconds(time));
  };
}

function timeLeft(time: number | bigint, now: number): number | bigint {
  if (typeof time === "bigint") return normalizeInteger(time - BigInt(now));
  return Math.max(0, time - now);
}

/** Milliseconds as seconds, rounded to the nearest. */
function toSeconds(time: number | bigint): number | bigint {
  if (typeof time === "bigint") return normalizeInteger((time + 500n) / 1000n);
  return Math.floor((time + 500) / 1000);
}

/** What the four commands have in common. */
function declare(
  name: string,
  summary: string,
  since: string,
  answer: Answer,
): CommandDeclaration {
  return {
    name,
    summary,
    since,
    group: "generic",
    complexity: "O(1)",
    arity: 2,
    flags: ["readonly", "fast"],
    traits: ["quick"],
    categories: ["keyspace"],
    // What is left to live is another number each time; when the key expires is not.
    ...(answer.fromNow ? { tips: ["nondeterministic_output"] } : {}),
    keys: [keyAt(1, ["RO", "access"])],
    arguments: [key()],
    ...(answer.fromNow ? { history: [["2.8.0", "Replies -2 where there is no such key."]] } : {}),
    run: tellExpiry(answer),
  };
}

export const TTL: CommandDeclaration = declare(
  "ttl",
  "Tells how many seconds a key has to live",
  "1.0.0",
  { milliseconds: false, fromNow: true },
);

export const PTTL: CommandDeclaration = declare(
  "pttl",
  "Tells how many milliseconds a key has to live",
  "2.6.0",
  { milliseconds: true, fromNow: true },
);

export const EXPIRETIME: CommandDeclaration = declare(
  "expiretime",
  "Tells the Unix time at which a key expires, in seconds",
  "7.0.0",
  { milliseconds: false, fromNow: false },
);

export const PEXPIRETIME: CommandDeclaration = declare(
  "pexpiretime",
  "Tells the Unix time at which a key expires, in milliseconds",
  "7.0.0",
  { milliseconds: true, fromNow: false },
);
