/**
 * Small sorted sets: a listpack of members and scores in turn, in order. A member is named by its
 * position. Scores are written as Redis writes them, so that a listpack is the same bytes as in its files.
 */

import { formatDouble17g } from "../base/float_format.ts";
import { formatInteger, parseDouble } from "../base/numbers.ts";
import { type ByteRange, compareSpans, Span } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import { sendEntry } from "./element_sink.ts";
import * as listpack from "./listpack.ts";
import { isIntegerEntry, readInteger, stringHead, stringLength } from "./listpack_entry.ts";
import {
  type LexRange,
  NO_RANKS,
  type RankRange,
  reachesLexMin,
  reachesMin,
  type ScoreRange,
  withinLexMax,
  withinMax,
} from "./sorted_set_range.ts";

/** Whole numbers up to this are stored as integers, whatever their exponent. */
const LARGEST_INTEGER = 2 ** 62;

/** Scratch space for the text of one score, which means nothing outside of a call. */
const TEXT = new Uint8Array(32);
const SCORE_TEXT = new Span();
const ENTRY = new Element();

/** How many members there are. */
export function size(store: ByteStore, ref: number): number {
  return listpack.length(store.buffer(ref), store.offset(ref)) / 2;
}

/** The position of a member, or -1. */
export function find(store: ByteStore, ref: number, member: ByteRange): number {
  return listpack.find(
    store.buffer(ref),
    store.offset(ref),
    listpack.FIRST_POSITION,
    member.buffer,
    member.start,
    member.end,
    1,
  );
}

/** The position of the member of a rank, 0 ≤ rank < size. */
export function positionOf(store: ByteStore, ref: number, rank: number): number {
  return listpack.positionAt(store.buffer(ref), store.offset(ref), 2 * rank);
}

/** The position of the score of the member at `position`. */
export function scorePosition(store: ByteStore, ref: number, position: number): number {
  return listpack.nextPosition(store.buffer(ref), store.offset(ref), position);
}

/** The position of the member after the one at `position`, or -1. */
export function next(store: ByteStore, ref: number, position: number): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  const score = listpack.nextPosition(buffer, base, position);
  const member = listpack.nextPosition(buffer, base, score);
  return listpack.atEnd(buffer, base, member) ? -1 : member;
}

/** The position of the member before the one at `position`, or -1. */
export function previous(store: ByteStore, ref: number, position: number): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  const score = listpack.previousPosition(buffer, base, position);
  return score < 0 ? -1 : listpack.previousPosition(buffer, base, score);
}

/** The score of the member at `position`. */
export function score(store: ByteStore, ref: number, position: number): number {
  return readScore(store.buffer(ref), store.offset(ref) + scorePosition(store, ref, position));
}

/** The rank of the member at `position`. */
export function rankOf(store: ByteStore, ref: number, position: number): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let entries = 0;
  for (let at = listpack.FIRST_POSITION; at < position; entries++) {
    at = listpack.nextPosition(buffer, base, at);
  }
  return entries / 2;
}

/** Adds a member that is not there, in its place; returns the listpack's new ref. */
export function insert(store: ByteStore, ref: number, member: ByteRange, score: number): number {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let at = listpack.FIRST_POSITION;
  while (!listpack.atEnd(buffer, base, at)) {
    const scoreAt = listpack.nextPosition(buffer, base, at);
    const other = readScore(buffer, base + scoreAt);
    if (other > score || other === score && memberComesAfter(buffer, base + at, member)) break;
    at = listpack.nextPosition(buffer, base, scoreAt);
  }
  ref = listpack.insertAt(store, ref, at, member.buffer, member.start, member.end);
  const text = scoreText(score);
  const scoreAt = scorePosition(store, ref, at);
  return listpack.insertAt(store, ref, scoreAt, text.buffer, text.start, text.end);
}

