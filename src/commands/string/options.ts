/** The options that SET and GETEX share, and the times to live that they and SETEX and PSETEX give. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { addChecked, INT64_MAX, requireInteger } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext } from "../context.ts";

/** The options as bits of `StringOptions.given`. */
export const Option = {
  Nx: 1 << 0,
  Xx: 1 << 1,
  Get: 1 << 2,
  KeepTtl: 1 << 3,
  Persist: 1 << 4,
  Ex: 1 << 5,
  Px: 1 << 6,
  ExAt: 1 << 7,
  PxAt: 1 << 8,
} as const;

const IN_SECONDS = Option.Ex | Option.ExAt;
const FROM_NOW = Option.Ex | Option.Px;
/** Options that give a time to live: a number follows. */
const TIMES = IN_SECONDS | FROM_NOW | Option.PxAt;
const TTL_OPTIONS = TIMES | Option.KeepTtl | Option.Persist;

/** The options that SET has. */
export const SET_OPTIONS = Option.Nx | Option.Xx | Option.Get | Option.KeepTtl | TIMES;
/** The options that GETEX has. */
export const GETEX_OPTIONS = Option.Persist | TIMES;

/** The longest time in seconds that is an int64 in milliseconds. */
const LONGEST_SECONDS = INT64_MAX / 1000n;

interface OptionRow {
  readonly token: string;
  readonly bit: number;
  /** Those of which it can be only one; that the same one comes again does no harm. */
  readonly alternatives: number;
}

const OPTIONS: readonly OptionRow[] = [
  { token: "EX", bit: Option.Ex, alternatives: TTL_OPTIONS },
  { token: "PX", bit: Option.Px, alternatives: TTL_OPTIONS },
  { token: "NX", bit: Option.Nx, alternatives: Option.Nx | Option.Xx },
  { token: "XX", bit: Option.Xx, alternatives: Option.Nx | Option.Xx },
  { token: "GET", bit: Option.Get, alternatives: Option.Get },
  { token: "KEEPTTL", bit: Option.KeepTtl, alternatives: TTL_OPTIONS },
  { token: "PERSIST", bit: Option.Persist, alternatives: TTL_OPTIONS },
  { token: "EXAT", bit: Option.ExAt, alternatives: TTL_OPTIONS },
  { token: "PXAT", bit: Option.PxAt, alternatives: TTL_OPTIONS },
];

/** What was asked for. */
export interface StringOptions {
  /** `Option` bits. */
  readonly given: number;
  /** The position of the argument with the time to live; 0: none. */
  readonly timeAt: number;
}

/** Reads the options from argument `first` on. Throws `ERR syntax error` for what is not `allowed`. */
export function parseOptions(args: Frame, first: number, allowed: number): StringOptions {
  let given = 0, timeAt = 0;
  for (let i = first; i < args.argc; i++) {
    const option = findOption(args, i);
    if (option === undefined || (option.bit & allowed) === 0) throw SYNTAX_ERROR;
    if ((given & option.alternatives & ~option.bit) !== 0) throw SYNTAX_ERROR;
    given |= option.bit;
    if ((option.bit & TIMES) !== 0) {
      timeAt = ++i;
      if (timeAt === args.argc) throw SYNTAX_ERROR;
    }
  }
  return { given, timeAt };
}

function findOption(args: Frame, i: number): OptionRow | undefined {
  for (const option of OPTIONS) {
    if (args.is(i, option.token)) return option;
  }
  return undefined;
}

/**
 * When a key expires whose time to live is `argument`, in ms since the epoch; `options` says with which
 * of EX, PX, EXAT and PXAT it was given. Throws for what is no integer, not positive or past an int64.
 */
export function requireExpiry(
  context: CommandContext,
  argument: ByteRange,
  options: number,
): number | bigint {
  const time = requireInteger(argument);
  if (time <= 0) throw invalidExpiry(context);
  let expiry: number | bigint | null = time;
  if ((options & IN_SECONDS) !== 0) {
    if (time > LONGEST_SECONDS) throw invalidExpiry(context);
    const milliseconds = Number(time) * 1000;
    // Past 2^53 a number is no longer exact.
    expiry = Number.isSafeInteger(milliseconds) ? milliseconds : BigInt(time) * 1000n;
  }
  if ((options & FROM_NOW) !== 0) expiry = addChecked(expiry, context.keyspace.now);
  if (expiry === null) throw invalidExpiry(context);
  return expiry;
}

function invalidExpiry(context: CommandContext): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${context.command.fullName}' command`);
}
