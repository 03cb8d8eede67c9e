/** Unions, intersections and differences of sorted sets and sets. */

import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import * as set from "./set_value.ts";
import { SortedSetBuilder } from "./sorted_set_builder.ts";
import * as sortedSet from "./sorted_set_value.ts";
import { type Value, ValueType } from "./value.ts";

/** What becomes of the scores of a member that is in several inputs. */
export type Aggregate = "sum" | "min" | "max";

/** A sorted set, or a set whose members all have the score 1; and what scores are multiplied by. */
export interface Input {
  readonly value: Value;
  readonly weight: number;
}

const SET_SCORE = 1;

/** What is in at least one of the inputs. */
export function unite(
  store: ByteStore,
  inputs: readonly Input[],
  aggregate: Aggregate,
): SortedSetBuilder {
  const result = new SortedSetBuilder();
  for (const { value, weight } of smallestFirst(store, inputs)) {
    const members = new MemberWalk(store, value);
    for (; members.atMember; members.step()) {
      const score = weigh(members.score, weight);
      const row = result.collect(members.member.span());
      result.setScore(row, result.added ? score : combine(result.score(row), score, aggregate));
    }
  }
  return result;
}

/** What is in all of the inputs, of which there is at least one. */
export function intersect(
  store: ByteStore,
  inputs: readonly Input[],
  aggregate: Aggregate,
): SortedSetBuilder {
  const result = new SortedSetBuilder();
  const [smallest, ...others] = smallestFirst(store, inputs);
  const members = new MemberWalk(store, smallest.value);
  nextMember: for (; members.atMember; members.step()) {
    let score = weigh(members.score, smallest.weight);
    for (const { value, weight } of others) {
      const other = scoreIn(store, value, members.member);
      if (other === undefined) continue nextMember;
      score = combine(score, other * weight, aggregate);
    }
    result.setScore(result.collect(members.member.span()), score);
  }
  return result;
}

/** How many members are in all of the inputs, of which there is at least one; counts up to `limit`. */
export function countCommon(store: ByteStore, inputs: readonly Input[], limit: number): number {
  const [smallest, ...others] = smallestFirst(store, inputs);
  const members = new MemberWalk(store, smallest.value);
  let count = 0;
  for (; members.atMember && count < limit; members.step()) {
    if (others.every(({ value }) => scoreIn(store, value, members.member) !== undefined)) count++;
  }
  return count;
}

/** What is in `minuend` and in none of the others, with its scores there. */
export function subtract(
  store: ByteStore,
  minuend: Value,
  others: readonly Value[],
): SortedSetBuilder {
  const result = new SortedSetBuilder();
  const members = new MemberWalk(store, minuend);
  for (; members.atMember; members.step()) {
    if (others.some((value) => scoreIn(store, value, members.member) !== undefined)) continue;
    result.setScore(result.collect(members.member.span()), members.score);
  }
  return result;
}

/** In the order in which Redis adds scores up: what rounding makes of a sum depends on it. */
function smallestFirst(store: ByteStore, inputs: readonly Input[]): Input[] {
  const size = ({ value }: Input) => sizeOf(store, value);
  return [...inputs].sort((a, b) => size(a) - size(b));
}

function sizeOf(store: ByteStore, value: Value): number {
  return value.type === ValueType.Set ? set.size(store, value) : sortedSet.size(store, value);
}

/** Infinity times 0 is 0. */
function weigh(score: number, weight: number): number {
  const weighed = score * weight;
  return Number.isNaN(weighed) ? 0 : weighed;
}

/** `score` may be NaN, which makes a sum 0 and else counts for nothing. */
function combine(total: number, score: number, aggregate: Aggregate): number {
  switch (aggregate) {
    case "sum": {
      const sum = total + score;
      return Number.isNaN(sum) ? 0 : sum;
    }
    case "min":
      return score < total ? score : total;
    case "max":
      return score > total ? score : total;
  }
}

function scoreIn(store: ByteStore, value: Value, member: Element): number | undefined {
  if (value.type === ValueType.Set) {
    return set.findElement(store, value, member) === set.NONE ? undefined : SET_SCORE;
  }
  const place = sortedSet.find(store, value, member.span());
  return place === sortedSet.NONE ? undefined : sortedSet.score(store, value, place);
}

/** A walk over all members of an input. */
class MemberWalk {
  /** The member at which the walk is. */
  readonly member = new Element();
  readonly #store: ByteStore;
  readonly #value: Value;
  /** Null for a set. */
  readonly #ranks: sortedSet.RankWalk | null;
  #place: number;

  constructor(store: ByteStore, value: Value) {
    this.#store = store;
    this.#value = value;
    const isSet = value.type === ValueType.Set;
    this.#ranks = isSet ? null : new sortedSet.RankWalk(store, value, 0, false);
    this.#place = isSet ? set.first(store, value) : sortedSet.NONE;
    this.#load();
  }

  /** Whether there is a member, and not the end. */
  get atMember(): boolean {
    return (this.#ranks === null ? this.#place : this.#ranks.place) >= 0;
  }

  /** Its score. */
  get score(): number {
    const ranks = this.#ranks;
    return ranks === null ? SET_SCORE : sortedSet.score(this.#store, this.#value, ranks.place);
  }

  step(): void {
    if (this.#ranks === null) this.#place = set.next(this.#store, this.#value, this.#place);
    else this.#ranks.step();
    this.#load();
  }

  #load(): void {
    if (!this.atMember) return;
    if (this.#ranks === null) set.sendMember(this.#store, this.#value, this.#place, this.member);
    else sortedSet.sendMember(this.#store, this.#value, this.#ranks.place, this.member);
  }
}
