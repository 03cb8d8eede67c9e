/** Scores, and bounds of ranges of scores, members and ranks, as arguments. */

import { NOT_A_FLOAT, ReplyError } from "../../base/errors.ts";
import { parseDouble, parseScoreBound, requireSafeInteger } from "../../base/numbers.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import {
  type LexBound,
  type LexRange,
  NO_RANKS,
  type RankRange,
  type ScoreRange,
} from "../../data/sorted_set_range.ts";

const BOUND_NOT_A_FLOAT = new ReplyError("ERR min or max is not a float");
const BOUND_NOT_A_MEMBER = new ReplyError("ERR min or max not valid string range item");

const PARENTHESIS = 0x28;
const BRACKET = 0x5b;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** A score or an increment; throws `error` when the argument is none. */
export function requireScore(argument: ByteRange, error: ReplyError = NOT_A_FLOAT): number {
  const score = parseDouble(argument.buffer, argument.start, argument.end);
  if (score === undefined) throw error;
  return score;
}

/** A range of scores; a bound that begins with `(` does not belong to it. */
export function requireScoreRange(min: ByteRange, max: ByteRange): ScoreRange {
  return {
    min: requireScoreBound(min),
    minExclusive: isExclusive(min),
    max: requireScoreBound(max),
    maxExclusive: isExclusive(max),
  };
}

function isExclusive({ buffer, start, end }: ByteRange): boolean {
  return start < end && buffer[start] === PARENTHESIS;
}

function requireScoreBound(argument: ByteRange): number {
  const start = isExclusive(argument) ? argument.start + 1 : argument.start;
  const bound = parseScoreBound(argument.buffer, start, argument.end);
  if (bound === undefined) throw BOUND_NOT_A_FLOAT;
  return bound;
}

/** A range of members: each bound is `-`, `+`, or a member behind `[` or `(`. */
export function requireLexRange(min: ByteRange, max: ByteRange): LexRange {
  return { min: requireLexBound(min), max: requireLexBound(max) };
}

function requireLexBound({ buffer, start, end }: ByteRange): LexBound {
  const first = start < end ? buffer[start] : -1;
  const member = new Span().set(buffer, start + 1, end);
  if (first === BRACKET || first === PARENTHESIS) {
    return { infinity: 0, member, exclusive: first === PARENTHESIS };
  }
  if (end - start !== 1 || first !== MINUS && first !== PLUS) throw BOUND_NOT_A_MEMBER;
  return { infinity: first === MINUS ? -1 : 1, member, exclusive: false };
}

/** Two indexes, negative ones counted from the end. */
export interface IndexRange {
  readonly start: number;
  /** Belongs to the range. */
  readonly stop: number;
}

/** Reads two indexes. */
export function requireIndexRange(start: ByteRange, stop: ByteRange): IndexRange {
  return { start: requireSafeInteger(start), stop: requireSafeInteger(stop) };
}

/** Which of `size` ranks, or with `reverse` of ranks counted from the highest score, are in the range. */
export function indexRanks({ start, stop }: IndexRange, size: number, reverse: boolean): RankRange {
  const first = Math.max(0, start < 0 ? start + size : start);
  const last = Math.min(size - 1, stop < 0 ? stop + size : stop);
  if (first > last) return NO_RANKS;
  return reverse ? { start: size - 1 - last, end: size - first } : { start: first, end: last + 1 };
}
