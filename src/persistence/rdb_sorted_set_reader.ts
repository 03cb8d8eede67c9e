/** Reads sorted sets. */

import { parseDouble } from "../base/numbers.ts";
import { compareSpans, Span, SpanCopy } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import * as listpack from "../data/listpack.ts";
import { hasTwice } from "../data/listpack_duplicates.ts";
import { SortedSetAppender } from "../data/sorted_set_builder.ts";
import type { SortedSetLimits } from "../data/sorted_set_value.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { Reading } from "./rdb_reading.ts";

/** What stands for a score that is no number, in the place of the length of its text. */
const TEXT_NAN = 253;
const TEXT_INFINITY = 254;
const TEXT_MINUS_INFINITY = 255;

const TWICE = "A member is twice in a sorted set";
const NO_NUMBER = "A score is not a number";

/** Reads a sorted set of members and scores; false if it is empty. */
export function* readSortedSet(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: SortedSetLimits,
): Reading<boolean> {
  const count = input.count();
  const appender = new SortedSetAppender(), copy = new SpanCopy();
  for (let left = count; left > 0; left--) {
    if (input.partIsRead()) yield;
    const member = copy.take(input.string());
    const score = type === RdbType.SortedSet2 ? input.double() : readScoreText(input);
    if (Number.isNaN(score)) input.fail(NO_NUMBER);
    if (!appender.append(member, score)) input.fail(TWICE);
  }
  if (count > 0) appender.finish(store, value, limits);
  return count > 0;
}

function readScoreText(input: RdbInput): number {
  const length = input.byte();
  if (length === TEXT_NAN) return NaN;
  if (length === TEXT_INFINITY) return Infinity;
  if (length === TEXT_MINUS_INFINITY) return -Infinity;
  const { buffer, start, end } = input.bytes(length);
  return parseDouble(buffer, start, end) ?? NaN;
}

/** Reads a sorted set in a compact encoding; false if it is empty. */
export function readSortedSetBlob(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: SortedSetLimits,
): boolean {
  const blob = readListpack(input, type);
  const { buffer, start, end } = blob;
  const entries = listpack.length(buffer, start);
  if (entries % 2 !== 0) input.fail("A sorted set has a member without a score");
  if (entries === 0) return false;
  const isSound = isSoundOrMended(input, type, blob);
  if (isSound && entries / 2 <= limits["zset-max-listpack-entries"]) {
    // The scores' text stays as it is.
    value.setCompact(ValueType.SortedSet, Encoding.Listpack, store.put(buffer, start, end));
    return true;
  }
  const appender = new SortedSetAppender();
  // Of a member that is there twice, the first stays.
  for (const [member, score] of pairs(blob)) appender.append(member, score);
  appender.finish(store, value, limits);
  return true;
}

/** Whether a listpack of members and scores is sound; false where that can be mended. */
function isSoundOrMended(input: RdbInput, type: number, blob: Span): boolean {
  const isOrdered = checkPairs(input, blob);
  if (hasTwice(blob.buffer, blob.start, 2)) {
    // Redis looks for it in ziplists at any time.
    if (type !== RdbType.SortedSetListpack) input.fail(TWICE);
    input.mend(TWICE);
    return false;
  }
  if (!isOrdered) input.mend("A sorted set is not in order");
  return isOrdered;
}

/** The members and scores of a listpack; the span is reused. */
function* pairs({ buffer, start }: Span): Iterable<[member: Span, score: number]> {
  const member = new listpack.ListpackEntry(), entry = new listpack.ListpackEntry();
  for (let at = listpack.FIRST_POSITION; !listpack.atEnd(buffer, start, at);) {
    listpack.readEntry(buffer, start, at, member);
    at = listpack.nextPosition(buffer, start, at);
    const score = scoreOf(listpack.readEntry(buffer, start, at, entry)) ?? NaN;
    at = listpack.nextPosition(buffer, start, at);
    yield [member.span(), score];
  }
}

/** Checks the scores of a listpack; says whether it is in order. */
function checkPairs(input: RdbInput, { buffer, start }: Span): boolean {
  let member = new listpack.ListpackEntry(), previous = new listpack.ListpackEntry();
  const entry = new listpack.ListpackEntry();
  let previousScore = -Infinity, isFirst = true, isOrdered = true;
  for (let at = listpack.FIRST_POSITION; !listpack.atEnd(buffer, start, at);) {
    listpack.readEntry(buffer, start, at, member);
    at = listpack.nextPosition(buffer, start, at);
    const score = scoreOf(listpack.readEntry(buffer, start, at, entry));
    at = listpack.nextPosition(buffer, start, at);
    if (score === undefined) input.fail(NO_NUMBER);
    isOrdered &&= score > previousScore || isFirst ||
      score === previousScore && compareSpans(previous.span(), member.span()) < 0;
    [member, previous] = [previous, member];
    previousScore = score;
    isFirst = false;
  }
  return isOrdered;
}

function scoreOf(entry: listpack.ListpackEntry): number | undefined {
  if (entry.isInteger) return Number(entry.integer);
  const { buffer, start, end } = entry.span();
  return parseDouble(buffer, start, end);
}