/** Appends a member, whose place is behind all others. */
export function append(builder: listpack.ListpackBuilder, member: ByteRange, score: number): void {
  builder.append(member.buffer, member.start, member.end);
  const text = scoreText(score);
  builder.append(text.buffer, text.start, text.end);
}

/** Removes `count` members from the one at `position` on; returns the listpack's new ref. */
export function remove(store: ByteStore, ref: number, position: number, count: number): number {
  return listpack.deleteRange(store, ref, position, 2 * count);
}

/** The ranks of the scores in a range. */
export function scoreRanks(store: ByteStore, ref: number, range: ScoreRange): RankRange {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let start = 0, end = 0;
  for (let at = listpack.FIRST_POSITION; !listpack.atEnd(buffer, base, at); end++) {
    at = listpack.nextPosition(buffer, base, at);
    const score = readScore(buffer, base + at);
    if (!reachesMin(score, range)) start++;
    else if (!withinMax(score, range)) break;
    at = listpack.nextPosition(buffer, base, at);
  }
  return { start, end };
}

/**
 * The ranks of the members in a range. With more than one score that is the run of members within the
 * range which begins at the first that is not below it, or with `reverse` ends at the last that is
 * not above it: where Redis' walks would begin and end.
 */
export function lexRanks(
  store: ByteStore,
  ref: number,
  range: LexRange,
  reverse: boolean,
): RankRange {
  const count = size(store, ref);
  if (count === 0) return NO_RANKS;
  const first = listpack.FIRST_POSITION, last = positionOf(store, ref, count - 1);
  if (!reachesLexMin(memberAt(store, ref, last), range.min)) return NO_RANKS;
  if (!withinLexMax(memberAt(store, ref, first), range.max)) return NO_RANKS;

  if (reverse) {
    let end = count, at = last;
    while (at >= 0 && !withinLexMax(memberAt(store, ref, at), range.max)) {
      at = previous(store, ref, at);
      end--;
    }
    let start = end;
    while (at >= 0 && reachesLexMin(memberAt(store, ref, at), range.min)) {
      at = previous(store, ref, at);
      start--;
    }
    return { start, end };
  }
  let start = 0, at = first;
  while (at >= 0 && !reachesLexMin(memberAt(store, ref, at), range.min)) {
    at = next(store, ref, at);
    start++;
  }
  let end = start;
  while (at >= 0 && withinLexMax(memberAt(store, ref, at), range.max)) {
    at = next(store, ref, at);
    end++;
  }
  return { start, end };
}

/** The text of a score as it stands in a listpack, valid until the next call. */
function scoreText(score: number): Span {
  if (Number.isInteger(score) && score >= -LARGEST_INTEGER && score <= LARGEST_INTEGER) {
    // Negative zero becomes 0 on this way, as it does in Redis.
    const integer = Number.isSafeInteger(score) ? score : BigInt(score);
    return SCORE_TEXT.set(TEXT, 0, formatInteger(integer, TEXT, 0));
  }
  const text = formatDouble17g(score);
  for (let i = 0; i < text.length; i++) TEXT[i] = text.charCodeAt(i);
  return SCORE_TEXT.set(TEXT, 0, text.length);
}

/** The score in the entry that begins at `at`. */
function readScore(buffer: Uint8Array, at: number): number {
  if (isIntegerEntry(buffer, at)) return Number(readInteger(buffer, at));
  const start = at + stringHead(buffer, at);
  const score = parseDouble(buffer, start, start + stringLength(buffer, at));
  if (score === undefined) throw new Error("a sorted set's listpack holds a score that is none");
  return score;
}

function memberComesAfter(buffer: Uint8Array, at: number, member: ByteRange): boolean {
  sendEntry(buffer, at, ENTRY);
  return compareSpans(ENTRY.span(), member) > 0;
}

function memberAt(store: ByteStore, ref: number, position: number): Span {
  sendEntry(store.buffer(ref), store.offset(ref) + position, ENTRY);
  return ENTRY.span();
}
