/** How long commands wait that can. */

import { ReplyError } from "../base/errors.ts";
import { multiplyLongDouble, parseLongDouble } from "../base/long_double.ts";
import { INT64_MAX, requireSafeInteger } from "../base/numbers.ts";
import type { ByteRange } from "../base/span.ts";

const NO_SECONDS = new ReplyError("ERR timeout is not a float or out of range");
const NO_MILLISECONDS = new ReplyError("ERR timeout is not an integer or out of range");
const NEGATIVE_TIMEOUT = new ReplyError("ERR timeout is negative");

/**
 * A timeout that is given in seconds, in whole ms; 0: for ever. Fractions of a ms are rounded up, so
 * that no time at all is told from for ever. Throws Redis' errors.
 */
export function requireSeconds(argument: ByteRange): number {
  const seconds = parseLongDouble(argument.buffer, argument.start, argument.end);
  if (seconds === undefined) throw NO_SECONDS;
  const { infinite, mantissa, exponent } = multiplyLongDouble(seconds, 1000n);
  // What does not fit into an int64 comes out negative in Redis.
  if (infinite) throw NEGATIVE_TIMEOUT;
  const milliseconds = exponent >= 0
    ? mantissa << BigInt(exponent)
    // A shift rounds down, also below 0.
    : -(-mantissa >> BigInt(-exponent));
  if (milliseconds < 0n || milliseconds > INT64_MAX) throw NEGATIVE_TIMEOUT;
  return Number(milliseconds);
}

/** A timeout that is given in ms; 0: for ever. Throws Redis' errors. */
export function requireMilliseconds(argument: ByteRange): number {
  const milliseconds = requireSafeInteger(argument, NO_MILLISECONDS);
  if (milliseconds < 0) throw NEGATIVE_TIMEOUT;
  return milliseconds;
}
