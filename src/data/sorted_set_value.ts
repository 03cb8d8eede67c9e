/**
 * Sorted sets, whatever their encoding: a listpack (sorted_set_listpack.ts) or a `SortedSetTable`. Only
 * this file knows which. A sorted set is given as the `ByteStore` that holds compact values and its
 * `Value`, which the caller writes back (`Database.save`) after a change.
 *
 * A member is named by its *place*, a number that is valid until the sorted set changes. Its *rank* is
 * its number in the order of scores, the least being 0. Ranges of scores and members are turned into
 * ranks, and a `RankWalk` goes over them. Import it as a namespace:
 * `import * as sortedSet from "../../data/sorted_set_value.ts"`.
 */

import { formatDouble17g } from "../base/float_format.ts";
import { type ByteRange, bytesOf } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import * as listpack from "./listpack.ts";
import { RankCursor } from "./rank_tree.ts";
import * as small from "./sorted_set_listpack.ts";
import type { LexBound, LexRange, RankRange, ScoreRange } from "./sorted_set_range.ts";
import { SortedSetTable } from "./sorted_set_table.ts";
import type { ScanStep } from "./table_scan.ts";
import { Encoding, type Value, ValueType } from "./value.ts";

/** The place of a member that is not in the sorted set. */
export const NONE = -1;

/** Up to where a sorted set is a listpack; a server's settings have these properties. */
export interface SortedSetLimits {
  /** How many members. */
  readonly "zset-max-listpack-entries": number;
  /** How many bytes in a member. */
  readonly "zset-max-listpack-value": number;
}

/** A listpack never grows beyond this, whatever the limits say, in bytes. */
export const LARGEST_LISTPACK = 1 << 30;

/** Makes `value` a sorted set without members. */
export function create(store: ByteStore, value: Value): Value {
  return value.setCompact(ValueType.SortedSet, Encoding.Listpack, listpack.create(store));
}

/** Makes `value` a sorted set without members, which will have `count`: a table if those are too many. */
export function createFor(
  store: ByteStore,
  value: Value,
  count: number,
  limits: SortedSetLimits,
): Value {
  if (count <= limits["zset-max-listpack-entries"]) return create(store, value);
  return value.setObject(ValueType.SortedSet, Encoding.Skiplist, new SortedSetTable());
}

/** How many members there are. */
export function size(store: ByteStore, value: Value): number {
  return isListpack(value) ? small.size(store, value.ref) : tableOf(value).size;
}

/** The place of a member, or `NONE`. */
export function find(store: ByteStore, value: Value, member: ByteRange): number {
  return isListpack(value) ? small.find(store, value.ref, member) : tableOf(value).find(member);
}

/** The score of the member at `place`. */
export function score(store: ByteStore, value: Value, place: number): number {
  return isListpack(value) ? small.score(store, value.ref, place) : tableOf(value).score(place);
}

/** The rank of the member at `place`. */
export function rankOf(store: ByteStore, value: Value, place: number): number {
  return isListpack(value) ? small.rankOf(store, value.ref, place) : tableOf(value).rankOf(place);
}

/** Hands over the member at `place`. */
export function sendMember(store: ByteStore, value: Value, place: number, sink: ElementSink): void {
  if (isListpack(value)) {
    sendEntry(store.buffer(value.ref), store.offset(value.ref) + place, sink);
  } else {
    const table = tableOf(value), ref = table.memberRef(place);
    const start = table.store.offset(ref);
    sink.bulkBytes(table.store.buffer(ref), start, start + table.store.length(ref));
  }
}

/** Hands over the text of the score of the member at `place`: in a listpack, what is written there. */
export function sendScoreText(
  store: ByteStore,
  value: Value,
  place: number,
  sink: ElementSink,
): void {
  if (isListpack(value)) {
    const position = small.scorePosition(store, value.ref, place);
    sendEntry(store.buffer(value.ref), store.offset(value.ref) + position, sink);
  } else {
    const text = bytesOf(formatDouble17g(tableOf(value).score(place)));
    sink.bulkBytes(text, 0, text.length);
  }
}

/**
 * Adds a member that is not in the sorted set. Turns a listpack into a table first where the member is
 * too long for one or there are too many. The bytes must not lie in this sorted set.
 */
export function add(
  store: ByteStore,
  value: Value,
  member: ByteRange,
  score: number,
  limits: SortedSetLimits,
): void {
  if (isListpack(value)) {
    if (fitsListpack(store, value, member, limits)) {
      value.ref = small.insert(store, value.ref, member, score);
      return;
    }
    convert(store, value);
  }
  tableOf(value).addNew(member, score);
}

/** Gives the member at `place`, whose bytes are `member`, another score. */
export function setScore(
  store: ByteStore,
  value: Value,
  place: number,
  member: ByteRange,
  score: number,
): void {
  if (isListpack(value)) {
    const ref = small.remove(store, value.ref, place, 1);
    value.ref = small.insert(store, ref, member, score);
  } else {
    tableOf(value).setScore(place, score);
  }
}

/** Removes the member at `place`. A sorted set without members is the caller's to remove. */
export function remove(store: ByteStore, value: Value, place: number): void {
  if (isListpack(value)) value.ref = small.remove(store, value.ref, place, 1);
  else tableOf(value).remove(place);
}

