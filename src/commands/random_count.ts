/** How many random elements HRANDFIELD, SRANDMEMBER and ZRANDMEMBER are to reply. */

import { OUT_OF_RANGE, OutOfMemory, SYNTAX_ERROR } from "../base/errors.ts";
import { INT64_MAX, requireInteger, requireIntegerBetween } from "../base/numbers.ts";
import { exceedsMemory } from "../observe/process.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandContext } from "./context.ts";

/** Where each element is replied in two parts, Redis must be able to double the count. */
const LARGEST_DOUBLED = INT64_MAX / 2n;
/** No reply has more elements; twice as many is an exact number, too. */
const MOST = 2 ** 51;
/** The shortest element's reply, `$0` and two line breaks, in bytes. */
const SHORTEST = 6;
/** After so many elements it is asked whether anybody wants more. */
const PART = 1024;

/** What the arguments behind the key ask for. */
export interface RandomCount {
  /** So many different elements; if negative, so many that may repeat. */
  readonly count: number;
  /** Whether the word was given that asks for both parts of each element. */
  readonly withBoth: boolean;
}

/** Reads `count [token]` from argument 2 on. Throws Redis' errors. */
export function readRandomCount(args: Frame, token: string): RandomCount {
  const wanted = requireIntegerBetween(args.span(2), -INT64_MAX, INT64_MAX);
  const count = Math.max(-MOST, Math.min(wanted, MOST));
  const withBoth = args.argc > 3;
  if (args.argc > 4 || withBoth && !args.is(3, token)) throw SYNTAX_ERROR;
  if (withBoth) {
    const exact = requireInteger(args.span(2));
    if (exact > LARGEST_DOUBLED || exact < -LARGEST_DOUBLED) throw OUT_OF_RANGE;
  }
  return { count, withBoth };
}

/**
 * Throws where no memory holds a reply of so many elements, in which Redis would go under, and no limit ends
 * it before. To be asked before the reply begins.
 */
export function requireRoom({ client }: CommandContext, count: number): void {
  if (count <= PART || client.outputLimit > 0) return;
  if (exceedsMemory(count * SHORTEST)) {
    throw new OutOfMemory(`OOM there is no memory for a reply of ${count} elements`);
  }
}

/** Calls `replyOne` for each of `count` elements; fewer times where nobody will hear of the others. */
export function repeatReply(
  { client }: CommandContext,
  count: number,
  replyOne: () => void,
): void {
  for (let left = count; left > 0; left -= PART) {
    for (let i = Math.min(left, PART); i > 0; i--) replyOne();
    if (left > PART && !client.takesMore()) return;
  }
}
