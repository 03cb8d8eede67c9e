/**
 * What must not be asked of the reference: calls that end it or never come back, and calls whose answer is
 * a matter of the moment. Each is made a harmless one of its kind.
 */

import { repair } from "../random/hints.ts";

const INT64_MAX = 2n ** 63n - 1n;

/** The integer that an argument is for Redis, or undefined. */
function int64(arg: string | undefined): bigint | undefined {
  if (arg === undefined || !/^(0|-?[1-9]\d{0,18})$/.test(arg)) return undefined;
  const value = BigInt(arg);
  return value >= -INT64_MAX - 1n && value <= INT64_MAX ? value : undefined;
}

/** Makes a call one that both servers must answer alike, and soon. */
export function tame(args: readonly string[]): readonly string[] {
  if (args[0].startsWith("!")) return args;
  const tamed = withoutMoments(repairMembers(args) ?? repair(args));
  return tamed;
}

/** As many elements as a negative count asks for, were it quintillions; what is refused is left as it is. */
function repairMembers(args: readonly string[]): readonly string[] | undefined {
  if (!/^(srandmember|zrandmember|hrandfield)$/i.test(args[0])) return undefined;
  const count = int64(args[2]);
  return count !== undefined && count < -1000n && count >= -INT64_MAX ? args.with(2, "-9") : args;
}

function withoutMoments(args: readonly string[]): readonly string[] {
  const name = args[0].toUpperCase();
  switch (name) {
    case "CLIENT":
      // Which numbers connections have is not the same on both.
      return withFewPrefixes(
        args.map((arg, i) => i > 1 && /^\+?\d{1,5}$/.test(arg.trim()) ? "1000000000" : arg),
      );
    case "XADD":
      // An ID of the server's clock.
      return args.map((arg) => arg === "*" || arg.startsWith("*\0") ? "7-7" : arg);
    case "SORT":
    case "SORT_RO":
      // Of two texts that are the same up to a NUL byte neither sorts first.
      return args.filter((arg) => !/^alpha/i.test(arg));
    case "XCLAIM":
    case "XAUTOCLAIM":
      return isBrief(args[4]) ? args.with(4, "0") : args;
    case "XPENDING":
      return args.map((arg, i) => isBrief(arg) && /^idle/i.test(args[i - 1] ?? "") ? "0" : arg);
    case "RESTORE":
      return isSoon(args[2]) ? args.with(2, "0") : args;
    case "EXPIRE":
    case "PEXPIRE":
    case "SETEX":
    case "PSETEX":
      return isSoon(args[2]) ? args.with(2, "5000000000000") : args;
    case "SET":
    case "GETEX":
      return args.map((arg, i) =>
        /^(ex|px)/i.test(args[i - 1] ?? "") && isSoon(arg) ? "5000000000000" : arg
      );
    default:
      return args;
  }
}

/** Where of three prefixes the last two overlap, redis-server 7.0.15 replies twice: an error, and OK. */
function withFewPrefixes(args: readonly string[]): readonly string[] {
  let seen = 0;
  return args.map((arg) => /^prefix/i.test(arg) && ++seen > 2 ? "BCAST" : arg);
}

/** Whether so many ms of idleness may pass while the run lasts. */
function isBrief(time: string | undefined): boolean {
  const value = int64(time);
  return value !== undefined && value > 0n && value < 7_200_000n;
}

/** Whether a key may be gone for one of the servers and not for the other. */
function isSoon(time: string | undefined): boolean {
  const value = int64(time);
  return value !== undefined && value > 0n && value < 10_000_000n;
}
