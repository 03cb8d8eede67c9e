/** How long BLPOP and its like wait. */

import { ReplyError } from "../base/errors.ts";
import { parseLongDouble } from "../base/long_double.ts";
import { INT64_MAX } from "../base/numbers.ts";
import type { ByteRange } from "../base/span.ts";

const NOT_A_TIMEOUT = new ReplyError("ERR timeout is not a float or out of range");
const NEGATIVE_TIMEOUT = new ReplyError("ERR timeout is negative");

/**
 * A timeout that is given in seconds, in whole ms; 0: for ever. Fractions of a ms are rounded up, so
 * that no time at all is told from for ever. Throws Redis' errors.
 */
export function requireSeconds(argument: ByteRange): number {
  const seconds = parseLongDouble(argument.buffer, argument.start, argument.end);
  if (seconds === undefined) throw NOT_A_TIMEOUT;
  // What does not fit into an int64 comes out negative in Redis.
  if (seconds.infinite) throw NEGATIVE_TIMEOUT;
  const milliseconds = roundUp(seconds.mantissa * 1000n, seconds.exponent);
  if (milliseconds < 0n || milliseconds > INT64_MAX) throw NEGATIVE_TIMEOUT;
  return Number(milliseconds);
}

/** mantissa × 2^exponent, rounded up. */
function roundUp(mantissa: bigint, exponent: number): bigint {
  if (exponent >= 0) return mantissa << BigInt(exponent);
  // A shift rounds down, also below 0.
  return -(-mantissa >> BigInt(-exponent));
}
