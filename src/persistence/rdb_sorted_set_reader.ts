/** Reads sorted sets. */

import { parseDouble } from "../base/numbers.ts";
import { compareSpans, copySpan, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import * as listpack from "../data/listpack.ts";
import { SortedSetBuilder } from "../data/sorted_set_builder.ts";
import type { SortedSetLimits } from "../data/sorted_set_value.ts";
import { Encoding, type Value, ValueType } from "../data/value.ts";
import { readListpack } from "./rdb_blobs.ts";
import { RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";

/** What stands for a score that is no number, in the place of the length of its text. */
const TEXT_NAN = 253;
const TEXT_INFINITY = 254;
const TEXT_MINUS_INFINITY = 255;

/** Reads a sorted set of members and scores; false if it is empty. */
export function readSortedSet(
  input: RdbInput,
  type: number,
  store: ByteStore,
  value: Value,
  limits: SortedSetLimits,
): boolean {
  const count = input.count();
  const builder = new SortedSetBuilder();
  for (let left = count; left > 0; left--) {
    const row = builder.collect(input.string());
    if (!builder.added) input.fail("A member is twice in a sorted set");
    const score = type === RdbType.SortedSet2 ? input.double() : readScoreText(input);
    if (Number.isNaN(score)) input.fail("A score is not a number");
    builder.setScore(row, score);
  }
  if (count > 0) builder.finish(store, value, limits);
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
  const { buffer, start, end } = readListpack(input, type);
  const entries = listpack.length(buffer, start);
  if (entries % 2 !== 0) input.fail("A sorted set has a member without a score");
  if (entries === 0) return false;
  const builder = new SortedSetBuilder();
  const entry = new listpack.ListpackEntry();
  const fits = entries / 2 <= limits["zset-max-listpack-entries"];
  let inOrder = true, previous = new Span(), previousScore = -Infinity;
  for (let at = listpack.FIRST_POSITION; !listpack.atEnd(buffer, start, at);) {
    const member = Span.of(copySpan(listpack.readEntry(buffer, start, at, entry).span()));
    at = listpack.nextPosition(buffer, start, at);
    const score = scoreOf(listpack.readEntry(buffer, start, at, entry));
    at = listpack.nextPosition(buffer, start, at);
    if (score === undefined) input.fail("A score is not a number");
    const row = builder.collect(member);
    if (!builder.added) input.fail("A member is twice in a sorted set");
    builder.setScore(row, score);
    if (score < previousScore || score === previousScore && compareSpans(member, previous) < 0) {
      inOrder = false;
    }
    previous = member;
    previousScore = score;
  }
  if (!inOrder) input.fail("A sorted set is not in order");
  // The scores' text stays as it is.
  if (fits) {
    value.setCompact(ValueType.SortedSet, Encoding.Listpack, store.put(buffer, start, end));
  } else {
    builder.finishTable(value);
  }
  return true;
}

function scoreOf(entry: listpack.ListpackEntry): number | undefined {
  if (entry.isInteger) return Number(entry.integer);
  const { buffer, start, end } = entry.span();
  return parseDouble(buffer, start, end);
}
