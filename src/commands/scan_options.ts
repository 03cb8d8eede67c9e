/** What SCAN, HSCAN, SSCAN and ZSCAN have in common: cursor, options, and the way of the last three. */

import { ReplyError, SYNTAX_ERROR } from "../base/errors.ts";
import { matchGlob } from "../base/glob.ts";
import { parseScanCursor, requireSafeInteger } from "../base/numbers.ts";
import type { ByteRange, Span } from "../base/span.ts";
import { NOTHING_SCANNED, type ScanStep } from "../data/table_scan.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { integer, key, pattern } from "./arguments.ts";
import type { ArgumentSpec } from "./description.ts";

const INVALID_CURSOR = new ReplyError("ERR invalid cursor");
const DEFAULT_COUNT = 10;
const STAR = 0x2a;

/**
 * The cursor that an argument holds. One beyond what a number holds exactly is rounded: no scan gives such
 * a one, and those that none gave may lead anywhere.
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

/** The arguments of HSCAN, SSCAN and ZSCAN. */
export const ELEMENT_SCAN_ARGUMENTS: readonly ArgumentSpec[] = [
  key(),
  integer("cursor"),
  pattern("pattern", { token: "MATCH", optional: true }),
  integer("count", { token: "COUNT", optional: true }),
];

/** A hash, a set or a sorted set that is scanned; an element has a place in it. */
export interface ScannedElements {
  /** Finds about `count` elements from a cursor on. */
  scan(cursor: number, count: number): ScanStep;
  /** Replies the element at a place where the options let it through; tells whether they do. */
  show(place: number, options: ScanOptions): boolean;
}

/**
 * Answers HSCAN, SSCAN or ZSCAN. `open` is given the key and gives what is there, or null; an element is
 * `parts` replies.
 */
export function replyElementScan(
  reply: ReplyWriter,
  args: Frame,
  parts: number,
  open: (key: ByteRange) => ScannedElements | null,
): void {
  const cursor = requireScanCursor(args.span(2));
  const elements = open(args.span(1));
  // As in Redis, options are not even looked at where there is no such key.
  const options = elements === null ? new ScanOptions() : readScanOptions(args, 3);
  const { next, places } = elements?.scan(cursor, options.count) ?? NOTHING_SCANNED;
  reply.array(2);
  reply.bulkInteger(next);
  const array = reply.deferArray();
  let shown = 0;
  for (const place of places) if (elements?.show(place, options)) shown++;
  reply.setDeferred(array, parts * shown);
}

/** `*` alone lets everything through, also the empty string, which no pattern matches. */
function isStar(pattern: Span): boolean {
  return pattern.length === 1 && pattern.buffer[pattern.start] === STAR;
}
