/** How many random elements HRANDFIELD and ZRANDMEMBER are to reply. */

import { OUT_OF_RANGE, SYNTAX_ERROR } from "../base/errors.ts";
import { INT64_MAX, requireInteger, requireIntegerBetween } from "../base/numbers.ts";
import type { Frame } from "../resp/frame.ts";

/** Where each element is replied in two parts, Redis must be able to double the count. */
const LARGEST_DOUBLED = INT64_MAX / 2n;

/** What the arguments behind the key ask for. */
export interface RandomCount {
  /** So many different elements; if negative, so many that may repeat. */
  readonly count: number;
  /** Whether the word was given that asks for both parts of each element. */
  readonly withBoth: boolean;
}

/** Reads `count [token]` from argument 2 on. Throws Redis' errors. */
export function readRandomCount(args: Frame, token: string): RandomCount {
  const count = requireIntegerBetween(args.span(2), -INT64_MAX, INT64_MAX);
  const withBoth = args.argc > 3;
  if (args.argc > 4 || withBoth && !args.is(3, token)) throw SYNTAX_ERROR;
  if (withBoth) {
    const exact = requireInteger(args.span(2));
    if (exact > LARGEST_DOUBLED || exact < -LARGEST_DOUBLED) throw OUT_OF_RANGE;
  }
  return { count, withBoth };
}
