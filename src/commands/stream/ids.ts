/** Stream IDs as arguments and in replies. */

import { ReplyError } from "../../base/errors.ts";
import { parseUnsigned64 } from "../../base/numbers.ts";
import { type ByteRange, byteString, Span } from "../../base/span.ts";
import {
  ID_TEXT_MAX,
  idAfter,
  idBefore,
  makeId,
  MAX_ID,
  MIN_ID,
  type StreamId,
  type Unsigned64,
  UNSIGNED_MAX,
  writeIdText,
} from "../../data/stream_id.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";

const INVALID_ID = new ReplyError(
  "ERR Invalid stream ID specified as stream command argument",
);
const INVALID_START = new ReplyError("ERR invalid start ID for the interval");
const INVALID_END = new ReplyError("ERR invalid end ID for the interval");

/** Redis reads no longer IDs, in bytes. */
const LONGEST_ID = 127;
const MINUS = 0x2d;
const PLUS = 0x2b;
const STAR = 0x2a;
const PARENTHESIS = 0x28;

/** Scratch space for an ID as text, which means nothing outside of a call. */
const TEXT = new Uint8Array(ID_TEXT_MAX);

/** The ID of an argument as XADD takes it: `seq` is null where it is to be chosen. */
export interface NewId {
  readonly ms: Unsigned64;
  readonly seq: Unsigned64 | null;
}

/** Where the argument ends for Redis, which takes a NUL byte for the end. */
function textEnd({ buffer, start, end }: ByteRange): number {
  for (let at = start; at < end; at++) if (buffer[at] === 0) return at;
  return end;
}

/** An argument as error texts show it. */
export function shown(argument: ByteRange): string {
  return byteString(argument.buffer, argument.start, textEnd(argument));
}

/** Whether the argument is this one character, as Redis compares such ones: up to a NUL byte. */
export function isCharacter(argument: ByteRange, character: string): boolean {
  const { buffer, start, end } = argument;
  if (start === end || buffer[start] !== character.charCodeAt(0)) return false;
  return end === start + 1 || buffer[start + 1] === 0;
}

function isBoundary(argument: ByteRange): boolean {
  return isCharacter(argument, "-") || isCharacter(argument, "+");
}

/**
 * `ms-seq`, or `ms` alone with `missing` for its seq. With `mayChoose` seq can be `*`, which gives null.
 * Undefined where it is none.
 */
function parse(argument: ByteRange, missing: Unsigned64, mayChoose: boolean): NewId | undefined {
  const { buffer, start } = argument;
  if (argument.end - start > LONGEST_ID) return undefined;
  const end = textEnd(argument);
  let dash = start;
  while (dash < end && buffer[dash] !== MINUS) dash++;
  const ms = parseUnsigned64(buffer, start, dash);
  if (ms === undefined) return undefined;
  if (dash === end) return { ms, seq: missing };
  if (mayChoose && end === dash + 2 && buffer[dash + 1] === STAR) return { ms, seq: null };
  const seq = parseUnsigned64(buffer, dash + 1, end);
  return seq === undefined ? undefined : { ms, seq };
}

/** An ID, or undefined; `missing` is the seq of one that is a ms alone. */
export function parseId(argument: ByteRange, missing: Unsigned64 = 0): StreamId | undefined {
  const id = parse(argument, missing, false);
  return id === undefined || id.seq === null ? undefined : makeId(id.ms, id.seq);
}

/** An ID; `missing` is the seq of one that is a ms alone. Throws Redis' error. */
export function requireId(argument: ByteRange, missing: Unsigned64 = 0): StreamId {
  const id = parseId(argument, missing);
  if (id === undefined) throw INVALID_ID;
  return id;
}

/** As `requireId`; `-` and `+` are the smallest and the greatest ID. */
export function requireIdOrBoundary(argument: ByteRange, missing: Unsigned64 = 0): StreamId {
  if (!isBoundary(argument)) return requireId(argument, missing);
  return argument.buffer[argument.start] === PLUS ? MAX_ID : MIN_ID;
}

/** The ID that an entry is to have, other than `*`. Throws Redis' error. */
export function requireNewId(argument: ByteRange): NewId {
  const id = parse(argument, 0, true);
  if (id === undefined) throw INVALID_ID;
  return id;
}

/** The IDs `[first, end)` of a call. Throws Redis' error. */
export function requireIds(args: Frame, first: number, end: number): StreamId[] {
  const span = new Span();
  const ids: StreamId[] = [];
  for (let i = first; i < end; i++) ids.push(requireId(args.spanInto(i, span)));
  return ids;
}

/** The first ID of a range: `-`, an ID, or `(` and the ID before it. */
export function requireStart(argument: ByteRange): StreamId {
  const exclusive = exclusiveId(argument, 0);
  if (exclusive === undefined) return requireIdOrBoundary(argument, 0);
  const id = idAfter(exclusive);
  if (id === null) throw INVALID_START;
  return id;
}

/** The last ID of a range: `+`, an ID, or `(` and the ID behind it. */
export function requireEnd(argument: ByteRange): StreamId {
  const exclusive = exclusiveId(argument, UNSIGNED_MAX);
  if (exclusive === undefined) return requireIdOrBoundary(argument, UNSIGNED_MAX);
  const id = idBefore(exclusive);
  if (id === null) throw INVALID_END;
  return id;
}

/** The ID that follows a parenthesis, or undefined where there is none. */
function exclusiveId({ buffer, start, end }: ByteRange, missing: Unsigned64): StreamId | undefined {
  if (end - start < 2 || buffer[start] !== PARENTHESIS) return undefined;
  return requireId({ buffer, start: start + 1, end }, missing);
}

/** Replies an ID. */
export function replyId(reply: ReplyWriter, id: StreamId): void {
  reply.bulkBytes(TEXT, 0, writeIdText(id, TEXT, 0));
}
