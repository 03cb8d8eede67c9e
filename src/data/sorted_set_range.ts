/** Ranges of sorted sets: of ranks, of scores, of members. */

import { type ByteRange, compareSpans } from "../base/span.ts";

/** The ranks `[start, end)`, 0 being the least; empty where `end` is not greater than `start`. */
export interface RankRange {
  readonly start: number;
  readonly end: number;
}

/** A range without ranks. */
export const NO_RANKS: RankRange = { start: 0, end: 0 };

/** Scores between two bounds. */
export interface ScoreRange {
  readonly min: number;
  readonly minExclusive: boolean;
  readonly max: number;
  readonly maxExclusive: boolean;
}

/** One end of a range of members. */
export interface LexBound {
  /** -1: below all members (`-`); 1: above all members (`+`); 0: at `member`. */
  readonly infinity: -1 | 0 | 1;
  readonly member: ByteRange;
  readonly exclusive: boolean;
}

/** Members between two bounds, in the order of their bytes. */
export interface LexRange {
  readonly min: LexBound;
  readonly max: LexBound;
}

/** Whether a score is not below the range. */
export function reachesMin(score: number, range: ScoreRange): boolean {
  return range.minExclusive ? score > range.min : score >= range.min;
}

/** Whether a score is not above the range. */
export function withinMax(score: number, range: ScoreRange): boolean {
  return range.maxExclusive ? score < range.max : score <= range.max;
}

/** Whether a member is not below a lower bound. */
export function reachesLexMin(
  member: ByteRange,
  { infinity, member: at, exclusive }: LexBound,
): boolean {
  if (infinity !== 0) return infinity < 0;
  const order = compareSpans(member, at);
  return exclusive ? order > 0 : order >= 0;
}

/** Whether a member is not above an upper bound. */
export function withinLexMax(
  member: ByteRange,
  { infinity, member: at, exclusive }: LexBound,
): boolean {
  if (infinity !== 0) return infinity > 0;
  const order = compareSpans(member, at);
  return exclusive ? order < 0 : order <= 0;
}