/** Removes the members of the ranks `[start, end)`. */
export function removeRanks(store: ByteStore, value: Value, { start, end }: RankRange): void {
  if (end <= start) return;
  if (isListpack(value)) {
    const position = small.positionOf(store, value.ref, start);
    value.ref = small.remove(store, value.ref, position, end - start);
    return;
  }
  const table = tableOf(value);
  for (let left = end - start; left > 0; left--) table.removeRank(start);
}

/** The ranks of the scores in a range. */
export function scoreRanks(store: ByteStore, value: Value, range: ScoreRange): RankRange {
  if (isListpack(value)) return small.scoreRanks(store, value.ref, range);
  const table = tableOf(value);
  return {
    start: table.countBelowScore(range.min, range.minExclusive),
    end: table.countBelowScore(range.max, !range.maxExclusive),
  };
}

/**
 * The ranks of the members in a range, as they are walked over forwards or backwards. Where there is more
 * than one score the range means little: see `lexRanks` in sorted_set_listpack.ts.
 */
export function lexRanks(
  store: ByteStore,
  value: Value,
  range: LexRange,
  reverse: boolean,
): RankRange {
  if (isListpack(value)) return small.lexRanks(store, value.ref, range, reverse);
  const table = tableOf(value);
  return {
    start: countBelow(table, range.min, range.min.exclusive),
    end: countBelow(table, range.max, !range.max.exclusive),
  };
}

function countBelow(table: SortedSetTable, bound: LexBound, orEqual: boolean): number {
  if (bound.infinity !== 0) return bound.infinity < 0 ? 0 : table.size;
  return table.countBelowMember(bound.member, orEqual);
}

/** A walk over ranks, upwards or downwards; valid until the sorted set changes. */
export class RankWalk {
  /** The place of the member at which the walk is, or `NONE` behind the last one. */
  place: number;
  readonly #store: ByteStore;
  readonly #value: Value;
  readonly #reverse: boolean;
  readonly #cursor: RankCursor | null;

  /** Begins at a rank, or nowhere when there is no such rank. */
  constructor(store: ByteStore, value: Value, rank: number, reverse: boolean) {
    this.#store = store;
    this.#value = value;
    this.#reverse = reverse;
    if (isListpack(value)) {
      this.#cursor = null;
      this.place = rank < 0 ? NONE : small.positionOf(store, value.ref, rank);
    } else {
      this.#cursor = new RankCursor();
      tableOf(value).seek(rank, this.#cursor);
      this.place = this.#cursor.row;
    }
  }

  /** Goes on to the next member. */
  step(): void {
    const cursor = this.#cursor;
    if (cursor !== null) {
      if (this.#reverse) cursor.backward();
      else cursor.forward();
      this.place = cursor.row;
    } else if (this.place !== NONE) {
      const { ref } = this.#value;
      this.place = this.#reverse
        ? small.previous(this.#store, ref, this.place)
        : small.next(this.#store, ref, this.place);
    }
  }
}

/** Finds members by a number, in no particular order, at once; valid until the sorted set changes. */
export class MemberNumbers {
  /** How many members there are. */
  readonly size: number;
  /** Null where a place is the member's number. */
  readonly #places: Uint32Array | null = null;

  constructor(store: ByteStore, value: Value) {
    this.size = size(store, value);
    if (!isListpack(value)) return;
    const places = this.#places = new Uint32Array(this.size);
    const walk = new RankWalk(store, value, 0, false);
    for (let i = 0; i < places.length; i++, walk.step()) places[i] = walk.place;
  }

  /** The place of member number `index`, 0 ≤ index < size. */
  placeOf(index: number): number {
    return this.#places === null ? index : this.#places[index];
  }
}

/** The place of a member by a number, 0 ≤ index < size: `MemberNumbers` for a single one. */
export function nth(store: ByteStore, value: Value, index: number): number {
  return isListpack(value) ? small.positionOf(store, value.ref, index) : index;
}

/**
 * Finds about `count` members from a cursor on (see `Table.scan`): all of a listpack, as a cursor could not
 * tell what moved in it.
 */
export function scan(store: ByteStore, value: Value, cursor: number, count: number): ScanStep {
  if (!isListpack(value)) return tableOf(value).scan(cursor, count);
  const places: number[] = [];
  const walk = new RankWalk(store, value, 0, false);
  for (; walk.place !== NONE; walk.step()) places.push(walk.place);
  return { next: 0, places };
}

/** Turns a listpack into a table. */
export function convert(store: ByteStore, value: Value): void {
  const table = new SortedSetTable();
  // One more is why it is converted.
  table.reserve(size(store, value) + 1);
  const member = new Element();
  const walk = new RankWalk(store, value, 0, false);
  for (; walk.place !== NONE; walk.step()) {
    sendMember(store, value, walk.place, member);
    table.setCollected(table.collect(member.span()), score(store, value, walk.place));
  }
  table.order();
  store.free(value.ref);
  value.setObject(ValueType.SortedSet, Encoding.Skiplist, table);
}

function fitsListpack(
  store: ByteStore,
  value: Value,
  member: ByteRange,
  limits: SortedSetLimits,
): boolean {
  const length = member.end - member.start;
  return small.size(store, value.ref) < limits["zset-max-listpack-entries"] &&
    length <= limits["zset-max-listpack-value"] &&
    store.length(value.ref) + length <= LARGEST_LISTPACK;
}

function isListpack(value: Value): boolean {
  return value.encoding === Encoding.Listpack;
}

function tableOf(value: Value): SortedSetTable {
  return value.object as SortedSetTable;
}
