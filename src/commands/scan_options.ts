/** What SCAN, HSCAN, SSCAN and ZSCAN have in common: the cursor and the options after it. */

import { ReplyError, SYNTAX_ERROR } from "../base/errors.ts";
import { matchGlob } from "../base/glob.ts";
import { parseScanCursor, requireSafeInteger } from "../base/numbers.ts";
import type { ByteRange, Span } from "../base/span.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";

const INVALID_CURSOR = new ReplyError("ERR invalid cursor");
const DEFAULT_COUNT = 10;
const STAR = 0x2a;

/**
 * The cursor that an argument holds. One beyond what a number holds exactly comes out as a large
 * number: no collection has so many elements, so it only has to be larger than their count.
 */
export function requireScanCursor(argument: ByteRange): number {
  const cursor = parseScanCursor(argument.buffer, argument.start, argument.end);
  if (cursor === undefined) throw INVALID_CURSOR;
  return Number(cursor);
}

/** The options of one call; the spans are arguments of the command and live as long as it does. */
export class ScanOptions {
  /** COUNT: about how many elements to visit. */
  count = DEFAULT_COUNT;
  /** MATCH: what to show; null: everything. */
  pattern: Span | null = null;
  /** TYPE: the name of the only type to show, as it was given; null: all types. */
  type: Span | null = null;

  /** Whether MATCH lets an element through. */
  matches(element: ByteRange): boolean {
    return this.pattern === null || matchGlob(this.pattern, element);
  }
}

/** Reads the options that begin at argument `from`. TYPE is one only where `withType` says so. */
export function readScanOptions(args: Frame, from: number, withType = false): ScanOptions {
  const options = new ScanOptions();
  for (let i = from; i < args.argc; i += 2) {
    if (i + 1 === args.argc) throw SYNTAX_ERROR;
    const argument = args.span(i + 1);
    if (args.is(i, "COUNT")) {
      options.count = requireSafeInteger(argument);
      if (options.count < 1) throw SYNTAX_ERROR;
    } else if (args.is(i, "MATCH")) {
      options.pattern = isStar(argument) ? null : argument;
    } else if (withType && args.is(i, "TYPE")) {
      options.type = argument;
    } else {
      throw SYNTAX_ERROR;
    }
  }
  return options;
}

/** Replies what a scan of a key that does not exist replies: the end, and no elements. */
export function replyEmptyScan(reply: ReplyWriter): void {
  reply.array(2);
  reply.bulkInteger(0);
  reply.array(0);
}

/** `*` alone lets everything through, also the empty string, which no pattern matches. */
function isStar(pattern: Span): boolean {
  return pattern.length === 1 && pattern.buffer[pattern.start] === STAR;
}
